#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel source is byte for byte what was unpacked. time limit: 300 s

. "$(dirname "$0")/lib/shell.sh"

try unchanged 250 scripts/source.sh verify "$B/linux-source-6.12"

# The list itself is of the tarball: a sample of files, out of the tarball again.
linux=${LINUX:-/usr/src/linux-source-6.12.tar.xz}
if [ -f "$linux" ]; then
	top=$(head -1 < <(tar -tf "$linux" 2>/dev/null))
	sample()
	{
		local f
		for f in Makefile Kconfig init/main.c kernel/sched/core.c; do
			tar -xOf "$linux" --occurrence=1 "${top%%/*}/$f" |
				cmp - "$B/linux-source-6.12/$f" || return 1
		done
	}
	export -f sample
	export linux top
	try tarball 250 bash -c sample
else
	skip tarball "LINUX is a directory"
fi

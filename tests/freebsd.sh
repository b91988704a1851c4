#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The library and its tests can be built for FreeBSD, without a warning. Nothing of it
# can be run here. time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"

scripts/zig.sh missing 2>/dev/null || {
	echo "there is no compiler for FreeBSD; scripts/zig.sh install"
	exit 77
}

build()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u B make -s HOST=freebsd all tests 2>&1 |
		tee "$tmp/out"
	[ "${PIPESTATUS[0]}" = 0 ] && ! grep -E 'warning:|error:|\*\*\*' "$tmp/out"
}

is_freebsd()
{
	file -b "$1" | grep 'FreeBSD'
}

export -f build is_freebsd
export tmp
try build 500 build || exit
try program 20 is_freebsd build/freebsd/tests/boot
try tool 20 is_freebsd build/freebsd/bin/cptofs
try shared-library 60 scripts/symbols.sh build/freebsd/liblkl.so.1
try symbols 60 scripts/symbols.sh build/freebsd/liblkl.a

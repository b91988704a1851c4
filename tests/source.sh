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

# A tree of a developer's own, as LINUX=DIRECTORY: a small one will do.
own=$tmp/own
mkdir -p "$own/arch/x86/include/generated" "$own/include/generated" "$own/.git" "$own/init"
printf 'VERSION = 6\nPATCHLEVEL = 12\n' > "$own/Makefile"
echo "int main;" > "$own/init/main.c"
touch "$own/init/main.o" "$own/.config" "$own/.git/HEAD" "$own/.clang-format" \
	"$own/include/generated/autoconf.h" "$own/arch/x86/include/generated/asm.h"
(cd "$own" && find . -type f -exec sha256sum {} + | sort) > "$tmp/before"

unpack()
{
	scripts/source.sh unpack "$1" "$tmp/farm"
}

farmed()
{
	unpack "$own" && scripts/source.sh verify "$tmp/farm" || return
	[ "$(readlink -f "$tmp/farm/init/main.c")" = "$(readlink -f "$own/init/main.c")" ] &&
		[ -e "$tmp/farm/arch/lkl/Kconfig" ] && [ -e "$tmp/farm/.clang-format" ] || return
	# What an earlier build left there would be taken for ours.
	for f in .git .config init/main.o include/generated arch/x86/include/generated; do
		[ ! -e "$tmp/farm/$f" ] || { echo "$f is in the farm"; return 1; }
	done
}

# Edits are built; files that come and go are seen; nothing there is written to.
followed()
{
	local id

	id=$(scripts/source.sh id "$own")
	echo "int more;" >> "$own/init/main.c"
	grep -q more "$tmp/farm/init/main.c" && [ "$id" = "$(scripts/source.sh id "$own")" ] || return
	sed -i '$d' "$own/init/main.c"
	touch "$own/init/new.c"
	[ "$id" != "$(scripts/source.sh id "$own")" ] && unpack "$own" &&
		[ -e "$tmp/farm/init/new.c" ] || return
	rm "$own/init/new.c"
	(cd "$own" && find . -type f -exec sha256sum {} + | sort) | cmp - "$tmp/before"
}

# What is changed in a tree that was unpacked is found.
found_out()
{
	tar -C "$tmp" -cf "$tmp/own.tar" own && unpack "$tmp/own.tar" || return
	[ ! -L "$tmp/farm/init/main.c" ] && scripts/source.sh verify "$tmp/farm" || return
	echo "// changed" >> "$tmp/farm/init/main.c"
	! scripts/source.sh verify "$tmp/farm" || return
	# Not of this version.
	sed -i 's/12/13/' "$own/Makefile"
	! unpack "$own" 2> "$tmp/why" && grep -q "is Linux 6.13, not 6.12" "$tmp/why" || return
	! unpack "$tmp/nothing" 2> "$tmp/why" && grep -q "there is no $tmp/nothing" "$tmp/why"
}

export own tmp
export -f unpack farmed followed found_out
try directory 20 farmed
try directory-edited 20 followed
try tarball-changed 20 found_out

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's structures are laid out for applications of other systems as they are
# here: what the kernel reads and writes is the same. time limit: 300 s

. "$(dirname "$0")/lib/shell.sh"

# All headers at once, but for those that contradict others or need foreign ones.
left_out='asm-generic/int-l64.h|byteorder/big_endian.h|netfilter_ipv4/ipt_ECN.h'
left_out+='|/ucontext.h|linux/coda.h|linux/cyclades.h|linux/hdlc/ioctl.h|linux/map_to_'
left_out+='|linux/patchkey.h|usb/audio.h|xen/(evtchn|gntdev|privcmd).h'
(cd "$B/include" && find lkl -name '*.h' | LC_ALL=C sort | grep -vE "$left_out") |
	sed 's/.*/#include <&>/' > "$tmp/all.c"

# layouts COMPILER OBJECT: with structures that nothing uses.
layouts()
{
	"$1" -g -gdwarf-5 -fno-eliminate-unused-debug-types -Iinclude/uapi -I"$B/include" \
		-c -o "$2" "$tmp/all.c"
}

export -f layouts
export B tmp
try compile 120 layouts gcc "$tmp/here.o" || exit
for prefix in x86_64-w64-mingw32-; do
	if ! have "${prefix}gcc"; then
		skip "${prefix}layout" "no ${prefix}gcc"
	elif try "${prefix}compile" 120 layouts "${prefix}gcc" "$tmp/there.o"; then
		try "${prefix}layout" 120 tests/helpers/layout.py objdump "$tmp/here.o" \
			"${prefix}objdump" "$tmp/there.o"
	fi
done

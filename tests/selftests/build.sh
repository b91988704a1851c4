#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh SOURCE OUT TEST CC LIBRARY...: compiles the selftest TEST (a path below
# tools/testing/selftests, without .c) of the tree SOURCE twice: OUT/host/TEST for the
# host's kernel, OUT/lkl/TEST for the one in the library. The source is as it is; in the
# object for the library names of functions are changed (shim.c). A name that is neither
# in the shim nor known to make no system call that matters is an error: the test would
# be one of the host.

set -euo pipefail

src=$1/tools/testing/selftests out=$2 test=$3 cc=$4
shift 4
here=$(dirname "$0")
dir=$src/$(dirname "$test")

# Some compare structures with the padding in them, which they never set.
flags=(-O2 -g -ftrivial-auto-var-init=zero -w -D_GNU_SOURCE -U_FORTIFY_SOURCE -I"$src" -I"$dir" -I"$dir/../include"
	-I"$dir/include" -isystem "$out/include" -include "$out/newer.h")

shimmed=$(sed -n 's/.*\bshim_\([a-z0-9_]*\)(.*/\1/p' "$here/shim.c"
	grep -oE 'call\([a-z0-9_]+' "$here/shim.h" | sed 's/call(//')
shimmed=$(sort -u <<<"$shimmed" | grep -vx -e test -e call)

mkdir -p "$out/host/$(dirname "$test")" "$out/lkl/$(dirname "$test")"
obj=$out/lkl/$test
$cc "${flags[@]}" -c -o "$obj.o" "$src/$test.c"
libs=()
case $test in
# Client and server on one kernel: twice, and our own program that runs both.
net/mptcp/mptcp_connect)
	for side in server client; do
		objcopy --redefine-sym main=mptcp_$side --keep-global-symbol=mptcp_$side \
			"$obj.o" "$obj.$side.o"
	done
	$cc "${flags[@]}" -Wall -c -o "$obj.both.o" "$here/mptcp_connect_both.c"
	ld -r -o "$obj.o" "$obj.both.o" "$obj.server.o" "$obj.client.o"
	rm "$obj.both.o" "$obj.server.o" "$obj.client.o" ;;
mqueue/mq_perf_tests)
	libs+=(-lpopt) ;;
# They have a second file.
memfd/memfd_test | openat2/*)
	$cc "${flags[@]}" -c -o "$out/lkl/$test.more.o" "$dir"/$([ -e "$dir/helpers.c" ] && echo helpers || echo common).c
	ld -r -o "$out/lkl/$test.both.o" "$out/lkl/$test.o" "$out/lkl/$test.more.o"
	mv "$out/lkl/$test.both.o" "$out/lkl/$test.o"
	rm "$out/lkl/$test.more.o" ;;
esac
$cc -o "$out/host/$test" "$out/lkl/$test.o" "${libs[@]}" -lpthread -lrt -lm

left=$(nm -u "$out/lkl/$test.o" | awk '{ print $2 }' | sed 's/64$//' | sort -u |
	grep -vxF "$shimmed" | grep -vxEf <(grep -v '^#' "$here/harmless") || true)
if [ -n "$left" ]; then
	echo "$test: not in the shim: $(paste -sd' ' <<<"$left")" >&2
	exit 1
fi
objcopy --redefine-syms <(echo "main shim_test"
	nm -u "$out/lkl/$test.o" | awk '{ print $2 }' | while read -r name; do
		! grep -qx "${name%64}" <<<"$shimmed" || echo "$name shim_${name%64}"
	done) "$out/lkl/$test.o"

$cc -o "$out/lkl/$test" "$out/shim.o" "$out/lkl/$test.o" "$@" "${libs[@]}" -lpthread -lrt -lm
rm -f "$out/lkl/$test.o"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kunit.sh NAME [PARAMETER...]: boots the kernel $B/NAME with the unit tests in it,
# and prints what became of each suite, and of all. The log stays in $B/NAME/kunit.log.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

B=${B:-build}
name=$1
shift
log=$B/$name/kunit.log

start=$SECONDS
timeout -k 5 600 "$B/$name/tests/helpers/bootlog" mem=512M kunit.enable=1 "$@" > "$log" 2>&1
status=$?
tests/kernels/kunit.py "$B/linux-source-6.12" "$log" docs/conformance.md || failed=1
# older NAME LINE: a test that is no unit test says so when it has passed.
older()
{
	if grep -qE "$2" "$log"; then
		echo "ok $1"
	else
		echo "not ok $1: $(grep -m1 -E "${2%%:*}:" "$log")"
		failed=1
	fi
}

if [ "$name" = kunit-small ]; then
	older atomic64 'atomic64_test: passed'
	older bitops 'test_bitops: Completed bitops test'
	older bitmap 'test_bitmap: all [0-9]+ tests passed'
	older hexdump 'test_hexdump: all [0-9]+ tests passed'
	older printf 'test_printf: all [0-9]+ tests passed'
	older scanf 'test_scanf: all [0-9]+ tests passed'
	older uuid 'test_uuid: all [0-9]+ tests passed'
	older xarray 'XArray: ([0-9]+) of \1 tests passed'
fi
echo "$((SECONDS - start)) s; log: $log"
if [ "$status" != 0 ]; then
	echo "not ok kunit: the kernel did not come to its end (status $status)"
	failed=1
fi
exit "${failed:-0}"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A kernel with KASAN, lockdep, UBSAN and more reports nothing while the suites run, and
# would have. time limit: 600 s
#
# shellcheck disable=SC2086 # LKL_RUN and the suites are words

. "$(dirname "$0")/lib/shell.sh"

if [ -z "$LKL_TEST_ALL" ]; then
	echo "such a kernel is built by \"make debug\" and \"make check-all\""
	exit 77
fi
debug=${LKL_DEBUG_BUILD:-$B/debug}
suites="boot syscalls errors threads timers disk fork netdev"
# In an emulator, what it can.
[ -z "$LKL_RUN" ] || suites="boot syscalls errors threads timers disk net_many"
bootlog="$LKL_RUN $debug/tests/helpers/bootlog"
# Every report comes with one of these.
report='BUG: |WARNING: |UBSAN: |Call Trace:'

# What is planted is found: accesses behind objects, in freed ones, on stacks.
found()
{
	timeout 120 $bootlog mem=256M kunit.enable=1 kunit.filter_glob="kasan.$1" \
		> "$tmp/log" 2>&1
	if grep -q "BUG: KASAN: $2 in $1" "$tmp/log" &&
	   grep -qE "^ +ok 1 $1( |\$)" "$tmp/log"; then
		pass "kasan-$1"
	else
		grep -E 'KASAN|ok |EXPECT' "$tmp/log" | head -20 | sed 's/^/# /'
		fail "kasan-$1" "no report of $2"
	fi
}

found kmalloc_oob_right slab-out-of-bounds
found kmalloc_uaf slab-use-after-free
found kasan_stack_oob stack-out-of-bounds
found kasan_global_oob_right global-out-of-bounds

# The lock validator is there, and neither it nor another has anything to report.
timeout 60 $bootlog mem=256M > "$tmp/log" 2>&1
if grep -q 'Lock dependency validator' "$tmp/log" && ! grep -qE "$report" "$tmp/log"; then
	pass boot-log
else
	fail boot-log "$(grep -m1 -E "$report" "$tmp/log")"
fi

export LKL_TEST_CMDLINE="ignore_loglevel mem=256M" LKL_TEST_SMALL=1
LKL_TEST_ALL='' on_build debug "$debug" "$report" $suites

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The host's half under sanitizers; "make check-sanitize" and "make check-all" run more.
# time limit: 900 s

. "$(dirname "$0")/lib/shell.sh"

suites="boot errors virtio"
[ -z "$LKL_TEST_ALL" ] || suites="$suites syscalls threads timers disk netdev nethost net_apart fork fork_disk"
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=detect_stack_use_after_return=0
# Workers that had nothing to do are joined when there is work again, or at the end; and
# tests fork, with threads there.
export TSAN_OPTIONS=report_thread_leaks=0:die_after_fork=0

# memcheck PROGRAM [ARG...]: the host's half as valgrind sees it, see docs/debugging.md.
# With perf's map the kernel's code is nobody's, which the suppressions go by.
memcheck()
{
	LKL_PERF_MAP=1 CK_FORK=no valgrind -q --error-exitcode=9 \
		--suppressions=tests/lib/valgrind.supp "$B/tests/$1" "${@:2}" &
	wait $!
	local status=$?
	rm -f "/tmp/perf-$!.map"
	return $status
}

# one_test TEST SUITE: as valgrind sees it.
one_test()
{
	LKL_TEST=$1 memcheck "$2"
}
export -f memcheck one_test
export B

# planted NAME REPORT STATUS COMMAND...: a mistake of ours is found.
planted()
{
	local name=$1 report=$2 want=$3 status
	shift 3
	timeout -k 5 400 "$@" > "$tmp/planted" 2>&1
	status=$?
	if [ $status = "$want" ] && grep -q "$report" "$tmp/planted"; then
		pass "planted-$name"
	else
		head -20 "$tmp/planted" | sed 's/^/# /'
		fail "planted-$name" "the mistake is not found, status $status"
	fi
}

if have valgrind; then
	try valgrind-disk 400 one_test file disk
	try valgrind-net 400 one_test addresses netdev
	[ -z "$LKL_TEST_ALL" ] || try valgrind-boot 4000 one_test restart boot
	planted valgrind 'Invalid read of size 8' 9 bash -c 'memcheck helpers/planted after-free'
else
	skip valgrind "there is none"
fi

planted address 'heap-use-after-free' 1 "$B/address-undefined/tests/helpers/planted" after-free
planted undefined 'signed integer overflow' 1 "$B/address-undefined/tests/helpers/planted" overflow
# shellcheck disable=SC2086 # a list
LKL_TEST_ALL='' on_build address,undefined "$B/address-undefined" \
	'ERROR: (Address|Leak)Sanitizer|runtime error:' $suites
[ -n "$LKL_TEST_ALL" ] || exit
planted thread 'data race' 66 "$B/thread/tests/helpers/planted" race
# A thread of a child may have the number of one of the parent, which ThreadSanitizer takes it for.
# shellcheck disable=SC2086
LKL_TEST_ALL='' on_build thread "$B/thread" 'WARNING: ThreadSanitizer' ${suites% fork fork_disk}

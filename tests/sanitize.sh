#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The host's half under sanitizers; "make check-sanitize" and "make check-all" run more.
# time limit: 900 s

. "$(dirname "$0")/lib/shell.sh"

suites="boot errors virtio"
[ -z "$LKL_TEST_ALL" ] || suites="$suites syscalls threads timers fork disk netdev nethost net_apart"
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=detect_stack_use_after_return=0
# Workers that had nothing to do are joined when there is work again, or at the end; and
# tests fork, with threads there.
export TSAN_OPTIONS=report_thread_leaks=0:die_after_fork=0

# memcheck PROGRAM [TEST]: the host's half as valgrind sees it, see docs/debugging.md.
memcheck()
{
	# The kernel's code is then nobody's, which the suppressions go by.
	LKL_PERF_MAP=1 LKL_TEST=${2:-} CK_FORK=no valgrind -q --error-exitcode=9 \
		--suppressions=tests/lib/valgrind.supp "$B/tests/$1"
}
export -f memcheck
export B

if have valgrind; then
	try valgrind-disk 400 memcheck disk file
	try valgrind-net 400 memcheck netdev addresses
	[ -z "$LKL_TEST_ALL" ] || try valgrind-boot 4000 memcheck boot restart
	timeout -k 5 400 bash -c 'memcheck helpers/afterfree' > "$tmp/planted" 2>&1
	status=$?
	if [ $status = 9 ] && grep -q 'Invalid read of size 8' "$tmp/planted"; then
		pass valgrind-planted
	else
		fail valgrind-planted "a mistake is not found, status $status"
	fi
else
	skip valgrind "there is none"
fi

# shellcheck disable=SC2086 # a list
LKL_TEST_ALL='' on_build address,undefined "$B/address-undefined" \
	'ERROR: (Address|Leak)Sanitizer|runtime error:' $suites
[ -n "$LKL_TEST_ALL" ] || exit
# A thread of a child may have the number of one of the parent, which ThreadSanitizer takes it for.
# shellcheck disable=SC2086
LKL_TEST_ALL='' on_build thread "$B/thread" 'WARNING: ThreadSanitizer' ${suites/ fork/}

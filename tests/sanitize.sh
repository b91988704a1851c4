#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The host's half under sanitizers; "make check-sanitize" and "make check-all" run more.
# time limit: 900 s

. "$(dirname "$0")/lib/shell.sh"

suites="boot errors virtio"
[ -z "$LKL_TEST_ALL" ] || suites="$suites syscalls threads timers fork disk"
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=detect_stack_use_after_return=0
# Workers that had nothing to do are joined when there is work again, or at the end.
export TSAN_OPTIONS=report_thread_leaks=0

# shellcheck disable=SC2086 # a list
LKL_TEST_ALL='' on_build address,undefined "$B/address-undefined" \
	'ERROR: (Address|Leak)Sanitizer|runtime error:' $suites
[ -n "$LKL_TEST_ALL" ] || exit
# shellcheck disable=SC2086
LKL_TEST_ALL='' on_build thread "$B/thread" 'WARNING: ThreadSanitizer' $suites

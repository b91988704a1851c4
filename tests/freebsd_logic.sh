#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The library out of FreeBSD's files, on Linux, with stand-ins for FreeBSD's own calls in
# tests/hosts/freebsd-on-linux: what its logic does with kqueue(2), aio(4) and sysctl(3).
# With no LKL_TEST_ALL the suites that rest on these. time limit: 400 s

. "$(dirname "$0")/lib/shell.sh"

export LKL_STAND_IN_LOG=$tmp/calls
suites="timers disk fork fork_disk netdev bsd_devices"
[ -z "$LKL_TEST_ALL" ] || suites=

other_build freebsd-on-linux build/freebsd-on-linux HOST=freebsd-on-linux LKL_TEST_ALL= \
	${suites:+SUITES="$suites"}

# They have not passed by the ways around these.
for call in queue timer user aio short refused interrupted sysctl hole umtx tap netmap; do
	if grep -qx "$call" "$LKL_STAND_IN_LOG"; then
		pass "used-$call"
	else
		fail "used-$call" "no test had the library do that"
	fi
done

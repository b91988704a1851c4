#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# optional.sh report: the one place that says what of the optional parts is off,
# and why. optional.sh have NAME: true if that library is there.

have()
{
	pkg-config --exists "$1" 2>/dev/null
}

off()
{
	echo "  off: $1 ($2)"
}

report()
{
	have liburing ||
		off "disk I/O through io_uring, threads do it" "liburing-dev is missing"
	command -v ccache >/dev/null ||
		off "compiler cache" "ccache is missing"
	have check ||
		off "tests" "check is missing; make check installs it"
}

case $1 in
have) have "$2" ;;
report) report; exit 0 ;;
esac

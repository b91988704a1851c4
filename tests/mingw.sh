#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The library and its programs on Windows, as far as Wine is that. time limit: 900 s

. "$(dirname "$0")/lib/shell.sh"
. tests/lib/windows.sh

for tool in x86_64-w64-mingw32-gcc "${LKL_WINE:-wine}"; do
	have "${tool%% *}" || {
		echo "there is no ${tool%% *}"
		exit 77
	}
done

suites="boot syscalls errors timers disk crypto netapi net_many"
[ -z "$LKL_TEST_ALL" ] || suites=

# The first start makes Wine's files, which takes some seconds.
try wine 120 env B=build/mingw scripts/wine.sh cmd /c ver || exit
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u B -u LKL_TEST_TMP \
	make -s HOST=mingw ${suites:+SUITES="$suites"} LKL_TEST_ALL="$LKL_TEST_ALL" \
	run-check > "$tmp/out" 2>&1
sed 's/^/# /' "$tmp/out"
if ! grep -qE '^[0-9]+ passed' "$tmp/out"; then
	fail mingw "$(tail -1 "$tmp/out")"
	exit
fi
for suite in $(sed -nE 's/^([a-z0-9]+) +[0-9]+ passed,.*/\1/p' "$tmp/out"); do
	sed -E "s,^(ok|not ok|skip) ,&$suite/," "build/mingw/test-logs/$suite.report"
done
! grep -qE '^Failed:' "$tmp/out" || bad=1
windows_programs

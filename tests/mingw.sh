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

# run_suites PREFIX [NAME=VALUE...]: reports each of their tests as PREFIXsuite/test.
run_suites()
{
	local prefix=$1 suite
	shift

	# The first start makes Wine's files, which takes some seconds.
	try "${prefix}wine" 120 env B=build/mingw "$@" scripts/wine.sh cmd /c ver || return
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u B -u LKL_TEST_TMP "$@" \
		make -s HOST=mingw LKL_TEST_ALL="$LKL_TEST_ALL" run-check > "$tmp/out" 2>&1
	sed 's/^/# /' "$tmp/out"
	if ! grep -qE '^[0-9]+ passed' "$tmp/out"; then
		fail "${prefix}mingw" "$(tail -1 "$tmp/out")"
		return
	fi
	for suite in $(sed -nE 's/^([a-z0-9_]+) +[0-9]+ passed,.*/\1/p' "$tmp/out"); do
		sed -E "s,^(ok|not ok|skip) ,&$prefix$suite/," "build/mingw/test-logs/$suite.report"
	done
	! grep -qE '^Failed:' "$tmp/out" || bad=1
}

# With the system's Wine, then, with one that shows single pages twice, from another Debian.
another=${LKL_WINE_ROOT:-}
unset LKL_WINE_ROOT
run_suites ""
if [ -n "$another" ]; then
	run_suites placeholders- LKL_WINE_ROOT="$another"
elif [ -n "$LKL_TEST_ALL" ]; then
	skip placeholders "LKL_WINE_ROOT names no folder with a later Wine, see docs/windows.md"
fi
windows_programs

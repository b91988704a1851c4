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

# run_suites PREFIX [NAME=VALUE...]: with these in the environment.
run_suites()
{
	local prefix=$1
	shift

	# The first start makes Wine's files, which takes some seconds.
	try "${prefix}wine" 120 env B=build/mingw "$@" scripts/wine.sh cmd /c ver || return
	other_build "${prefix}mingw" build/mingw HOST=mingw LKL_TEST_ALL="$LKL_TEST_ALL" "$@"
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

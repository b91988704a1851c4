# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What shell tests share. They run in the top folder, with B (build folder) and
# LKL_TEST_TMP (a folder of their own, removed afterwards) set.

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

B=${B:-build}
LKL_TEST_TMP=${LKL_TEST_TMP:-$B/test-tmp/manual}
LKL_TEST_ALL=${LKL_TEST_ALL:-}
LKL_RUN=${LKL_RUN:-}
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$LKL_TEST_TMP"
tmp=$(realpath "$LKL_TEST_TMP")

bad=0
# A suite that ends with 77 is skipped, for what it said last.
trap '[ $? = 77 ] && exit 77; exit $((bad != 0))' EXIT

pass()
{
	echo "ok $1"
}

fail()
{
	echo "not ok $1: $2"
	bad=1
}

skip()
{
	echo "skip $1: $2"
}

# have COMMAND...: whether all of them can be run.
have()
{
	local c
	for c; do
		command -v "$c" >/dev/null || return 1
	done
}

# on_build NAME BUILD PATTERN SUITE...: runs suites in another build folder, a test each.
# Lines of their logs that match PATTERN are failures too.
on_build()
{
	local name=$1 build=$2 pattern=$3 s logs=$2/test-logs wrong
	shift 3
	B=$build tests/run.sh "$@" 2>&1 | sed 's/^/# /'
	for s; do
		wrong=$(grep '^not ok ' "$logs/$s.report"; grep -nE "$pattern" "$logs/$s.log")
		if [ -n "$wrong" ]; then
			fail "$name-$s" "$(head -3 <<<"$wrong" | paste -sd ';') ($logs/$s.log)"
		elif ! grep -q '^ok ' "$logs/$s.report"; then
			fail "$name-$s" "no test ran"
		else
			pass "$name-$s ($(grep -c '^ok ' "$logs/$s.report") tests)"
		fi
	done
}

# other_build NAME FOLDER VARIABLE...: runs the suites of another target, by make with
# these variables, into FOLDER; reports each of their tests as SUITE/TEST, behind $prefix.
other_build()
{
	local name=$1 folder=$2 suite
	shift 2

	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u B -u LKL_TEST_TMP \
		make -s "$@" run-check > "$tmp/out" 2>&1
	sed 's/^/# /' "$tmp/out"
	if ! grep -qE '^[0-9]+ passed' "$tmp/out"; then
		fail "$name" "$(tail -1 "$tmp/out")"
		return
	fi
	for suite in $(sed -nE 's/^([a-z0-9_]+) +[0-9]+ passed,.*/\1/p' "$tmp/out"); do
		sed -E "s,^(ok|not ok|skip) ,&${prefix:-}$suite/," "$folder/test-logs/$suite.report"
	done
	! grep -qE '^Failed:' "$tmp/out" || bad=1
}

# helper NAME: how to call that program of tests/helpers. Where an emulator is needed,
# it is a script that calls that.
helper()
{
	local path=$B/tests/helpers/$1

	if [ -n "$LKL_RUN" ]; then
		printf '#!/bin/sh\nexec %s %s "$@"\n' "$LKL_RUN" "$(realpath "$path")" > "$tmp/$1"
		chmod +x "$tmp/$1"
		path=$tmp/$1
	fi
	echo "$path"
}

# try NAME SECONDS COMMAND...: one test, which the command's status decides. Its
# output goes to the log, its last line into the report. Time-out counts as failure.
# COMMAND may be a function that is exported.
try()
{
	local name=$1 seconds=$2 out status
	shift 2
	out=$(mktemp -p "$tmp")
	if [ "$(type -t "$1")" = function ]; then
		set -- bash -c '"$@"' _ "$@"
	fi
	timeout -k 5 "$seconds" "$@" > "$out" 2>&1 < /dev/null
	status=$?
	sed 's/^/# /' "$out"
	if [ "$status" = 0 ]; then
		pass "$name"
	elif [ "$status" = 124 ] || [ "$status" = 137 ]; then
		fail "$name" "not done after $seconds s"
	else
		fail "$name" "$(tail -1 "$out" | tr -d '\n') (status $status)"
	fi
	rm -f "$out"
	return "$status"
}

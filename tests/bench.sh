#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The benchmarks' results can be saved and compared. time limit: 120 s

. "$(dirname "$0")/lib/shell.sh"

row()
{
	printf '{"what": "%s", "unit": "us", "less_is_better": true, "lkl": %s, "host": %s, ' "$@"
	printf '"lkl_spread": [%s, %s], "reached": null}\n' "$2" "$2"
}

compare()
{
	bench/compare.py "$tmp/a" "$tmp/b" > "$tmp/out"
}

# verdict NAME WORD: what the comparison says of the row NAME.
verdict()
{
	grep -q "^$1 .*  $2\$" "$tmp/out"
}

slower()
{
	{ row slow 10 5; row same 10 5; row fast 10 5; } > "$tmp/a"
	{ row slow 13 5; row same 10.2 5; row fast 8 5; } > "$tmp/b"
	! compare && verdict slow WORSE && verdict fast better && ! verdict same "[a-zA-Z][a-zA-Z]*"
}

# A machine that has become slower is no change of ours.
slower_machine()
{
	row slow 10 5 > "$tmp/a"
	row slow 13 6.5 > "$tmp/b"
	compare && ! verdict slow WORSE
}

not_results()
{
	echo nonsense > "$tmp/a"
	! compare 2> "$tmp/err" && grep -q "$tmp/a" "$tmp/err"
}

export tmp
export -f row compare verdict slower slower_machine not_results
try slower 20 slower
try slower-machine 20 slower_machine
try not-results 20 not_results

# Real ones of two runs, through make.
one_run()
{
	"$B/bench/calls" --runs 3 --json "$1"
}

really()
{
	one_run "$tmp/first" && one_run "$tmp/second" &&
		{ make bench-compare A="$tmp/first" B="$tmp/second" > "$tmp/out" || :; } &&
		grep -q "^getpid .* ns " "$tmp/out"
}

export -f one_run really
try really 90 really

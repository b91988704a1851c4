#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The benchmarks' results can be saved and compared. time limit: 600 s

. "$(dirname "$0")/lib/shell.sh"

# row PROGRAM NAME OURS HOST: each of these is one number or several with commas.
row()
{
	printf '{"program": "%s", "what": "%s", "unit": "us", "less_is_better": true, ' "$1" "$2"
	printf '"beside": "", "lkl": 1, "lkl_samples": [%s], ' "$3"
	printf '"host": null, "host_samples": [%s], "reached": null}\n' "${4:-}"
}

# around VALUE: five measurements of that.
around()
{
	awk -v x="$1" 'BEGIN { printf "%g, %g, %g, %g, %g", x, x * 0.98, x * 1.01, x * 1.03, x * 0.99 }'
}

compare()
{
	bench/compare.py "$tmp/a" "$tmp/b" > "$tmp/out" 2> "$tmp/err"
}

# verdict NAME WORD: what the comparison says of the row NAME.
verdict()
{
	grep -q "^$1 .*  $2\$" "$tmp/out"
}

# refused WORD...: the files were not compared, for a reason with these words in it.
refused()
{
	local word status

	compare
	status=$?
	cat "$tmp/err"
	[ "$status" = 2 ] && [ "$(wc -l < "$tmp/err")" = 1 ] || return
	for word; do
		grep -qF -- "$word" "$tmp/err" || return
	done
}

slower()
{
	local i

	for i in "slow 10" "same 10" "fast 10"; do
		row x "${i% *}" "$(around "${i#* }")" "$(around 5)"
	done > "$tmp/a"
	for i in "slow 13" "same 10.2" "fast 8"; do
		row x "${i% *}" "$(around "${i#* }")" "$(around 5)"
	done > "$tmp/b"
	compare
	[ $? = 1 ] && verdict "x: slow" WORSE && verdict "x: fast" better &&
		! verdict "x: same" "[a-zA-Z][a-zA-Z]*"
}

# Where more is better it is the other way round.
more()
{
	row x more "$(around 10)" | sed 's/_better": true/_better": false/' > "$tmp/a"
	row x more "$(around 13)" | sed 's/_better": true/_better": false/' > "$tmp/b"
	compare && verdict "x: more" better
}

# A machine that has become slower is no change of ours; the same figures without the host are.
slower_machine()
{
	row x slow "$(around 10)" "$(around 5)" > "$tmp/a"
	row x slow "$(around 13)" "$(around 6.5)" > "$tmp/b"
	compare && ! verdict "x: slow" WORSE || return
	row x slow "$(around 10)" > "$tmp/a"
	row x slow "$(around 13)" > "$tmp/b"
	! compare && verdict "x: slow" WORSE
}

# random SEED ROWS RUNS SPREAD SHIFT HOST: rows of normally distributed logarithms.
random()
{
	python3 - "$@" <<-'END'
	import json, math, random, sys
	seed, rows, runs = (int(x) for x in sys.argv[1:4])
	spread, shift, host = (float(x) for x in sys.argv[4:7])
	r = random.Random(seed)
	def samples(median):
	    return [median * math.exp(r.gauss(0, spread)) for _ in range(runs)]
	for i in range(rows):
	    print(json.dumps({"program": "x", "what": str(i), "unit": "us",
	                      "less_is_better": True, "beside": "",
	                      "lkl_samples": samples(10 * (1 + shift)),
	                      "host_samples": samples(5) if host else []}))
	END
}

# verdicts RUNS SPREAD-A SPREAD-B SHIFT HOST: of 2,000 rows
verdicts()
{
	random 1 2000 "$1" "$2" 0 "$5" > "$tmp/a"
	random 2 2000 "$1" "$3" "$4" "$5" > "$tmp/b"
	compare
	[ $? != 2 ] && grep -cE '  (better|WORSE)$' "$tmp/out"
}

# The same distribution, with and without the host: 1 % of the rows at most.
chance()
{
	local i runs host spread found

	for i in "5 0 0.05" "5 0 0.3" "5 1 0.3" "9 0 0.3" "9 1 0.1" "21 0 0.3"; do
		read -r runs host spread <<< "$i"
		found=$(verdicts "$runs" "$spread" "$spread" 0 "$host")
		echo "$runs runs, $spread, host $host: $found of 2,000 by chance"
		[ "${found:-2000}" -le 20 ] || return
	done
}

# One that was measured on a busier machine than the other, with the same median. The rank
# test alone finds 87 with five runs.
unequal_spreads()
{
	local runs found

	for runs in 5 21; do
		found=$(verdicts "$runs" 0.02 0.3 0 0)
		echo "$runs runs: $found of 2,000 by chance"
		[ "${found:-2000}" -le $((runs == 5 ? 70 : 30)) ] || return
	done
}

# A change of some times the spread is found, of more runs a smaller one.
shift_found()
{
	local found

	found=$(verdicts 5 0.05 0.05 0.3 0)
	echo "$found of 2,000 found with 5 runs"
	[ "$found" -ge 1900 ] || return
	found=$(verdicts 21 0.1 0.1 0.2 0)
	echo "$found of 2,000 found with 21 runs"
	[ "$found" -ge 1900 ]
}

# One slow run of five, as on a busy machine, neither is a change nor hides one.
outlier()
{
	row x a "10, 10.1, 10.2, 10.3, 10.4" > "$tmp/a"
	row x a "10, 10.1, 10.2, 10.3, 40" > "$tmp/b"
	compare && ! verdict "x: a" WORSE || return
	row x a "13, 13.1, 13.2, 13.3, 40" > "$tmp/b"
	! compare && verdict "x: a" WORSE
}

# Four runs of either happen to be in order once in 35 times.
too_few()
{
	row x a "1, 1, 1, 1" > "$tmp/a"
	row x a "2, 2, 2, 2" > "$tmp/b"
	refused "no row could be compared" && grep -q "x: a .*4 and 4 runs are too few" "$tmp/out"
}

# Programs have rows of the same name, and do not always have all of them.
by_program()
{
	{ row fuse stat "$(around 6)"; row files stat "$(around 1)"; } > "$tmp/a"
	row files stat "$(around 1.5)" > "$tmp/b"
	compare
	[ $? = 1 ] && verdict "files: stat" WORSE && grep -q "^fuse: stat .*only in A" "$tmp/out"
}

# What was measured in another way is shown, but not compared.
not_alike()
{
	{ row x a "$(around 1)" "$(around 1)"; row x b "$(around 1)"; row x c "$(around 1)"; } > "$tmp/a"
	{
		row x a "$(around 9)" "$(around 1)" | sed 's/"beside": ""/"beside": "OpenSSL"/'
		row x b ""
		row x c "$(around 1)"
	} > "$tmp/b"
	compare && grep -q "^x: a .*not compared: the host did another thing" "$tmp/out" &&
		grep -q "^x: b .*not compared: not measured in B" "$tmp/out"
}

not_results()
{
	local i good
	row x a "$(around 1)" > "$tmp/b"
	good=$(cat "$tmp/b")

	for i in nonsense 3 '[]' '"x"' '{}' '{"what": 3}' "${good/\[1,/[\"1\",}" "${good/\[1,/[NaN,}" \
		"${good/\[1,/[-1,}" "${good/\[1,/[true,}" "${good/\[1,/[1e999,}" \
		"${good/\"less_is_better\": true, /}" "${good/true/1}" "${good/\"host_samples\": \[\]/}" \
		"${good/host_samples\": \[/&1}" "${good:0:50}" $'\xff' "$(printf '[%.0s' {1..20000})"; do
		{ row x b "$(around 1)"; printf '%s\n' "$i"; } > "$tmp/a"
		refused "$tmp/a:" || return
	done
	# Strange but allowed.
	{ row x '\ud800' "1e14, 1e14, 1e14, 1e-14, 1e-14" "1e-14, 1e-14, 1e14, 1e14, 1e14"; cat "$tmp/b"; } \
		> "$tmp/a"
	cp "$tmp/a" "$tmp/b"
	compare && [ ! -s "$tmp/err" ] && row x a "$(around 1)" > "$tmp/b" || return
	: > "$tmp/a"
	refused "$tmp/a: empty" || return
	rm "$tmp/a"
	refused "$tmp/a: No such file" || return
	row x other "$(around 1)" > "$tmp/a"
	refused "no row in common" || return
	cat "$tmp/b" "$tmp/b" > "$tmp/a"
	refused "$tmp/a:2: x: a: once more" || return
	# As older ones were.
	echo '{"what": "a", "unit": "us", "less_is_better": true, "lkl": 1, "host": null, "reached": null}' \
		> "$tmp/a"
	refused "$tmp/a:1:" "has to be made anew"
}

# Through make, whose B is the build folder as well.
wanted()
{
	local given

	for given in "" A=x B=x; do
		# shellcheck disable=SC2086 # nothing or one
		! env -u MAKEFLAGS -u MAKEOVERRIDES make bench-compare $given > "$tmp/out" 2> "$tmp/err" &&
			grep -q "make bench-compare A=" "$tmp/err" || return
	done
}

export tmp
export -f row around compare verdict refused slower more slower_machine random verdicts chance \
	unequal_spreads shift_found outlier too_few by_program not_alike not_results wanted
try slower 20 slower
try more 20 more
try slower-machine 20 slower_machine
try chance 120 chance
try unequal-spreads 60 unequal_spreads
try shift 60 shift_found
try outlier 20 outlier
try too-few 20 too_few
try by-program 20 by_program
try not-alike 20 not_alike
try not-results 120 not_results
try wanted 60 wanted

# Real ones of two runs: each row of each part, with all measurements, is compared.
one_run()
{
	B=$tmp/build bench/run.sh --runs 5 --json "$1" calls boundary > "$tmp/out"
	cat "$tmp/out"
	[ -s "$1" ]
}

really()
{
	local i

	# Without the builds for other hosts and processors that may lie in $B.
	mkdir -p "$tmp/build" && ln -sfn "$(realpath "$B/bench")" "$tmp/build/bench" || return
	one_run "$tmp/first" && one_run "$tmp/second" || return
	make bench-compare A="$tmp/first" B="$tmp/second" > "$tmp/out" 2>&1
	cat "$tmp/out"
	for i in "calls: getpid" "boundary: getpid, here"; do
		grep -qE "^$i .* ns .*%" "$tmp/out" || { echo "no row $i"; return 1; }
	done
	! grep -qE "too few|only in" "$tmp/out"
}

export -f one_run really
try really 170 really

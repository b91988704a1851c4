#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh [SUITE...]: runs the suites, all by default, and ends with the line
# "N passed, N failed, N skipped".
#
# A suite is a libcheck program (tests/NAME.c, built as $B/tests/NAME) or a shell
# script (tests/NAME.sh). Programs report through libcheck's TAP log, scripts
# through lines on their output, see lib/shell.sh:
#
#   ok NAME | not ok NAME: WHY | skip NAME: WHY
#
# Every suite has a time limit; one that ends without a report has failed. What it
# printed is kept in $B/test-logs/NAME.log. LKL_RUN is put before the programs: what
# runs those of another processor or system here. As many run at a time as there are
# processors, but those that say "runs alone" in a comment, since they measure time.

set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

export B=${B:-build}
export LKL_TEST_ALL=${LKL_TEST_ALL:-}
export LKL_RUN=${LKL_RUN:-}
# mkfs and fsck are not in the path of an ordinary user.
export PATH=$PATH:/usr/sbin:/sbin
logs=$B/test-logs
mkdir -p "$logs"

passed=0
failed=0
skipped=0
failures=()

# Seconds that a suite may take: its own line "time limit: N s", or ten minutes;
# more where the long versions run. Programs of one host alone are in tests/hosts.
limit()
{
	local s
	s=$(cat "$1" tests/hosts/*/"${1##*/}" 2> /dev/null |
		sed -n 's/.*time limit: \([0-9]*\) s.*/\1/p' | head -1)
	s=${s:-600}
	[ -z "$LKL_TEST_ALL" ] || s=$((s * 10))
	[ -z "$LKL_RUN" ] || s=$((s * 5))
	echo "$s"
}

# Turns a TAP log and the "skip NAME: WHY" lines of the output into our lines.
from_tap()
{
	local result name why

	while IFS= read -r line; do
		[[ $line =~ ^(not ok|ok)\ [0-9]+\ -\ ([^:]*:)?([^:]*:)?([^:]*):\ ?(.*)$ ]] || continue
		result=${BASH_REMATCH[1]} name=${BASH_REMATCH[4]} why=${BASH_REMATCH[5]}
		if [ "$result" = ok ]; then
			grep -q "^skip $name:" "$2" || echo "ok $name"
		else
			echo "not ok $name: $why"
		fi
	done < "$1"
}

run_suite()
{
	local name=$1 log=$logs/$1.log report=$logs/$1.report start=$SECONDS status n program

	rm -f "$log" "$report" "$logs/$name.tap" "$logs/$name.seconds"
	export LKL_TEST_TMP=$B/test-tmp/$name
	rm -rf "$LKL_TEST_TMP"
	mkdir -p "$LKL_TEST_TMP"

	if [ -e "tests/$name.sh" ]; then
		timeout -k 10 "$(limit "tests/$name.sh")" "tests/$name.sh" \
			> "$log" 2>&1 < /dev/null
		status=$?
		grep -E '^(ok|not ok|skip) ' "$log" > "$report"
	else
		program=$B/tests/$name
		[ -e "$program" ] || program=$program.exe
		# shellcheck disable=SC2086 # LKL_RUN is a command with its arguments
		CK_TAP_LOG_FILE_NAME=$logs/$name.tap CK_VERBOSITY=silent \
			timeout -k 10 "$(limit "tests/$name.c")" $LKL_RUN "$program" \
			> "$log" 2>&1 < /dev/null
		status=$?
		# libcheck appends that to the name of a test's function.
		sed -i 's/^\(skip [a-z0-9_]*\)_fn:/\1:/' "$log"
		touch "$logs/$name.tap"
		{
			grep -E '^skip ' "$log"
			from_tap "$logs/$name.tap" "$log"
		} > "$report"
	fi
	if [ "$status" = 77 ]; then
		echo "skip $name: $(tail -1 "$log")" >> "$report"
	elif [ "$status" = 124 ] || [ "$status" = 137 ]; then
		echo "not ok $name: time limit of the suite" >> "$report"
	elif [ "$status" != 0 ] && ! grep -q '^not ok' "$report"; then
		echo "not ok $name: exit status $status, see $log" >> "$report"
	elif [ ! -s "$report" ]; then
		echo "not ok $name: no report, see $log" >> "$report"
	fi

	rm -rf "$LKL_TEST_TMP"
	echo $((SECONDS - start)) > "$logs/$name.seconds"
}

# Prints what became of a suite, and counts it.
tally()
{
	local name=$1 report=$logs/$1.report n

	n=$(grep -c '^ok ' "$report")
	printf '%-14s %4d passed, %3d s\n' "$name" "$n" "$(cat "$logs/$name.seconds")"
	grep -E '^(not ok|skip) ' "$report" | sed 's/^/    /'
	passed=$((passed + n))
	skipped=$((skipped + $(grep -c '^skip ' "$report")))
	failed=$((failed + $(grep -c '^not ok ' "$report")))
	while IFS= read -r line; do
		failures+=("$name: ${line#not ok }")
	done < <(grep '^not ok ' "$report")
}

alone()
{
	grep -qs '^[#/ ]*\*\? *runs alone' "tests/$1.c" "tests/$1.sh"
}

# Waits for one of the running suites. Without children left there is nothing to wait for:
# somebody killed one.
reap()
{
	local s left=() status

	wait -n
	status=$?
	for s in "${running[@]}"; do
		if [ "$status" = 127 ] && [ ! -e "$logs/$s.seconds" ]; then
			echo "not ok $s: it was killed" >> "$logs/$s.report"
			# Nor would there be an end where nothing can be written.
			echo 0 > "$logs/$s.seconds" || exit
		fi
		if [ -e "$logs/$s.seconds" ]; then
			tally "$s"
		else
			left+=("$s")
		fi
	done
	running=("${left[@]}")
}

suites=("$@")
if [ ${#suites[@]} = 0 ]; then
	# The quick ones that everything rests on come first.
	suites=(source build boot syscalls errors)
	for f in tests/*.c tests/*.sh; do
		f=$(basename "${f%.*}")
		[ "$f" = run ] || [[ " ${suites[*]} " == *" $f "* ]] || suites+=("$f")
	done
fi

running=()
for s in "${suites[@]}"; do
	if alone "$s"; then
		while [ ${#running[@]} != 0 ]; do reap; done
		run_suite "$s"
		tally "$s"
		continue
	fi
	while [ ${#running[@]} -ge "$(nproc)" ]; do reap; done
	rm -f "$logs/$s.seconds"
	run_suite "$s" &
	running+=("$s")
done
while [ ${#running[@]} != 0 ]; do reap; done

echo
if [ ${#failures[@]} != 0 ]; then
	echo "Failed:"
	printf '  %s\n' "${failures[@]}"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# shellcheck disable=SC2016,SC2154 # the backquotes are the table's; lib/shell.sh sets tmp
#
# check_report: whether report.py tells a test that does what the table says from one that
# does not, by logs and tables made for it. Sourced by the suite.

# report STATUS ROW EXPECTED NAME < LOG: EXPECTED is in what report.py says, or "as known".
report()
{
	local said status

	cat > "$tmp/log"
	printf '| test | not as it should be | why |\n|---|---|---|\n%s\n' \
		"${2:+| \`selftests/a/b\` | $2 | because |}" > "$tmp/table.md"
	said=$(tests/selftests/report.py a/b "$1" "$tmp/log" "$tmp/table.md")
	status=$?
	if [ "$3" = "as known" ] && [ $status = 0 ]; then
		pass "report: $4"
	elif [ "$3" != "as known" ] && [ $status != 0 ] && [[ $said == *"$3"* ]]; then
		pass "report: $4"
	else
		fail "report: $4" "status $status, said: ${said//$'\n'/; }"
	fi
}

check_report()
{
	local good=$'1..2\nok 1 one\nok 2 two' bad=$'1..2\nok 1 one\nnot ok 2 two'
	local skips=$'1..2\nok 1 one\nok 2 # SKIP two' older=$'A  max: 17 ns : [OK]\nB: 3 : [FAILED]'

	report 0 "" "as known" "all passes" <<< "$good"
	report 0 "" "as known" "a test without a report passes" <<< "hello"
	report 1 "" "failed, but not in the table: two" "a failure" <<< "$bad"
	report 1 'failed: `two`' "as known" "a failure that is known" <<< "$bad"
	report 1 'failed: `one`' "not in the table: two" "another failure" <<< "$bad"
	report 1 'failed: `two`' "not in the table: one" "one more failure" <<< "${bad/ok 1/not ok 1}"
	report 0 'failed: `two`' "out of date: not failed: two" "a failure less" <<< "$good"
	report 1 'failed: `two` (2)' "out of date: not failed: two (1, not 2)" "one of two" <<< "$bad"
	report 0 'may fail: `two`' "as known" "it may pass" <<< "$good"
	report 1 'may fail: `t*`' "as known" "it may fail" <<< "$bad"
	report 1 'may fail: `t*`' "not in the table: one" "another may not" <<< "${bad/ok 1/not ok 1}"
	report 0 "" "skipped, but not in the table: two" "a skip" <<< "$skips"
	report 0 'skipped: `two`' "as known" "a skip that is known" <<< "$skips"
	report 0 'skipped: `two`' "out of date: not skipped: two" "a skip less" <<< "$good"
	report 4 "" "skipped, but not in the table: all" "all is skipped" <<< "no kernel"
	report 0 "" "1 of 2 run, the table says all" "a plan that is not kept" <<< "${good%$'\n'*}"
	report 0 '1 of 2 run' "as known" "as is known" <<< "${good%$'\n'*}"
	report 0 '1 of 2 run' "2 of 2 run, the table says 1 of 2" "it is kept after all" <<< "$good"
	report 0 "" "there is no plan" "no plan" <<< "ok 1 one"
	report 139 "" "ended by signal 11" "a crash" <<< "$good"
	report 139 'failed: `two`' "ended by signal 11" "a crash with a known failure" <<< "$bad"
	report 134 'ends by signal 6; last line: `x y`' "as known" "a crash that is known" <<< "x  y"
	report 134 'ends by signal 6; last line: `x`' "the last line was: y" "at another place" <<< y
	report 0 'ends by signal 6' "ended by signal None" "no crash any more" <<< x
	report 124 "" "failed, but not in the table: done in time" "it is not done" <<< "$good"
	report 1 "" "failed, but not in the table: all" "it only says by its status" <<< "$good"
	report 254 'failed: `two`' "as known" "the status is a number of errors" <<< "$bad"
	report 1 'failed: `B`' "as known" "older reports" <<< "$older"
	report 1 "" "not in the table: B" "older reports fail" <<< "$older"
	report 0 'skipped: `C`' "as known" "older reports with empty totals" \
		<<< $'A... [OK]\nC : [UNSUPPORTED]\n# Totals: pass:0 fail:0 xfail:0 xpass:0 skip:0 error:0'
	report 0 "" "passed against the tree's expectation" "XPASS" <<< $'1..1\nok 1 one # XPASS why'
	report 0 "" "as known" "XFAIL" <<< $'1..1\nok 1 one # XFAIL why'
	report 0 "" "not in the table: ?" "a failure that is only counted" \
		<<< $'1..1\n# Totals: pass:0 fail:1 xfail:0 xpass:0 skip:0 error:0'
	if chrt -f 1 true 2> /dev/null; then
		report 1 'failed without real-time threads: `two`' "not in the table: two" \
			"real-time threads" <<< "$bad"
	else
		report 1 'failed without real-time threads: `two`' "as known" \
			"no real-time threads" <<< "$bad"
	fi
	report 0 "fails in part" "cannot be used" "a table that says nothing" <<< "$good"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh quick|all [PATTERN]: runs the selftests of the kernel tree that are in "list" on
# the kernel in the library, and beside it on the host's. One line each:
#
#   ok NAME: inside P passed, F failed, S skipped; host ...
#
# A test that fails inside must be explained in docs/conformance.md, or fail on the host
# in the same way.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

B=$(realpath "${B:-build}")
what=$1 pattern=${2:-}
out=$B/selftests
doc=docs/conformance.md
limit=120
bad=0

# one COMMAND...: runs a test, says what became of it: "P passed, F failed, S skipped" by
# its own report, or by its status if it makes none. A test may leave files where it runs;
# processes that it leaves behind are ended.
one()
{
	local log=$1 status ok failed skipped session
	shift
	(cd "$out/work" && exec setsid -w timeout -k 5 $limit "$@") > "$log" 2>&1 < /dev/null &
	session=$!
	wait $session
	status=$?
	pkill -KILL -s $session
	skipped=$(grep -ciE '^ok .*# skip' "$log")
	ok=$(($(grep -cE '^ok ' "$log") - skipped))
	failed=$(grep -cE '^not ok ' "$log")
	if [ $((ok + failed + skipped)) = 0 ]; then
		case $status in
		0) ok=1 ;;
		4) skipped=1 ;;
		*) failed=1 ;;
		esac
	elif [ $status != 0 ] && [ $status != 4 ] && [ $failed = 0 ]; then
		failed=1
	fi
	[ $status = 124 ] && ended=", not done after $limit s"
	echo "$ok passed, $failed failed, $skipped skipped${ended:-}"
}

good()
{
	[[ $1 == *" 0 failed"* && $1 != *"not done"* ]]
}

mkdir -p "$out/log" "$out/work"

explained()
{
	grep -q "^| *\`selftests/$1\`" "$doc"
}

while IFS=$'\t' read -r when where name setup; do
	[[ $when = quick || ($when = long && $what = all) ]] || continue
	[[ -z $pattern || $name == *$pattern* ]] || continue
	setup=${setup##*$'\t'}
	if [ ! -x "$out/lkl/$name" ]; then
		echo "not ok $name: it is not built"
		bad=1
		continue
	fi
	log=$out/log/${name//\//-}
	# Some wait 10 ms for another thread to sleep: too little on a busy machine.
	for _ in 1 2 3; do
		inside=$(LKL_SELFTEST_SETUP=$setup one "$log.inside" "$out/lkl/$name")
		! good "$inside" || break
	done
	if [ "$where" = both ]; then
		host=$(one "$log.host" "$out/host/$name")
	else
		host="not run"
	fi
	if good "$inside"; then
		echo "ok $name: inside $inside; host $host"
	elif [ "$inside" = "$host" ] || explained "$name"; then
		echo "ok $name: inside $inside, as known; host $host"
	else
		grep -vE '^ok |^# +(RUN|OK)' "$log.inside" | head -8 | sed 's/^/# /'
		echo "not ok $name: inside $inside; host $host ($log.inside)"
		bad=1
	fi
done < <(grep -v '^#' tests/selftests/list | sed 's/\t\t*/\t/g')
exit $bad

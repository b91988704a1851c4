#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh quick|all [PATTERN]: runs the selftests of the kernel tree that are in "list" on
# the kernel in the library, and beside it on the host's. One line each:
#
#   ok NAME: inside P passed, F failed, S skipped; host ...
#
# What becomes of a test inside has to be what the table of docs/conformance.md says, or
# all passed if it says nothing. The host's kernel is any kernel: its results are shown.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

B=$(realpath "${B:-build}")
what=$1 pattern=${2:-}
here=tests/selftests
out=$B/selftests
doc=docs/conformance.md
limit=180
bad=0

# one LOG COMMAND...: runs a test and returns its status. It may leave files where it
# runs; processes that it leaves behind are ended. Its lines are written as they come,
# since what it kept would be lost with a signal.
one()
{
	local log=$1 session status
	shift
	(cd "$out/work" && exec setsid -w timeout -k 5 $limit stdbuf -oL "$@") \
		> "$log" 2>&1 < /dev/null &
	session=$!
	wait $session 2> /dev/null
	status=$?
	pkill -KILL -s $session
	return $status
}

# Before a test in namespaces of the host's: what the kernel inside has, too. The shell
# itself would look for the test by its whole path, which may be hidden now; env does not.
# shellcheck disable=SC2016 # for the shell there
apart='mount -t tmpfs tmp /tmp && ip link set lo up || exit
	[ -z "$LKL_SELFTEST_SETUP" ] || echo "${LKL_SELFTEST_SETUP#*=}" > "${LKL_SELFTEST_SETUP%%=*}" || exit
	exec env "$@"'

# Root can make namespaces, others may.
namespaces=
for way in -nmi -Urnmi; do
	if [ -z "$namespaces" ] && unshare $way bash -c "$apart" - true 2> /dev/null; then
		namespaces=$way
	fi
done

# host LOG WHERE NAME: what became of a test on the host.
host()
{
	case $2 in
	both)
		one "$1" "../host/$3" ;;
	apart)
		if [ -z "$namespaces" ]; then
			echo "skipped, it lets us make no namespaces"
			return
		fi
		one "$1" unshare $namespaces bash -c "$apart" - "../host/$3" ;;
	*)
		echo "left alone"
		return ;;
	esac
	"$here/report.py" "$3" $? "$1"
}

mkdir -p "$out/log" "$out/work"

declare -A tries
rows=$("$here/report.py" --rows "$doc") || {
	echo "not ok table: $rows"
	exit 1
}
while read -r name n; do
	tries[$name]=$n
	grep -qP "\t$name(\t|\$)" "$here/list" || {
		echo "not ok table: $name is not in the list"
		bad=1
	}
done <<< "$rows"

while IFS=$'\t' read -r when where name setup; do
	[[ $when = quick || ($when = long && $what = all) ]] || continue
	[[ -z $pattern || $name == *$pattern* ]] || continue
	export LKL_SELFTEST_SETUP=$setup
	if [ ! -x "$out/lkl/$name" ]; then
		echo "not ok $name: it is not built"
		bad=1
		continue
	fi
	log=$out/log/${name//\//-}
	for ((i = 0; i < ${tries[$name]:-1}; i++)); do
		one "$log.inside" "../lkl/$name"
		inside=$("$here/report.py" "$name" $? "$log.inside" "$doc")
		differs=$?
		[ $differs != 0 ] || break
	done
	host=$(host "$log.host" "$where" "$name")
	known=${tries[$name]:+, as the table says}
	if [ "$differs" = 0 ]; then
		echo "ok $name: inside $inside$known; host $host"
	else
		tail -n +2 <<< "$inside"
		grep -vE '^ok |^# +(RUN|OK)' "$log.inside" | head -8 | sed 's/^/# /'
		echo "not ok $name: inside ${inside%%$'\n'*}; host $host ($log.inside)"
		bad=1
	fi
done < <(grep -v '^#' "$here/list" | sed 's/\t\t*/\t/g')
exit $bad

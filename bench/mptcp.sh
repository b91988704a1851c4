#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mptcp.sh [--runs N] [--json FILE] [FOLDER [PATTERN]]: goodput over time of MPTCP over two
# shaped links beside plain TCP over the better one: one SVG for each scenario, of its last run,
# in FOLDER ($B/bench/mptcp by default), a table of medians, and JSON objects as of bench/run.sh.
# The scenario of the kernel's own test: 10+10 and 30+10 Mbit/s, 0, 1 and 50 ms more delay on
# either link, both directions; then a link that fails. LKL_BENCH_ALL=1 runs all of it, with
# the host and with a second stack of ours as the peer; else some of it. With PATTERN those
# alone whose names match. Needs root, tc, jq and gnuplot.

set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

B=${B:-build}
. tests/lib/links.sh
runs=1
json=
while [ $# != 0 ]; do
	case $1 in
	--runs) runs=${2:?}; shift ;;
	--json) json=${2:?}; shift ;;
	*) break ;;
	esac
	shift
done
[[ $runs =~ ^[1-9][0-9]{0,2}$ ]] || { echo "mptcp: --runs wants 1 to 999"; exit 1; }
out=${1:-$B/bench/mptcp}
pattern=${2:-*}
net=$B/bin/lkl-net
# Slow start over a link of 50 ms takes half a second of it.
seconds=20
server=
trap 'stop; links_down' EXIT

if [ "$(id -u)" != 0 ]; then
	echo "mptcp: not run: it makes network namespaces, so needs root"
	exit
fi
for c in ip tc jq gnuplot; do
	command -v "$c" > /dev/null || { echo "mptcp: not run: $c is missing"; exit; }
done
mkdir -p "$out" || exit

stop()
{
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null
	server=
}

# start PEER RATE1 RATE2 DELAY1 DELAY2
start()
{
	local i

	stop
	links_down
	# Lest the last one's be read.
	rm -f "$out/server.log"
	links_up 2 "$1" > "$out/setup.log" 2>&1 &&
	links_shape 1 "$2" "$4" && links_shape 2 "$3" "$5" || {
		echo "mptcp: the links could not be made: $(tail -1 "$out/setup.log")"
		exit 1
	}
	links_config us subflow > "$out/us.json"
	links_config peer > "$out/peer.json"
	if [ "$1" = lkl ]; then
		exec_on_peer "$net" "$out/peer.json" server --mptcp > "$out/server.log" 2>&1 &
	else
		exec_on_peer "$net" --host server --mptcp > "$out/server.log" 2>&1 &
	fi
	server=$!
	for ((i = 0; i < 100; i++)); do
		grep -qs listening "$out/server.log" && return
		sleep 0.1
	done
	echo "mptcp: the server did not start: $(tail -1 "$out/server.log")"
	exit 1
}

# transfer LOG OPTION...: goodput of the whole transfer in Mbit/s, until the last byte arrived.
transfer()
{
	local log=$1
	shift
	on_links timeout 90 "$net" -j "$out/us.json" test -t "$seconds" --log "$log" "$@" \
		2> "$out/client.log" | jq -r .mbit_s || { tail -1 "$out/client.log" >&2; echo 0; }
}

# result NAME VALUE...: the median of a row's values; FILE gets all of them, or none if a
# transfer failed.
result()
{
	local name=$1 values median
	shift

	values=$(printf '%s\n' "$@" | jq -n -c '[inputs]')
	median=$(jq 'sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2' <<< "$values")
	echo "$median"
	[ -n "$json" ] || return 0
	jq -c --arg what "$name" --argjson median "$median" 'all(. > 0) as $done |
		{ program: "mptcp", $what, unit: "Mbit/s", less_is_better: false, beside: "",
		  lkl: (if $done then $median else null end),
		  lkl_samples: (if $done then . else [] end),
		  host: null, host_samples: [], reached: null }' <<< "$values" >> "$json"
}

# draw SVG TITLE SUM MPTCP-LOG TCP-LOG
draw()
{
	gnuplot <<-END
	set terminal svg size 800,400 font "sans-serif,13" background "white"
	set output "$1"
	set title "$2"
	set xlabel "time, s"
	set ylabel "goodput, Mbit/s"
	set yrange [0:$3 * 1.25]
	set xrange [0:*]
	set grid
	set key bottom right
	plot $3 title "sum of the links" with lines dashtype 2 linecolor rgb "#888888", \\
		"$4" using 1:2 title "MPTCP" with lines linewidth 2 linecolor rgb "#0060ad", \\
		"$5" using 1:2 title "TCP, better link" with lines linewidth 2 linecolor rgb "#dd8800"
	END
}

# one PEER RATE1 RATE2 DELAY1 DELAY2 us|peer
one()
{
	local peer=$1 a=$2 b=$3 da=$4 db=$5 from=$6 direction=() all=() all_tcp=() mptcp tcp
	local better=$2 name host=10.77.1.1 i

	[ "$from" = us ] || direction=(-R)
	# Without MPTCP the address chooses the link; the first is the faster one here.
	name=$peer-$a+$b-${da}ms-${db}ms-from-$from
	# shellcheck disable=SC2053 # a pattern it is
	[[ $name == $pattern ]] || return
	start "$peer" "$a" "$b" "$da" "$db"
	for ((i = 0; i < runs; i++)); do
		all+=("$(transfer "$out/$name.mptcp" --mptcp "${direction[@]}" "$host")")
		all_tcp+=("$(transfer "$out/$name.tcp" "${direction[@]}" "$host")")
	done
	mptcp=$(result "$name, MPTCP" "${all[@]}")
	tcp=$(result "$name, TCP" "${all_tcp[@]}")
	draw "$out/$name.svg" "$a + $b Mbit/s, $da and $db ms more, peer: $peer, from $from" \
		$((a + b)) "$out/$name.mptcp" "$out/$name.tcp"
	printf '%-36s %6s of %3d Mbit/s (%3.0f %%), TCP over %d: %6s  %s\n' "$name" "$mptcp" \
		$((a + b)) "$(awk -v m="$mptcp" -v s=$((a + b)) 'BEGIN { print 100 * m / s }')" \
		"$better" "$tcp" "$out/$name.svg"
}

# The faster link goes after a third, and comes back after two thirds.
failure()
{
	local peer=$1 name=$1-link-fails all=() all_tcp=() mptcp tcp i

	# shellcheck disable=SC2053 # a pattern it is
	[[ $name == $pattern ]] || return
	seconds=24
	start "$peer" 30 10 0 0
	for ((i = 0; i < runs; i++)); do
		(sleep 8; links_cut 1; sleep 8; links_join 1) &
		all+=("$(transfer "$out/$name.mptcp" --mptcp 10.77.1.1)")
		wait $!
		(sleep 8; links_cut 1; sleep 8; links_join 1) &
		all_tcp+=("$(transfer "$out/$name.tcp" 10.77.1.1)")
		wait $!
	done
	mptcp=$(result "$name, MPTCP" "${all[@]}")
	tcp=$(result "$name, TCP" "${all_tcp[@]}")
	draw "$out/$name.svg" "30 + 10 Mbit/s; the faster link is cut from 8 s to 16 s, peer: $peer" \
		40 "$out/$name.mptcp" "$out/$name.tcp"
	printf '%-36s %6s Mbit/s in all, TCP over 30: %6s  %s\n' "$name" "$mptcp" "$tcp" \
		"$out/$name.svg"
	seconds=20
}

peers=lkl
[ "$(cat /proc/sys/net/mptcp/enabled 2>/dev/null)" != 1 ] || peers="host lkl"
if [ -n "${LKL_BENCH_ALL:-}" ]; then
	for peer in $peers; do
		for rates in "10 10" "30 10"; do
			for delays in "0 0" "1 0" "0 1" "50 0" "0 50"; do
				for from in us peer; do
					# shellcheck disable=SC2086 # two words each
					one "$peer" $rates $delays "$from"
				done
			done
		done
	done
else
	one "${peers%% *}" 10 10 0 0 us
	one lkl 30 10 1 50 us
	one lkl 30 10 1 50 peer
fi
failure "${peers%% *}"

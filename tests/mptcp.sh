#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# MPTCP over shaped links, between a stack of ours and the host's, and between two of ours:
# the links' sum is used, both ways, and a transfer survives the loss of a link.
# With LKL_TEST_ALL every combination of rates and delays of the kernel's own scenario.
# runs alone, since it measures rates; time limit: 120 s

. "$(dirname "$0")/lib/shell.sh"
. tests/lib/links.sh

net=$B/bin/lkl-net
trap 'stop_server; links_down; exit $((bad != 0))' EXIT

if [ "$(id -u)" != 0 ]; then
	skip mptcp "makes network namespaces, so needs root"
	exit
fi
if ! have ip tc jq || [ ! -x "$net" ]; then
	fail mptcp "ip, tc, jq or lkl-net is missing"
	exit
fi

server=
start_server()
{
	local i

	# Lest the last one's be read.
	rm -f "$tmp/server"
	if [ "$links_peer" = lkl ]; then
		links_config peer > "$tmp/peer.json"
		exec_on_peer "$net" "$tmp/peer.json" server --mptcp > "$tmp/server" 2>&1 &
	else
		exec_on_peer "$net" --host server --mptcp > "$tmp/server" 2>&1 &
	fi
	server=$!
	for ((i = 0; i < 100; i++)); do
		grep -qs listening "$tmp/server" && return
		sleep 0.1
	done
	cat "$tmp/server"
	return 1
}

stop_server()
{
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null
	server=
}

# Mean goodput in the log between two points in time (s), in Mbit/s.
mean()
{
	awk -v from="$1" -v to="$2" '$1 >= from && $1 < to { s += $2; n++ }
		END { printf "%.2f", n ? s / n : 0 }' "$tmp/log"
}

# at_least VALUE PERCENT OF: VALUE is that many percent of OF.
at_least()
{
	awk -v v="$1" -v p="$2" -v of="$3" 'BEGIN { exit !(v >= of * p / 100) }'
}

# up NAME PEER DELAYS MBIT...: links with these rates and a server at the other end.
up()
{
	local name=$1 delays=($3) n=0 rate
	local peer=$2
	shift 3

	links_down
	links_up $# "$peer" > "$tmp/setup" 2>&1 || { fail "$name" "$(tail -1 "$tmp/setup")"; return 1; }
	for rate; do
		links_shape $((n + 1)) "$rate" "${delays[n]:-0}" ||
			{ fail "$name" "tc has neither netem nor tbf here"; return 1; }
		n=$((n + 1))
	done
	links_config us subflow > "$tmp/us.json"
	start_server || { fail "$name" "the server did not start"; return 1; }
}

# sum NAME PERCENT SECONDS MBIT OPTION...: a transfer gets that part of MBIT, after its first
# second.
sum()
{
	local name=$1 percent=$2 seconds=$3 mbit=$4 got subflows
	shift 4

	if ! on_links timeout 60 "$net" -j "$tmp/us.json" test --mptcp -t "$seconds" \
		--log "$tmp/log" "$@" 10.77.1.1 > "$tmp/out" 2> "$tmp/err"; then
		fail "$name" "$(tail -1 "$tmp/err")"
		return
	fi
	got=$(mean 1 "$seconds")
	subflows=$(jq .subflows "$tmp/out")
	echo "# $name: $got of $mbit Mbit/s, $subflows subflows"
	if [ "$subflows" != "$links_count" ]; then
		fail "$name" "$subflows subflows over $links_count links"
	elif at_least "$got" "$percent" "$mbit"; then
		pass "$name"
	else
		fail "$name" "$got Mbit/s over links of $mbit"
	fi
}

# cut NAME: a link fails in the middle; the transfer goes on over the other.
cut_link()
{
	local name=$1 got

	(sleep 3; links_cut 1) &
	if ! on_links timeout 60 "$net" -j "$tmp/us.json" test --mptcp -t 10 --log "$tmp/log" \
		10.77.1.1 > "$tmp/out" 2> "$tmp/err"; then
		fail "$name" "$(tail -1 "$tmp/err")"
		return
	fi
	got=$(mean 8 10)
	echo "# $name: $(mean 1 2) Mbit/s with two links, $got at the end with one of 10 Mbit/s"
	if at_least "$got" 85 10; then
		pass "$name"
	else
		fail "$name" "$got Mbit/s after a link of two was cut"
	fi
	links_join 1
}

one()
{
	local peer=$1 a=$2 b=$3 da=$4 db=$5 seconds=$6
	local name="$peer, $a+$b Mbit/s, +$da/$db ms"

	up "$name" "$peer" "$da $db" "$a" "$b" || return
	sum "$name, from us" 90 "$seconds" $((a + b))
	sum "$name, to us" 90 "$seconds" $((a + b)) -R
}

if [ "$(cat /proc/sys/net/mptcp/enabled 2>/dev/null)" = 1 ]; then
	peers="host lkl"
else
	peers=lkl
	skip "peer host" "the host's kernel has no MPTCP"
fi

if [ -n "$LKL_TEST_ALL" ]; then
	for peer in $peers; do
		for rates in "10 10" "30 10"; do
			for delays in "0 0" "1 0" "0 1" "50 0" "0 50"; do
				# shellcheck disable=SC2086 # two words each
				one "$peer" $rates $delays 15
				stop_server
			done
		done
	done
fi

case $peers in
*host*)
	one host 10 10 0 0 5
	stop_server
	;;
esac
up "two of ours, 30+10 Mbit/s" lkl "1 0" 30 10 &&
	sum "two of ours, 30+10 Mbit/s" 90 6 40 -R
stop_server

# With one of them each, or with both.
cut=${peers%% *}
four=lkl
[ -z "$LKL_TEST_ALL" ] || cut=$peers four=$peers
for peer in $cut; do
	up "a link is cut, $peer" "$peer" "0 0" 10 10 && cut_link "a link is cut, $peer"
	stop_server
done
for peer in $four; do
	up "four links, $peer" "$peer" "" 10 10 10 10 && sum "four links, $peer" 90 8 40
	stop_server
done

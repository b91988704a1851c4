# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Links between two stacks, shaped by tc. Link N (from 1 on) is a bridge in a namespace of
# its own; tc holds what leaves it to either end. Ours are at 10.77.N.2 (fd77:N::2), over
# a TAP interface; the peer is at 10.77.N.1 (fd77:N::1), the host's own stack in another
# namespace, or a second stack of ours.
#
#   links_up COUNT host|lkl          links_down
#   links_shape N MBIT DELAY         links_cut N, links_join N
#   links_config us|peer [MPTCP]     a configuration for lkl-net
#   on_links COMMAND..., on_peer COMMAND...: run it where the links, or the peer, are

# The receive buffer has to hold what overtakes the slowest link: the kernel's own limit
# follows its memory, which is small inside. It begins large, lest a connection wait for it to grow.
links_rmem="4096 4194304 33554432"
# What a link holds when it is full, ms. A queue as long as the round trip is enough for
# Reno, which halves its window; a longer one is but delay.
links_queue=100

links_id=lkl$$
links_count=0
links_delay=()

on_links() { ip netns exec "$links_id-l" "$@"; }
on_peer() { ip netns exec "$links_peer_ns" "$@"; }
# For the background: the process is that of the program, and can be killed.
exec_on_peer() { exec ip netns exec "$links_peer_ns" "$@"; }

links_up()
{
	local n l=$links_id-l p=$links_id-p

	links_count=$1
	links_peer=$2
	links_peer_ns=$l
	ip netns add "$l" || return
	[ "$links_peer" = lkl ] || {
		ip netns add "$p" && links_peer_ns=$p
		ip -n "$p" link set lo up
		on_peer sysctl -qw "net.ipv4.tcp_rmem=$links_rmem" \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
			net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
		ip -n "$p" mptcp limits set subflow 8 add_addr_accepted 8
		# As Linux has it by default; BBR, which a host may have instead, leaves up to 40 %
		# of links as narrow as these unused. In a namespace it may be that only Reno is allowed.
		on_peer sh -c 'f=/proc/sys/net/ipv4/tcp_congestion_control
			echo cubic > $f || echo reno > $f' 2>/dev/null
	}
	on_links sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	for ((n = 1; n <= links_count; n++)); do
		ip -n "$l" link add "br$n" type bridge forward_delay 0 mcast_snooping 0
		ip -n "$l" link set "br$n" up
		link_port "$n" "us$n" || return
		if [ "$links_peer" = lkl ]; then
			link_port "$n" "peer$n" || return
		else
			ip -n "$l" link add "peer$n" type veth peer name "eth$n" netns "$p" &&
			ip -n "$l" link set "peer$n" master "br$n" up &&
			ip -n "$p" link set "eth$n" up &&
			ip -n "$p" addr add "10.77.$n.1/24" dev "eth$n" &&
			ip -n "$p" addr add "fd77:$n::1/64" dev "eth$n" || return
		fi
	done
}

link_port()
{
	ip -n "$links_id-l" tuntap add "$2" mode tap &&
	ip -n "$links_id-l" link set "$2" master "br$1" up
}

links_down()
{
	ip netns del "$links_id-l" 2>/dev/null
	ip netns del "$links_id-p" 2>/dev/null
	return 0
}

# Both directions. A host without netem has tbf for the rate; the delay of both directions
# is then that of our own netem, in links_config, which comes after this.
links_shape()
{
	local n=$1 mbit=$2 delay=$3 port

	links_delay[n]=0
	for port in "us$n" "peer$n"; do
		# In packets of 1500 bytes, those that are under way among them; in bytes.
		tc -n "$links_id-l" qdisc replace dev "$port" root netem rate "${mbit}mbit" \
			delay "${delay}ms" limit $((mbit * (links_queue + delay) / 12)) \
			2>/dev/null && continue
		tc -n "$links_id-l" qdisc replace dev "$port" root tbf rate "${mbit}mbit" \
			burst 16kb limit $((mbit * links_queue * 125)) || return
		links_delay[n]=$delay
	done
}

links_cut() { ip -n "$links_id-l" link set "br$1" down; }
links_join() { ip -n "$links_id-l" link set "br$1" up; }

# The first address is that of every connection; the others are for subflows, which reach
# the peer's first address through its others.
links_config()
{
	local end=$1 mptcp=${2:-} own=2 n comma="" more delay dad=""

	[ "$end" = us ] || own=1
	for ((n = 0; n < links_count; n++)); do
		dad="$dad;net.ipv6.conf.eth$n.accept_dad|0"
	done
	printf '{ "sysctl": "net.ipv4.conf.all.rp_filter|0;net.ipv4.tcp_rmem|%s;' \
		"$links_rmem"
	echo "net.ipv6.conf.all.accept_dad|0$dad\", \"mptcp_subflows\": 8,"
	echo '  "mptcp_accept": 8, "interfaces": ['
	for ((n = 1; n <= links_count; n++)); do
		more=""
		[ "$end" = peer ] ||
			more=", \"ifgateway\": \"10.77.$n.1\", \"ifgateway6\": \"fd77:$n::1\""
		[ -z "$mptcp" ] || [ "$n" = 1 ] || more="$more, \"mptcp\": \"$mptcp\""
		delay=${links_delay[n]:-0}
		[ "$links_peer" = lkl ] || delay=$((2 * delay))
		[ "$delay" = 0 ] ||
			more="$more, \"qdisc\": \"root|netem delay ${delay}ms limit 10000\""
		echo "  $comma{ \"type\": \"tap\", \"param\": \"$end$n\","
		echo "    \"ip\": \"10.77.$n.$own\", \"ipv6\": \"fd77:$n::$own\"$more }"
		comma=,
	done
	echo '] }'
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lkl-net: its commands between two stacks of ours, which takes no privileges, and with the
# host as the other end; what it refuses; captures as tshark reads them.

. "$(dirname "$0")/lib/shell.sh"

net=$B/bin/lkl-net
ns=lkl$$-n
server=
trap 'clean; exit $((bad != 0))' EXIT

clean()
{
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null
	server=
	rm -f "$tmp/server"
	ip netns del "$ns" 2>/dev/null
	return 0
}

if ! have jq tshark ip tc nft iperf3 || [ ! -x "$net" ]; then
	fail lklnet "jq, tshark, ip, tc, nft, iperf3 or lkl-net is missing"
	exit
fi

# config FILE TYPE PARAM NUMBER [MORE]: one interface, 10.55.0.NUMBER and fd55::NUMBER, that
# does not spend seconds on looking for duplicates.
config()
{
	local sysctl="net.ipv6.conf.all.accept_dad|0"

	[ "$2" = dummy ] || sysctl="$sysctl;net.ipv6.conf.eth0.accept_dad|0"
	echo "{ \"sysctl\": \"$sysctl\", \"mptcp_subflows\": 4, \"interfaces\": [
		{ \"type\": \"$2\", \"param\": \"$3\", \"ip\": \"10.55.0.$4\",
		\"ipv6\": \"fd55::$4\" ${5:-} } ] }" > "$tmp/$1"
}

# says NAME STATUS WORDS COMMAND...: the command ends with that status and these words.
says()
{
	local name=$1 status=$2 words=$3 got
	shift 3

	timeout 60 "$@" > "$tmp/out" 2>&1 < /dev/null
	got=$?
	sed "s/^/# $name: /" "$tmp/out" | head -20
	if [ "$got" != "$status" ]; then
		fail "$name" "status $got: $(tail -1 "$tmp/out")"
	elif ! grep -q -- "$words" "$tmp/out"; then
		fail "$name" "not \"$words\" but: $(tail -1 "$tmp/out")"
	else
		pass "$name"
	fi
}

wait_for_server()
{
	local i
	for ((i = 0; i < 100; i++)); do
		grep -qs listening "$tmp/server" && return
		sleep 0.1
	done
	fail server "$(tail -1 "$tmp/server")"
}

# ---- what is refused ------------------------------------------------------------------

config dummy.json dummy d0 1
echo '{ "gatway": "10.0.0.1" }' > "$tmp/bad.json"
echo '{ "gateway": ' > "$tmp/broken.json"
echo '{ "interfaces": [ { "type": "tap", "mtu": "9" } ] }' > "$tmp/mtu.json"
says "no configuration" 1 "no configuration" "$net"
says "no file" 1 "no/such/file: No such file" "$net" /no/such/file
says "unknown key" 1 "bad.json: gatway: unknown key" "$net" "$tmp/bad.json"
says "broken JSON" 1 "broken.json: line" "$net" "$tmp/broken.json"
says "bad value" 1 'interfaces\[0\].mtu: "9" must be' "$net" "$tmp/mtu.json"
says "unknown command" 1 "dance: unknown command" "$net" "$tmp/dummy.json" dance
says "unknown option" 2 "See lkl-net --help" "$net" --dance
says "no address" 1 "example.org: no IP address" "$net" "$tmp/dummy.json" ping example.org
says "options that exclude each other" 1 "goes neither with" \
	"$net" "$tmp/dummy.json" test -u -R 127.0.0.1
says "-R and -r" 1 "exclude each other" "$net" "$tmp/dummy.json" test -R -r 127.0.0.1
says "-l of a stream" 1 "is for datagrams" "$net" "$tmp/dummy.json" test -l 5 127.0.0.1
says "-b of a connection" 1 "is for a stream of datagrams" "$net" "$tmp/dummy.json" test -b 1mbit ::1
says "no such zone" 1 "fe80::1%eth7: no such interface" "$net" "$tmp/dummy.json" ping fe80::1%eth7
says "--iperf3 is of TCP" 1 "goes with none of" "$net" "$tmp/dummy.json" test --iperf3 -u 127.0.0.1
says "--host has no stack" 1 "not with --host" "$net" --host show
says "nobody listens" 1 "Connection refused" "$net" "$tmp/dummy.json" test 127.0.0.1
says "no server of UDP" 1 "Connection refused" "$net" "$tmp/dummy.json" test -u -r 127.0.0.1
says "nothing answers, UDP" 1 "Timed out" "$net" "$tmp/dummy.json" test -u -r 10.55.0.9
says "nothing answers" 1 "100.0% lost" "$net" "$tmp/dummy.json" ping -c 1 10.55.0.9
says "capture, full disk" 1 "/dev/full: not everything could be written" \
	"$net" --pcap /dev/full "$tmp/dummy.json" ping -c 1 127.0.0.1
echo '{ "mount": "proc", "dump": "/proc/sys/kernel/ostype" }' > "$tmp/dump.json"
echo '{ "dump": "/no/such/file" }' > "$tmp/nodump.json"
says "dump" 0 "^Linux$" "$net" "$tmp/dump.json"
grep -q "System halted" "$tmp/out" && fail "dump, nothing else" "messages of the kernel"
says "dump, no file" 1 "nodump.json: dump: /no/such/file: No such file" "$net" "$tmp/nodump.json"
says "help" 0 "usage: lkl-net" "$net" --help
says "from variables" 0 "inet  10.9.8.7/24" env LKL_HIJACK_NET_IFTYPE=dummy \
	LKL_HIJACK_NET_IP=10.9.8.7 "$net" env
says "from standard input" 0 "lo up" bash -c "echo '{}' | $net -"

# ---- the state ----------------------------------------------------------------------------

config state.json dummy d0 1 ', "mptcp": "subflow", "netns": "blue",
	"neigh": "10.55.0.3|02:00:00:00:00:03", "ifgateway": "10.55.0.254"'
"$net" -j -n blue "$tmp/state.json" > "$tmp/state" 2>&1
if jq -e '(.interfaces[] | select(.name == "d0") | .state == "up" and .mtu == 1500 and
	any(.addresses[]; .address == "fd55::1" and .prefixlen == 64)) and
	any(.routes[]; .gateway == "10.55.0.254" and .table > 1000) and
	any(.neighbours[]; .mac == "02:00:00:00:00:03" and .state == "permanent")' \
	"$tmp/state" > /dev/null; then
	pass "--json"
else
	fail "--json" "$(head -c 300 "$tmp/state" | tr -d '\n')"
fi
says "show" 0 "inet6 fd55::1/64" "$net" -n blue "$tmp/state.json" show

# ---- programs of the host -------------------------------------------------------------------

says "exec ip" 0 "10.55.0.1/24" "$net" "$tmp/dummy.json" exec ip -4 addr show dev d0
says "exec, its status" 1 "nothing" "$net" "$tmp/dummy.json" exec ip link show dev nothing
says "exec, no program" 1 "No such file" "$net" "$tmp/dummy.json" exec no-such-program
echo 'table inet t { chain c { type filter hook output priority 0; policy accept;
	icmp type echo-request drop
}
}' > "$tmp/rules.nft"
config nft.json dummy d0 1
jq --arg f "$tmp/rules.nft" '.nft = $f' "$tmp/nft.json" > "$tmp/nft2.json"
says "nft" 0 "icmp type echo-request drop" "$net" "$tmp/nft2.json" exec nft list ruleset
says "nft filters" 1 "1 sent, 0 received" "$net" "$tmp/nft2.json" ping -c 1 127.0.0.1

# ---- two stacks over a socket, as an ordinary user ------------------------------------------------

user=()
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$tmp"
	mkdir -m 777 "$tmp/sock"
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
else
	mkdir "$tmp/sock"
fi
config a.json stream "listen:$tmp/sock/s" 1
config b.json stream "$tmp/sock/s" 2
rm -f "$tmp/server"
"${user[@]}" "$net" "$tmp/a.json" server --mptcp > "$tmp/server" 2>&1 &
server=$!
wait_for_server
b=("${user[@]}" "$net" "$tmp/b.json")
says "ping" 0 "3 sent, 3 received" "${b[@]}" ping -c 3 -i 0.1 10.55.0.1
says "ping, IPv6" 0 "3 sent, 3 received" "${b[@]}" ping -c 3 -i 0.1 -s 4000 fd55::1
says "ping, all nodes" 0 "received" "${b[@]}" ping -c 2 -i 0.1 ff02::1%eth0
config double.json stream "$tmp/sock/s" 3 ', "qdisc": "root|netem duplicate 100%"'
says "ping, duplicates" 0 "2 sent, 2 received, . duplicates\?, 0.0% lost" \
	"${user[@]}" "$net" "$tmp/double.json" ping -c 2 -i 0.3 10.55.0.1
says "TCP" 0 "Mbit/s" "${b[@]}" test -t 0.4 10.55.0.1
says "TCP, IPv6, from the server" 0 "Mbit/s" "${b[@]}" test -t 0.4 -R fd55::1
says "MPTCP" 0 "1 subflow at the end" "${b[@]}" test -t 0.4 --mptcp 10.55.0.1
says "UDP" 0 "datagrams arrived" "${b[@]}" test -u -b 10mbit -t 0.4 10.55.0.1
says "round trips" 0 "round trips in" "${b[@]}" test -r -t 0.4 fd55::1
says "round trips, UDP" 0 " 0 lost" "${b[@]}" test -u -r -t 0.4 fd55::1
rate=$("${user[@]}" "$net" -j "$tmp/b.json" test -u -b 8mbit -t 1 10.55.0.1 | jq '.mbit_s | round')
if [ "${rate:-0}" -ge 7 ] && [ "$rate" -le 9 ]; then
	pass "UDP, its rate"
else
	fail "UDP, its rate" "$rate Mbit/s instead of 8"
fi
# A round of the event loop and it ends; a second later it is gone.
kill -INT "$server"
for ((i = 0; i < 50; i++)); do
	kill -0 "$server" 2>/dev/null || break
	sleep 0.1
done
if wait "$server"; then
	pass "Ctrl-C"
else
	fail "Ctrl-C" "status $?"
fi
server=

# ---- captures on devices of each type, as that user ----------------------------------------------------

# expect NAME FILTER: the capture has such packets, and tshark has no complaint about any;
# about checksums none of those that are not $host_mac's, if $checksums. Linux writes 0xffff for a
# sum of 0, in TCP as in UDP; one in 65,536 times tshark does not like that.
expect()
{
	local bad_packets

	if ! tshark -r "$tmp/p.pcapng" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -T fields -e frame.number -Y "$2" \
		> "$tmp/found" 2> "$tmp/err"; then
		fail "$1" "$(tail -1 "$tmp/err")"
		return
	fi
	bad_packets=$(tshark -r "$tmp/p.pcapng" -o ip.check_checksum:TRUE \
		-o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -Y "_ws.malformed${checksums:+ or
		(eth.src != ${host_mac:-00:00:00:00:00:00} and (ip.checksum.status == 0 or
		(tcp.checksum.status == 0 and tcp.checksum != 0xffff) or
		udp.checksum.status == 0))}" 2>/dev/null | head -3)
	if [ ! -s "$tmp/found" ]; then
		fail "$1" "no packet that is $2"
	elif [ -n "$bad_packets" ]; then
		fail "$1" "$(echo "$bad_packets" | head -1)"
	else
		pass "$1"
	fi
}

checksums=1
# captured TYPE PARAM COMMAND...: a capture without offloads is what is on the wire; the
# command is that of lkl-net.
captured()
{
	local type=$1 param=$2
	shift 2

	config captured.json "$type" "$param" 2 ', "offload": "0"'
	says "capture on $type" 0 "round trips in\|1 received" \
		"${user[@]}" "$net" --pcap "$tmp/sock/p.pcapng" "$tmp/captured.json" "$@"
	mv "$tmp/sock/p.pcapng" "$tmp"
	expect "capture on $type, packets" "ip.dst == 10.55.0.1 && (tcp.len > 0 || icmp)"
}

# captured_between TYPE PARAM PARAM: the first is that of the stack that captures.
captured_between()
{
	config server.json "$1" "$3" 1 ', "offload": "0"'
	rm -f "$tmp/server"
	"${user[@]}" "$net" "$tmp/server.json" server --once > "$tmp/server" 2>&1 &
	server=$!
	wait_for_server
	captured "$1" "$2" test -r -l 1000 -t 0.05 10.55.0.1
	wait "$server"
	server=
}

sock=$tmp/sock
captured_between stream "$sock/c" "listen:$sock/c"
captured_between dgram "$sock/d|$sock/e" "$sock/e|$sock/d"
captured_between pipe "$sock/f|$sock/g" "$sock/g|$sock/f"
captured_between shm "$sock/h" "$sock/h"
captured slirp "net=10.55.0.0/24,host=10.55.0.1" ping -c 1 10.55.0.1
if have vde_switch; then
	"${user[@]}" vde_switch -s "$sock/vde" -p "$sock/vde.pid" -daemon < /dev/null
	captured_between vde "$sock/vde" "$sock/vde"
	kill "$(cat "$sock/vde.pid")"
else
	skip "capture on vde" "vde_switch is missing"
fi

# ---- captures, with the host as the other end -------------------------------------------------------

if [ "$(id -u)" != 0 ]; then
	skip "capture" "the host's end makes a network namespace, so needs root"
	exit
fi
ip netns add "$ns" && ip -n "$ns" tuntap add tap0 mode tap &&
ip -n "$ns" addr add 10.55.0.1/24 dev tap0 && ip -n "$ns" addr add fd55::1/64 dev tap0 nodad &&
ip -n "$ns" link set tap0 up || { fail capture "no TAP interface"; exit; }
# Without offloads: what is captured is what is on the wire.
config tap.json tap tap0 2 ', "offload": "0", "vlan": "9|10.59.0.2/24"'
rm -f "$tmp/server"
ip netns exec "$ns" "$net" --host server > "$tmp/server" 2>&1 &
server=$!
wait_for_server
t=(ip netns exec "$ns" "$net" --pcap "$tmp/p.pcapng" "$tmp/tap.json")
says "the host answers" 0 "2 sent, 2 received" "${t[@]}" ping -c 2 -i 0.1 10.55.0.1

# The host leaves checksums to the device; ours are in the packets.
host_mac=$(ip netns exec "$ns" cat /sys/class/net/tap0/address)
expect "capture, ICMP" "icmp.type == 0 && ip.src == 10.55.0.1"
says "ping6 to the host" 0 "2 sent, 2 received" "${t[@]}" ping -c 2 -i 0.1 fd55::1
expect "capture, ICMPv6" "icmpv6.type == 129 && frame.interface_name == \"eth0\""
says "TCP to the host" 0 "Mbit/s" "${t[@]}" test -t 0.3 10.55.0.1
expect "capture, TCP" "tcp.dstport == 5400 && tcp.len > 0"
says "UDP to the host" 0 "datagrams arrived" "${t[@]}" test -u -b 5mbit -t 0.5 fd55::1
expect "capture, UDP" "udp.dstport == 5400 && ipv6"

says "capture on lo alone" 0 "1 sent, 1 received" ip netns exec "$ns" "$net" \
	--pcap "$tmp/p.pcapng" -i lo "$tmp/tap.json" ping -c 1 127.0.0.1
expect "capture on lo alone, packets" "frame.interface_name == \"lo\" && icmp"

# ---- the program iperf3 on the host ----------------------------------------------------------------

stop_server()
{
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null
	server=
}

# moved NAME COMMAND...: its JSON says that the receiver got something.
moved()
{
	local name=$1 bytes
	shift

	bytes=$(timeout 60 "$@" 2> "$tmp/err" | jq '.end.sum_received.bytes // .bytes')
	if [ "${bytes:-0}" -gt 100000 ]; then
		pass "$name"
	else
		fail "$name" "${bytes:-nothing} bytes; $(tail -1 "$tmp/err" "$tmp/server" | tail -1)"
	fi
}

stop_server
config iperf3.json tap tap0 2
host=(ip netns exec "$ns")
rm -f "$tmp/server"
"${host[@]}" "$net" "$tmp/iperf3.json" server --iperf3 > "$tmp/server" 2>&1 &
server=$!
wait_for_server
moved "iperf3 to us" "${host[@]}" iperf3 -J -t 1 -c 10.55.0.2
moved "iperf3 from us, three streams" "${host[@]}" iperf3 -J -t 1 -R -P 3 -c 10.55.0.2
moved "iperf3 to us, IPv6, small blocks" "${host[@]}" iperf3 -J -t 1 -l 1000 -c fd55::2
says "iperf3, refused" 1 "not implemented" "${host[@]}" iperf3 -u -t 1 -c 10.55.0.2
says "iperf3, no iperf3" 0 "a test failed" bash -c "ip netns exec $ns bash -c \
	'head -c 41 /dev/zero > /dev/tcp/10.55.0.2/5201'; sleep 1; cat $tmp/server"
moved "iperf3 after that" "${host[@]}" iperf3 -J -t 1 -c 10.55.0.2
stop_server
rm -f "$tmp/server"
"${host[@]}" iperf3 --forceflush -s > "$tmp/server" 2>&1 &
server=$!
wait_for_server
us=("${host[@]}" "$net" -j "$tmp/iperf3.json" test --iperf3 -t 1)
moved "to iperf3" "${us[@]}" 10.55.0.1
moved "from iperf3" "${us[@]}" -R 10.55.0.1
moved "to iperf3, IPv6" "${us[@]}" fd55::1

# ---- captures on what shares an interface of the host -----------------------------------------------

stop_server
ip -n "$ns" link del tap0
ip -n "$ns" link add v0 type veth peer name v1 && ip -n "$ns" link set v0 up &&
ip -n "$ns" addr add 10.55.0.1/24 dev v1 && ip -n "$ns" link set v1 up ||
	{ fail "capture on raw" "no veth interfaces"; exit; }
host_mac=$("${host[@]}" cat /sys/class/net/v1/address)
rm -f "$tmp/server"
"${host[@]}" "$net" --host server > "$tmp/server" 2>&1 &
server=$!
wait_for_server
user=("${host[@]}")
# Packet sockets have offloads in any case: the interface computes the checksums.
checksums=""
captured raw v0 test -r -l 1000 -t 0.05 10.55.0.1
checksums=1
if ip -n "$ns" link add link v0 name mv0 type macvtap mode bridge 2> "$tmp/err"; then
	ip -n "$ns" link set mv0 up
	# shellcheck disable=SC2046 # two numbers
	mknod "$tmp/macvtap" c $("${host[@]}" sh -c 'cat /sys/class/net/mv0/tap*/dev' | tr : ' ')
	captured macvtap "$tmp/macvtap" test -r -l 1000 -t 0.05 10.55.0.1
else
	skip "capture on macvtap" "the host has no macvtap"
fi

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The DHCP client against udhcpd: an address, its route and name server, renewal, release.

. "$(dirname "$0")/lib/shell.sh"

net=$B/bin/lkl-net
ns=lkl$$-d
trap 'clean; exit $((bad != 0))' EXIT

clean()
{
	[ -z "${server:-}" ] || kill "$server" 2>/dev/null
	ip netns del "$ns" 2>/dev/null
}

if [ "$(id -u)" != 0 ]; then
	skip dhcp "makes a network namespace, so needs root"
	exit
fi
if ! have ip udhcpd tshark jq || [ ! -x "$net" ]; then
	fail dhcp "ip, udhcpd, tshark, jq or lkl-net is missing"
	exit
fi

inside() { ip netns exec "$ns" "$@"; }

ip netns add "$ns" &&
ip -n "$ns" tuntap add tap0 mode tap &&
ip -n "$ns" addr add 10.66.0.1/24 dev tap0 &&
ip -n "$ns" link set tap0 up &&
ip -n "$ns" link set lo up || { fail dhcp "no TAP interface"; exit; }

echo '{ "interfaces": [ { "type": "tap", "param": "tap0", "dhcp": "1",
	"mac": "02:00:00:00:66:02" } ] }' > "$tmp/dhcp.json"

# Four seconds are a short lease: it is renewed each two.
cat > "$tmp/udhcpd.conf" <<END
start 10.66.0.50
end 10.66.0.50
max_leases 1
interface tap0
lease_file $tmp/leases
pidfile $tmp/pid
opt subnet 255.255.255.0
opt router 10.66.0.1
opt dns 10.66.0.1
opt mtu 1400
opt lease 4
min_lease 4
END
touch "$tmp/leases"
# Not by inside(): a kill would be for the shell that waits there.
ip netns exec "$ns" udhcpd -f "$tmp/udhcpd.conf" > "$tmp/udhcpd" 2>&1 &
server=$!

inside timeout 60 "$net" --pcap "$tmp/dhcp.pcapng" "$tmp/dhcp.json" \
	ping -c 15 -i 0.5 10.66.0.1 > "$tmp/out" 2>&1
if grep -q '15 sent, 15 received' "$tmp/out"; then
	pass "address"
else
	fail "address" "$(tail -1 "$tmp/out")"
fi
sed 's/^/# /' "$tmp/udhcpd"
# The first one and at least two renewals in seven seconds.
acks=$(grep -c 'sending ACK to 10.66.0.50' "$tmp/udhcpd")
if [ "$acks" -ge 3 ]; then
	pass "renewal"
else
	fail "renewal" "$acks acknowledgements in seven seconds"
fi
if tshark -r "$tmp/dhcp.pcapng" -Y 'dhcp.option.dhcp == 7 && ip.dst == 10.66.0.1' 2>/dev/null |
   grep -q 'DHCP Release'; then
	pass "release"
else
	fail "release" "the address was not given back"
fi

inside timeout 60 "$net" -j "$tmp/dhcp.json" > "$tmp/out" 2>&1
if jq -e '.interfaces[] | select(.mac == "02:00:00:00:66:02") | .mtu == 1400 and
	any(.addresses[]; .address == "10.66.0.50" and .prefixlen == 24)' \
	"$tmp/out" > /dev/null; then
	pass "parameters"
else
	fail "parameters" "the interface has another address, prefix or MTU"
fi
if jq -e '.routes[] | select(.destination == "0.0.0.0/0").gateway == "10.66.0.1"' \
	"$tmp/out" > /dev/null; then
	pass "route"
else
	fail "route" "no default route"
fi

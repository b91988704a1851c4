// SPDX-License-Identifier: GPL-2.0
/* The functions of lkl_net.h, over devices that exist inside the kernel alone. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "test.h"

static unsigned int v4(const char *s)
{
	struct in_addr a;

	ck_assert_int_eq(inet_pton(AF_INET, s, &a), 1);
	return a.s_addr;
}

/* One of four places in turn, so that one call may have several. */
static void *v6(const char *s)
{
	static unsigned char a[4][16];
	static int n;

	n = (n + 1) % 4;
	ck_assert_int_eq(inet_pton(AF_INET6, s, a[n]), 1);
	return a[n];
}

static const char *read_inside(const char *path)
{
	static char buf[16384];
	long fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0)), got, len = 0;

	while ((got = ok(lkl_sys_read(fd, buf + len, sizeof(buf) - 1 - len))) > 0)
		len += got;
	lkl_sys_close(fd);
	buf[len] = 0;
	return buf;
}

static unsigned int if_flags(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sysfs/class/net/%s/flags", name);
	return strtoul(read_inside(path), NULL, 16);
}

/* A UDP socket that is bound to @addr:@port and gives up after two seconds. */
static int udp4(const char *addr, int port)
{
	struct lkl_sockaddr_in sin = { .sin_family = LKL_AF_INET, .sin_port = htons(port) };
	struct lkl_timeval tv = { .tv_sec = 2 };
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));

	sin.sin_addr.s_addr = v4(addr);
	ok(lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_RCVTIMEO, (char *)&tv, sizeof(tv)));
	ok(lkl_sys_bind(fd, (struct lkl_sockaddr *)&sin, sizeof(sin)));
	return fd;
}

static long send4(int fd, const char *addr, int port)
{
	struct lkl_sockaddr_in sin = { .sin_family = LKL_AF_INET, .sin_port = htons(port) };

	sin.sin_addr.s_addr = v4(addr);
	return lkl_sys_sendto(fd, "ping", 4, 0, (struct lkl_sockaddr *)&sin, sizeof(sin));
}

static int udp6(const char *addr, int port)
{
	struct lkl_sockaddr_in6 sin6 = { .sin6_family = LKL_AF_INET6, .sin6_port = htons(port) };
	struct lkl_timeval tv = { .tv_sec = 2 };
	int fd = ok(lkl_sys_socket(LKL_AF_INET6, LKL_SOCK_DGRAM, 0));

	memcpy(&sin6.sin6_addr, v6(addr), 16);
	ok(lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_RCVTIMEO, (char *)&tv, sizeof(tv)));
	ok(lkl_sys_bind(fd, (struct lkl_sockaddr *)&sin6, sizeof(sin6)));
	return fd;
}

static long send6(int fd, const char *addr, int port)
{
	struct lkl_sockaddr_in6 sin6 = { .sin6_family = LKL_AF_INET6, .sin6_port = htons(port) };

	memcpy(&sin6.sin6_addr, v6(addr), 16);
	return lkl_sys_sendto(fd, "ping", 4, 0, (struct lkl_sockaddr *)&sin6, sizeof(sin6));
}

static bool receives(int fd)
{
	char buf[8];

	return lkl_sys_recv(fd, buf, sizeof(buf), 0) == 4;
}

/* ---- interfaces ------------------------------------------------------------- */

START_TEST(names)
{
	int lo = ok(lkl_ifname_to_ifindex("lo"));

	is(lo, 1);
	fails(lkl_ifname_to_ifindex("nothing"), LKL_ENODEV);
	fails(lkl_ifname_to_ifindex(""), LKL_ENODEV);
	fails(lkl_ifname_to_ifindex("a-name-that-is-distant-too-long"), LKL_ENODEV);
}
END_TEST

START_TEST(up_and_down)
{
	int d = ok(lkl_link_add("dummy", "d0"));

	ck_assert(!(if_flags("d0") & LKL_IFF_UP));
	ok(lkl_if_up(d));
	ck_assert(if_flags("d0") & LKL_IFF_UP);
	ok(lkl_if_up(d));
	ok(lkl_if_down(d));
	ck_assert(!(if_flags("d0") & LKL_IFF_UP));
}
END_TEST

START_TEST(mtu_and_mac)
{
	unsigned char mac[6] = { 2, 0, 0, 0, 0, 7 }, multicast[6] = { 1 };
	int d = ok(lkl_link_add("dummy", "d0"));

	ok(lkl_if_set_mtu(d, 9000));
	is(atoi(read_inside("/sysfs/class/net/d0/mtu")), 9000);
	fails(lkl_if_set_mtu(d, -1), LKL_EINVAL);
	ok(lkl_if_set_mac(d, mac));
	ck_assert_str_eq(read_inside("/sysfs/class/net/d0/address"), "02:00:00:00:00:07\n");
	fails(lkl_if_set_mac(d, multicast), LKL_EADDRNOTAVAIL);
}
END_TEST

START_TEST(no_such_interface)
{
	static const int bad[] = { 0, -1, 4711, 0x7fffffff };
	unsigned char mac[6] = { 2 };
	unsigned int a = v4("10.0.0.1");
	int i, x;

	for (i = 0; i < COUNT(bad); i++) {
		x = bad[i];
		fails(lkl_if_up(x), LKL_ENODEV);
		fails(lkl_if_down(x), LKL_ENODEV);
		fails(lkl_if_set_mtu(x, 1500), LKL_ENODEV);
		fails(lkl_if_set_mac(x, mac), LKL_ENODEV);
		fails(lkl_if_set_ipv4(x, a, 24), LKL_ENODEV);
		fails(lkl_if_set_ipv6(x, v6("fd00::1"), 64), LKL_ENODEV);
		fails(lkl_if_add_ip(x, LKL_AF_INET, &a, 24), LKL_ENODEV);
		fails(lkl_if_del_ip(x, LKL_AF_INET, &a, 24), LKL_ENODEV);
		fails(lkl_if_add_linklocal(x, LKL_AF_INET, &a, 16), LKL_ENODEV);
		fails(lkl_if_wait_ipv6_dad(x, v6("fd00::1")), LKL_ENODEV);
		fails(lkl_if_set_ipv4_gateway(x, a, 24, a), LKL_ENODEV);
		fails(lkl_if_set_ipv6_gateway(x, v6("fd00::1"), 64, v6("fd00::2")), LKL_ENODEV);
		fails(lkl_if_add_gateway(x, LKL_AF_INET, &a), LKL_ENODEV);
		fails(lkl_add_neighbor(x, LKL_AF_INET, &a, mac), LKL_ENODEV);
		fails(lkl_qdisc_add(x, "root", "fq"), LKL_ENODEV);
		fails(lkl_vlan_add(x, "v0", 7), LKL_ENODEV);
		fails(lkl_link_del(x), LKL_ENODEV);
		fails(lkl_netns_move(x, NULL), LKL_ENODEV);
	}
	fails(lkl_if_add_rule_from_saddr(0, LKL_AF_INET, &a), LKL_ENODEV);
}
END_TEST

START_TEST(bad_family_and_length)
{
	unsigned char mac[6] = { 2 };
	unsigned int a = v4("10.0.0.1");

	fails(lkl_if_add_ip(1, 77, &a, 24), LKL_EAFNOSUPPORT);
	fails(lkl_if_del_ip(1, LKL_AF_UNIX, &a, 24), LKL_EAFNOSUPPORT);
	fails(lkl_add_gateway(77, &a), LKL_EAFNOSUPPORT);
	fails(lkl_if_add_gateway(1, 77, &a), LKL_EAFNOSUPPORT);
	fails(lkl_if_add_rule_from_saddr(1, 77, &a), LKL_EAFNOSUPPORT);
	fails(lkl_add_neighbor(1, 77, &a, mac), LKL_EAFNOSUPPORT);
	fails(lkl_if_set_ipv4(1, a, 33), LKL_EINVAL);
	fails(lkl_if_set_ipv6(1, v6("fd00::1"), 129), LKL_EINVAL);
	fails(lkl_if_set_ipv4_gateway(1, a, 33, a), LKL_EINVAL);
	fails(lkl_if_set_ipv6_gateway(1, v6("fd00::1"), 129, v6("fd00::2")), LKL_EINVAL);
	fails(lkl_if_add_linklocal(1, LKL_AF_INET, &a, -1), LKL_EINVAL);
}
END_TEST

START_TEST(devices)
{
	int a, v;

	fails(lkl_link_add("no-such-kind", "x0"), LKL_EOPNOTSUPP);
	ok(lkl_link_add("bridge", "br0"));
	fails(lkl_link_add("dummy", "br0"), LKL_EEXIST);
	fails(lkl_link_add("dummy", "a-name-that-is-distant-too-long"), LKL_EINVAL);
	a = ok(lkl_veth_add("a", "b"));
	is(lkl_ifname_to_ifindex("a"), a);
	ok(lkl_ifname_to_ifindex("b"));
	fails(lkl_veth_add("c", "b"), LKL_EEXIST);
	v = ok(lkl_vlan_add(a, "a.7", 7));
	fails(lkl_vlan_add(a, "again", 7), LKL_EEXIST);
	fails(lkl_vlan_add(a, "v", 0), LKL_ERANGE);
	fails(lkl_vlan_add(a, "v", 4095), LKL_ERANGE);
	ok(lkl_link_del(v));
	ok(lkl_link_del(a));
	fails(lkl_ifname_to_ifindex("b"), LKL_ENODEV);
	fails(lkl_link_del(1), LKL_EOPNOTSUPP);
}
END_TEST

/* ---- addresses ---------------------------------------------------------------- */

START_TEST(ipv4_addresses)
{
	unsigned int a = v4("10.1.0.1"), b = v4("10.1.0.2");
	int d = ok(lkl_link_add("dummy", "d0")), fd;

	ok(lkl_if_up(d));
	ok(lkl_if_set_ipv4(d, a, 24));
	ok(lkl_if_set_ipv4(d, a, 24));
	fails(lkl_if_add_ip(d, LKL_AF_INET, &a, 24), LKL_EEXIST);
	ok(lkl_if_add_ip(d, LKL_AF_INET, &b, 24));
	fd = udp4("10.1.0.2", 7);
	ok(lkl_if_del_ip(d, LKL_AF_INET, &b, 24));
	fails(lkl_if_del_ip(d, LKL_AF_INET, &b, 24), LKL_EADDRNOTAVAIL);
	lkl_sys_close(fd);
	/* The network's broadcast address is known. */
	ck_assert_ptr_nonnull(strstr(read_inside("/proc/net/fib_trie"), "10.1.0.255"));
}
END_TEST

START_TEST(ipv6_addresses)
{
	int d = ok(lkl_link_add("dummy", "d0")), fd;

	ok(lkl_if_up(d));
	ok(lkl_if_set_ipv6(d, v6("fd00:1::1"), 64));
	ok(lkl_if_set_ipv6(d, v6("fd00:1::1"), 64));
	fails(lkl_if_add_ip(d, LKL_AF_INET6, v6("fd00:1::1"), 64), LKL_EEXIST);
	fd = udp6("fd00:1::1", 7);
	lkl_sys_close(fd);
	ok(lkl_if_del_ip(d, LKL_AF_INET6, v6("fd00:1::1"), 64));
	fails(lkl_if_del_ip(d, LKL_AF_INET6, v6("fd00:1::1"), 64), LKL_EADDRNOTAVAIL);
	fails(lkl_if_wait_ipv6_dad(d, v6("fd00:1::1")), LKL_EADDRNOTAVAIL);
}
END_TEST

START_TEST(link_local)
{
	unsigned int a = v4("169.254.1.1");
	char line[64];
	int d = ok(lkl_link_add("dummy", "d0"));

	ok(lkl_if_up(d));
	ok(lkl_if_add_linklocal(d, LKL_AF_INET, &a, 16));
	ok(lkl_if_add_linklocal(d, LKL_AF_INET6, v6("fe80::77"), 64));
	fails(lkl_if_add_linklocal(d, LKL_AF_INET6, v6("fe80::77"), 64), LKL_EEXIST);
	/* Address, ifindex, prefix, scope: 20 is the link. */
	snprintf(line, sizeof(line), "fe800000000000000000000000000077 %02x 40 20", d);
	ck_assert_ptr_nonnull(strstr(read_inside("/proc/net/if_inet6"), line));
}
END_TEST

START_TEST(duplicate_address)
{
	int a = ok(lkl_veth_add("a", "b"));

	/* One address on both ends of a wire, in two namespaces. */
	ok(lkl_netns_add("other"));
	ok(lkl_netns_move(ok(lkl_ifname_to_ifindex("b")), "other"));
	fails(lkl_if_wait_ipv6_dad(a, v6("fd00::1")), LKL_ENETDOWN);
	ok(lkl_if_up(a));
	ok(lkl_netns_enter("other"));
	ok(lkl_if_up(ok(lkl_ifname_to_ifindex("b"))));
	ok(lkl_if_set_ipv6(ok(lkl_ifname_to_ifindex("b")), v6("fd00::1"), 64));
	ok(lkl_netns_enter(NULL));
	fails(lkl_if_set_ipv6(a, v6("fd00::1"), 64), LKL_EADDRINUSE);
	ok(lkl_if_set_ipv6(a, v6("fd00::2"), 64));
}
END_TEST

/* ---- routes -------------------------------------------------------------------- */

START_TEST(ipv4_gateway)
{
	unsigned int gw = v4("10.1.0.254"), distant = v4("10.9.0.1");
	int d = ok(lkl_link_add("dummy", "d0")), fd;

	ok(lkl_if_up(d));
	ok(lkl_if_set_ipv4(d, v4("10.1.0.1"), 24));
	fd = udp4("0.0.0.0", 7);
	fails(send4(fd, "192.0.2.1", 9), LKL_ENETUNREACH);
	fails(lkl_set_ipv4_gateway(distant), LKL_ENETUNREACH);
	ok(lkl_set_ipv4_gateway(gw));
	is(send4(fd, "192.0.2.1", 9), 4);
	ok(lkl_set_ipv4_gateway(v4("10.1.0.253")));
	fails(lkl_add_gateway(LKL_AF_INET, &gw), LKL_EEXIST);
	lkl_sys_close(fd);
}
END_TEST

START_TEST(ipv6_gateway)
{
	int d = ok(lkl_link_add("dummy", "d0")), fd;

	ok(lkl_if_up(d));
	ok(lkl_if_set_ipv6(d, v6("fd00:1::1"), 64));
	fd = udp6("::", 7);
	fails(send6(fd, "2001:db8::1", 9), LKL_ENETUNREACH);
	fails(lkl_set_ipv6_gateway(v6("fd00:9::1")), LKL_EHOSTUNREACH);
	ok(lkl_set_ipv6_gateway(v6("fd00:1::fe")));
	is(send6(fd, "2001:db8::1", 9), 4);
	fails(lkl_add_gateway(LKL_AF_INET6, v6("fd00:1::fe")), LKL_EEXIST);
	lkl_sys_close(fd);
}
END_TEST

/* How many packets an interface has sent. */
static long sent(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sysfs/class/net/%s/statistics/tx_packets", name);
	return atol(read_inside(path));
}

/*
 * Two interfaces with an address and a router each: what is sent from either address
 * leaves through its own interface.
 */
START_TEST(source_routes)
{
	unsigned char mac[6] = { 2, 0, 0, 0, 0, 7 };
	unsigned int gw[2] = { v4("10.1.0.254"), v4("10.2.0.254") };
	static const char *const names[] = { "d0", "d1" };
	static const char *const own[] = { "10.1.0.1", "10.2.0.1" };
	static const char *const own6[] = { "fd00:1::1", "fd00:2::1" };
	static const char *const gw6[] = { "fd00:1::fe", "fd00:2::fe" };
	int d[2], i, fd;
	long before[2];

	for (i = 0; i < 2; i++) {
		d[i] = ok(lkl_link_add("dummy", names[i]));
		ok(lkl_if_up(d[i]));
		ok(lkl_if_set_ipv4(d[i], v4(own[i]), 24));
		ok(lkl_if_set_ipv6(d[i], v6(own6[i]), 64));
		ok(lkl_add_neighbor(d[i], LKL_AF_INET, &gw[i], mac));
		ok(lkl_add_neighbor(d[i], LKL_AF_INET6, v6(gw6[i]), mac));
		ok(lkl_if_set_ipv4_gateway(d[i], v4(own[i]), 24, gw[i]));
		ok(lkl_if_set_ipv4_gateway(d[i], v4(own[i]), 24, gw[i]));
		ok(lkl_if_set_ipv6_gateway(d[i], v6(own6[i]), 64, v6(gw6[i])));
	}
	for (i = 0; i < 2; i++) {
		before[0] = sent(names[0]);
		before[1] = sent(names[1]);
		fd = udp4(own[i], 7);
		is(send4(fd, "192.0.2.1", 9), 4);
		lkl_sys_close(fd);
		fd = udp6(own6[i], 7);
		is(send6(fd, "2001:db8::1", 9), 4);
		lkl_sys_close(fd);
		ck_assert_int_ge(sent(names[i]), before[i] + 2);
	}
	fails(lkl_if_add_rule_from_saddr(d[0], LKL_AF_INET, &(unsigned int){ v4(own[0]) }),
	      LKL_EEXIST);
	fails(lkl_if_add_gateway(d[0], LKL_AF_INET, &gw[0]), LKL_EEXIST);
	ok(lkl_if_add_rule_from_saddr(d[0], LKL_AF_INET6, v6("fd00:1::99")));
}
END_TEST

START_TEST(neighbours)
{
	unsigned char mac[6] = { 2, 0, 0, 0, 0, 9 };
	unsigned int a = v4("10.1.0.9");
	int d = ok(lkl_link_add("dummy", "d0"));

	ok(lkl_if_up(d));
	/* A dummy device has no ARP, so it asks the neighbour table nothing. */
	ok(lkl_if_set_ipv4(d, v4("10.1.0.1"), 24));
	ok(lkl_add_neighbor(d, LKL_AF_INET, &a, mac));
	ck_assert_ptr_nonnull(strstr(read_inside("/proc/net/arp"), "02:00:00:00:00:09"));
	mac[5] = 10;
	ok(lkl_add_neighbor(d, LKL_AF_INET, &a, mac));
	ck_assert_ptr_nonnull(strstr(read_inside("/proc/net/arp"), "02:00:00:00:00:0a"));
	ok(lkl_add_neighbor(d, LKL_AF_INET6, v6("fd00::9"), mac));
}
END_TEST

/* ---- namespaces, VLANs ----------------------------------------------------------- */

START_TEST(namespaces)
{
	int a, fd, other;

	ok(lkl_netns_add("other"));
	fails(lkl_netns_add("other"), LKL_EEXIST);
	fails(lkl_netns_add("a/b"), LKL_EINVAL);
	fails(lkl_netns_add(""), LKL_EINVAL);
	fails(lkl_netns_add(".."), LKL_EINVAL);
	fails(lkl_netns_enter("nothing"), LKL_ENOENT);
	fails(lkl_netns_del("nothing"), LKL_ENOENT);
	a = ok(lkl_veth_add("a", "b"));
	fails(lkl_netns_move(a, "nothing"), LKL_ENOENT);
	ok(lkl_netns_move(ok(lkl_ifname_to_ifindex("b")), "other"));
	fails(lkl_ifname_to_ifindex("b"), LKL_ENODEV);
	ok(lkl_if_up(a));
	ok(lkl_if_set_ipv4(a, v4("10.3.0.1"), 24));
	fd = udp4("10.3.0.1", 7);

	ok(lkl_netns_enter("other"));
	fails(lkl_ifname_to_ifindex("a"), LKL_ENODEV);
	ok(lkl_if_up(ok(lkl_ifname_to_ifindex("b"))));
	ok(lkl_if_set_ipv4(ok(lkl_ifname_to_ifindex("b")), v4("10.3.0.2"), 24));
	other = udp4("10.3.0.2", 7);
	is(send4(other, "10.3.0.1", 7), 4);
	ok(lkl_netns_enter(NULL));
	is(lkl_ifname_to_ifindex("a"), a);
	ck_assert(receives(fd));

	ok(lkl_netns_del("other"));
	fails(lkl_netns_enter("other"), LKL_ENOENT);
	/* The socket keeps it alive. */
	is(send4(other, "10.3.0.1", 7), 4);
	ck_assert(receives(fd));
	ok(lkl_netns_add("other"));
	lkl_sys_close(fd);
	lkl_sys_close(other);
}
END_TEST

static long in_namespace(void *arg)
{
	ok(lkl_netns_enter("other"));
	return lkl_link_add("dummy", "there");
}

START_TEST(namespace_of_a_thread)
{
	ok(lkl_netns_add("other"));
	ok(join(run(in_namespace, NULL)));
	fails(lkl_ifname_to_ifindex("there"), LKL_ENODEV);
	ok(lkl_netns_enter("other"));
	ok(lkl_ifname_to_ifindex("there"));
}
END_TEST

START_TEST(vlan_traffic)
{
	int a = ok(lkl_veth_add("a", "b")), b, in, out;

	ok(lkl_netns_add("other"));
	ok(lkl_netns_move(ok(lkl_ifname_to_ifindex("b")), "other"));
	ok(lkl_if_up(a));
	ok(lkl_if_up(ok(lkl_vlan_add(a, "a.5", 5))));
	ok(lkl_if_set_ipv4(ok(lkl_ifname_to_ifindex("a.5")), v4("10.5.0.1"), 24));
	in = udp4("10.5.0.1", 7);
	ok(lkl_netns_enter("other"));
	b = ok(lkl_ifname_to_ifindex("b"));
	ok(lkl_if_up(b));
	ok(lkl_if_up(ok(lkl_vlan_add(b, "v5", 5))));
	ok(lkl_if_set_ipv4(ok(lkl_ifname_to_ifindex("v5")), v4("10.5.0.2"), 24));
	out = udp4("10.5.0.2", 7);
	is(send4(out, "10.5.0.1", 7), 4);
	ck_assert(receives(in));
}
END_TEST

/* ---- queueing disciplines --------------------------------------------------------- */

START_TEST(qdiscs)
{
	static const char *const good[] = {
		"fq", "fq_codel", "cake", "pfifo", "sfq", "netem",
		"fq limit 1000 flow_limit 50 quantum 3028 initial_quantum 15140 maxrate 1gbit pacing",
		"fq nopacing",
		"fq_codel limit 500 flows 64 quantum 300 target 5ms interval 100ms ecn",
		"cake bandwidth 50mbit besteffort rtt 20ms dual-srchost nat overhead -4",
		"cake diffserv4 triple-isolate memlimit 4mb wash ack-filter",
		"netem delay 10ms 2ms 25% loss 1% 10% duplicate 0.5% corrupt 0.1% rate 10mbit",
		"netem delay 10ms reorder 25% 50% gap 5 limit 100",
		"tbf rate 10mbit burst 32kb latency 50ms",
		"tbf rate 50gbit burst 1m limit 2m",
	};
	static const char *const bad[] = {
		"", " ", "fq nonsense", "fq limit", "fq limit many", "fq limit -1", "fq maxrate 10furlongs",
		"netem delay", "netem delay soon", "netem loss 101%", "netem reorder 5%",
		"netem delay 1ms loss", "tbf", "tbf rate 10mbit", "tbf rate 10mbit burst 1k",
		"cake bandwidth", "cake overhead x", "pfifo limit 7", "fq limit 99999999999",
	};
	int d = ok(lkl_link_add("dummy", "d0")), i;

	for (i = 0; i < COUNT(good); i++) {
		int err = lkl_qdisc_add(d, "root", good[i]);

		ck_assert_msg(!err, "\"%s\": %s", good[i], lkl_strerror(err));
	}
	for (i = 0; i < COUNT(bad); i++) {
		int err = lkl_qdisc_add(d, "root", bad[i]);

		ck_assert_msg(err == -LKL_EINVAL, "\"%s\": %s", bad[i], lkl_strerror(err));
	}
	fails(lkl_qdisc_add(d, "root", "no_such_kind"), LKL_ENOENT);
	fails(lkl_qdisc_add(d, "nowhere", "fq"), LKL_EINVAL);
	fails(lkl_qdisc_add(d, "1:1x", "fq"), LKL_EINVAL);
	ok(lkl_qdisc_add(d, "root", "pfifo_head_drop"));
	ok(lkl_qdisc_add(d, "clsact", "clsact"));
}
END_TEST

START_TEST(qdisc_entries)
{
	int d = ok(lkl_link_add("dummy", "d0"));

	ok(lkl_qdisc_parse_add(d, "root|fq"));
	ok(lkl_qdisc_parse_add(d, "root|netem delay 1ms;clsact|clsact;"));
	ok(lkl_qdisc_parse_add(d, ""));
	fails(lkl_qdisc_parse_add(d, "fq"), LKL_EINVAL);
	fails(lkl_qdisc_parse_add(d, "root|"), LKL_EINVAL);
	fails(lkl_qdisc_parse_add(d, "|fq"), LKL_EINVAL);
	fails(lkl_qdisc_parse_add(d, "root|fq;root|no_such_kind"), LKL_ENOENT);
}
END_TEST

/* What netem is told, happens. */
START_TEST(netem_delays_and_loses)
{
	int lo = ok(lkl_ifname_to_ifindex("lo")), in, got = 0, i, room = 1 << 20;
	uint64_t start;

	ok(lkl_if_up(lo));
	in = udp4("127.0.0.1", 7);
	ok(lkl_qdisc_add(lo, "root", "netem delay 50ms"));
	start = host_ns();
	is(send4(in, "127.0.0.1", 7), 4);
	ck_assert(receives(in));
	ck_assert_uint_ge(host_ns() - start, 50000000);

	ok(lkl_qdisc_add(lo, "root", "netem loss 50%"));
	for (i = 0; i < 1000; i++)
		got += send4(in, "127.0.0.1", 7) == 4 &&
		       lkl_sys_recv(in, (char [8]){ 0 }, 8, LKL_MSG_DONTWAIT) == 4;
	ck_assert_int_gt(got, 350);
	ck_assert_int_lt(got, 650);

	/* 100 packets of 1000 bytes at 8 Mbit/s take 100 ms. */
	ok(lkl_qdisc_add(lo, "root", "netem rate 8mbit"));
	/* All of them may be there before the first one is taken. */
	ok(lkl_sys_setsockopt(in, LKL_SOL_SOCKET, LKL_SO_RCVBUFFORCE, (char *)&room, sizeof(room)));
	start = host_ns();
	for (i = 0; i < 100; i++) {
		struct lkl_sockaddr_in sin = { .sin_family = LKL_AF_INET, .sin_port = htons(7) };
		static char data[958];

		sin.sin_addr.s_addr = v4("127.0.0.1");
		is(lkl_sys_sendto(in, data, sizeof(data), 0, (struct lkl_sockaddr *)&sin,
				  sizeof(sin)), sizeof(data));
	}
	for (i = 0; i < 100; i++)
		ok(lkl_sys_recv(in, (char [1024]){ 0 }, 1024, 0));
	ck_assert_uint_ge(host_ns() - start, 95000000);
}
END_TEST

/* ---- parameters ---------------------------------------------------------------- */

START_TEST(sysctls)
{
	struct lkl_rlimit64 limit;
	int fd;

	ok(lkl_sysctl("net.ipv4.ip_forward", "1"));
	is(atoi(read_inside("/proc/sys/net/ipv4/ip_forward")), 1);
	ok(lkl_link_add("dummy", "d.0"));
	ok(lkl_sysctl("net/ipv4/conf/d.0/forwarding", "0"));
	fails(lkl_sysctl("net.ipv4.no_such", "1"), LKL_ENOENT);
	fails(lkl_sysctl("net.ipv4.tcp_congestion_control", "no_such"), LKL_ENOENT);
	fails(lkl_sysctl("net.ipv4.ip_forward", "yes"), LKL_EINVAL);
	ok(lkl_sysctl_parse_write("net.ipv4.tcp_rmem|4096 87380 8388608;net.ipv4.ip_forward|0"));
	is(atoi(read_inside("/proc/sys/net/ipv4/ip_forward")), 0);
	fails(lkl_sysctl_parse_write("net.ipv4.ip_forward"), LKL_EINVAL);
	fails(lkl_sysctl_parse_write("net.ipv4.ip_forward=1"), LKL_EINVAL);

	ok(lkl_set_fd_limit(5));
	fails(lkl_sys_dup3(0, 5, 0), LKL_EBADF);
	ok(lkl_set_fd_limit(2000000));
	ok(lkl_sys_prlimit64(0, LKL_RLIMIT_NOFILE, NULL, &limit));
	is(limit.rlim_cur, 2000000);
	fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	ok(lkl_sys_dup3(fd, 70000, 0));
}
END_TEST

/* ---- MPTCP ---------------------------------------------------------------------- */

START_TEST(mptcp_endpoints)
{
	struct lkl_mptcp_endpoint ep = { .af = LKL_AF_INET, .flags = LKL_MPTCP_SUBFLOW };
	struct lkl_mptcp_endpoint list[4];
	unsigned int subflows, accepted;

	is(lkl_mptcp_get_endpoints(list, 4), 0);
	memcpy(ep.addr, &(unsigned int){ v4("10.1.0.1") }, 4);
	ep.ifindex = 1;
	ok(lkl_mptcp_add_endpoint(&ep));
	fails(lkl_mptcp_add_endpoint(&ep), LKL_EEXIST);
	ep.af = LKL_AF_INET6;
	ep.flags = LKL_MPTCP_SIGNAL;
	ep.ifindex = 0;
	ep.id = 42;
	ep.port = 8080;
	memcpy(ep.addr, v6("fd00::1"), 16);
	/* A port needs a listener of the path manager, on an address that is ours. */
	fails(lkl_mptcp_add_endpoint(&ep), LKL_EADDRNOTAVAIL);
	ep.port = 0;
	ok(lkl_mptcp_add_endpoint(&ep));
	is(lkl_mptcp_get_endpoints(list, 4), 2);
	is(list[0].af, LKL_AF_INET);
	is(list[0].ifindex, 1);
	is(list[0].flags, LKL_MPTCP_SUBFLOW);
	is(list[1].id, 42);
	ck_assert(!memcmp(list[1].addr, v6("fd00::1"), 16));
	is(lkl_mptcp_get_endpoints(NULL, 0), 2);
	ok(lkl_mptcp_del_endpoint(42));
	fails(lkl_mptcp_del_endpoint(42), LKL_EINVAL);
	fails(lkl_mptcp_del_endpoint(0), LKL_EINVAL);
	fails(lkl_mptcp_del_endpoint(256), LKL_EINVAL);
	ep.flags = LKL_MPTCP_SIGNAL | LKL_MPTCP_FULLMESH;
	fails(lkl_mptcp_add_endpoint(&ep), LKL_EINVAL);
	ep.af = 77;
	fails(lkl_mptcp_add_endpoint(&ep), LKL_EAFNOSUPPORT);

	ok(lkl_mptcp_set_limits(8, 3));
	ok(lkl_mptcp_get_limits(&subflows, &accepted));
	is(subflows, 8);
	is(accepted, 3);
	fails(lkl_mptcp_set_limits(9, 0), LKL_EINVAL);
	fails(lkl_mptcp_set_limits(0, 9), LKL_EINVAL);
}
END_TEST

/* ---- DHCP; tests/dhcp.sh has a server -------------------------------------------- */

START_TEST(dhcp_without_server)
{
	struct lkl_dhcp_lease lease;
	uint64_t start = host_ns();
	int a = ok(lkl_veth_add("a", "b"));

	fails(lkl_dhcp(4711, 1000, &lease), LKL_ENODEV);
	fails(lkl_dhcp(1, 1000, NULL), LKL_EOPNOTSUPP);	/* no Ethernet address */
	ok(lkl_if_up(ok(lkl_ifname_to_ifindex("b"))));
	fails(lkl_dhcp(a, 1500, &lease), LKL_ETIMEDOUT);
	ck_assert_uint_ge(host_ns() - start, 1500000000);
	ck_assert_uint_le(host_ns() - start, 10000000000);
	fails(lkl_dhcp_stop(a), LKL_ENOENT);
}
END_TEST

/* A client that is there when the kernel halts leaves nothing behind. */
START_TEST(dhcp_and_halt)
{
	/* One that stays: libslirp gives addresses to sixteen. */
	unsigned char mac[LKL_ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
	struct lkl_netdev_args args = { .mac = mac };
	struct lkl_dhcp_lease lease;
	struct lkl_netdev *nd;
	int i, id, ifindex;
	char why[200];

	i = lkl_netdev_open("slirp", "", 0, why, sizeof(why), &nd);
	if (i == -LKL_ENOSYS)
		skip("%s", why);
	ck_assert_msg(!i, "%s", why);
	id = ok(lkl_netdev_add(nd, &args));
	for (i = 0; i < (test_all() ? 200 : 60); i++) {
		start_kernel();
		ifindex = ok(lkl_netdev_get_ifindex(id));
		ok(lkl_dhcp(ifindex, 10000, &lease));
		is(lease.netmask_len, 24);
		is(lease.router, v4("10.0.2.2"));
		is(lease.dns[0], v4("10.0.2.3"));
		ck_assert_str_eq(read_inside("/etc/resolv.conf"), "nameserver 10.0.2.3\n");
		fails(lkl_dhcp(ifindex, 1000, NULL), LKL_EALREADY);
		if (i == 1) {
			ok(lkl_dhcp_stop(ifindex));
			fails(lkl_dhcp_stop(ifindex), LKL_ENOENT);
			ck_assert_ptr_null(strstr(read_inside("/proc/net/fib_trie"), "10.0.2.15"));
			ok(lkl_dhcp(ifindex, 10000, NULL));
		}
		halt_kernel();
		ck_assert_int_eq(lkl_is_running(), 0);
	}
	ok(lkl_netdev_remove(id));
	lkl_netdev_free(nd);
}
END_TEST

/* ---- programs of the host --------------------------------------------------------- */

/* Runs a program over our netlink; what it printed, in a static buffer. */
static const char *output_of(const char *const argv[], int *status)
{
	static char text[16384];
	FILE *out = tmpfile();
	int fds[3] = { 0, fileno(out), fileno(out) };
	size_t len;

	*status = lkl_netlink_exec(argv, fds);
	rewind(out);
	len = fread(text, 1, sizeof(text) - 1, out);
	text[len] = 0;
	fclose(out);
	return text;
}

START_TEST(programs_over_netlink)
{
	int d = ok(lkl_link_add("dummy", "d0")), status, fds;
	const char *text;

	needs_netlink();
	ok(lkl_if_up(d));
	ok(lkl_if_set_ipv4(d, v4("10.1.0.1"), 24));
	fds = host_fds();
	text = output_of((const char *const []){ "ip", "-4", "addr", "show", "dev", "d0", NULL },
			 &status);
	is(status, 0);
	ck_assert_msg(strstr(text, "inet 10.1.0.1/24"), "%s", text);
	output_of((const char *const []){ "ip", "link", "add", "d1", "type", "dummy", NULL },
		  &status);
	is(status, 0);
	ok(lkl_ifname_to_ifindex("d1"));
	output_of((const char *const []){ "ip", "link", "del", "nothing", NULL }, &status);
	is(status, 1);
	ok(lkl_qdisc_add(d, "root", "netem delay 7ms loss 3% rate 10mbit"));
	text = output_of((const char *const []){ "tc", "qdisc", "show", "dev", "d0", NULL },
			 &status);
	ck_assert_msg(strstr(text, "delay 7ms") && strstr(text, "loss 3%") &&
		      strstr(text, "rate 10Mbit"), "%s", text);
	ok(lkl_qdisc_add(d, "root", "cake bandwidth 50mbit besteffort rtt 20ms"));
	text = output_of((const char *const []){ "tc", "qdisc", "show", "dev", "d0", NULL },
			 &status);
	ck_assert_msg(strstr(text, "cake") && strstr(text, "bandwidth 50Mbit besteffort") &&
		      strstr(text, "rtt 20ms"), "%s", text);
	ok(lkl_qdisc_add(d, "root", "tbf rate 10mbit burst 32kb latency 50ms"));
	text = output_of((const char *const []){ "tc", "qdisc", "show", "dev", "d0", NULL },
			 &status);
	ck_assert_msg(strstr(text, "tbf") && strstr(text, "rate 10Mbit burst 32Kb lat 50"),
		      "%s", text);
	fails(lkl_netlink_exec((const char *const []){ "no-such-program", NULL }, NULL),
	      LKL_ENOENT);
	output_of((const char *const []){ "sh", "-c", "kill -9 $$", NULL }, &status);
	is(status, 128 + 9);
	is(host_fds(), fds);
}
END_TEST

/* A file of rules that says @text; its name. */
static const char *rules(const char *text)
{
	const char *path = host_file("rules.nft", 0);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	return path;
}

START_TEST(nft_rules)
{
	char why[200];
	int in, status;
	const char *text;

	needs_netlink();
	ok(lkl_if_up(1));
	in = udp4("127.0.0.1", 7);
	is(send4(in, "127.0.0.1", 7), 4);
	ck_assert(receives(in));
	ok(lkl_nft_load(rules("table inet t {\n"
		" set s { type inet_service; elements = { 7, 9 }; }\n"
		" chain c { type filter hook input priority 0; policy accept;\n"
		"  udp dport @s counter drop\n }\n}\n"), why, sizeof(why)));
	is(send4(in, "127.0.0.1", 7), 4);
	ck_assert(!receives(in));
	text = output_of((const char *const []){ "nft", "list", "ruleset", NULL }, &status);
	ck_assert_msg(strstr(text, "udp dport @s counter packets 1 bytes 32 drop"), "%s", text);
	/* All or nothing. */
	fails(lkl_nft_load(rules("flush ruleset\ntable inet t { nonsense }\n"), why, sizeof(why)),
	      LKL_EINVAL);
	ck_assert_msg(strstr(why, "Error: syntax error"), "%s", why);
	fails(lkl_nft_load(rules("flush ruleset\nadd rule inet nowhere c accept\n"), NULL, 0),
	      LKL_EINVAL);
	fails(lkl_nft_load("/no/such/file", why, sizeof(why)), LKL_EINVAL);
	ck_assert_msg(strstr(why, "/no/such/file"), "%s", why);
	is(send4(in, "127.0.0.1", 7), 4);
	ck_assert(!receives(in));
	ok(lkl_nft_load(rules("flush ruleset\n"), why, sizeof(why)));
	is(send4(in, "127.0.0.1", 7), 4);
	ck_assert(receives(in));
}
END_TEST

/* A set whose messages are larger than a page. */
START_TEST(nft_large_set)
{
	static char text[400000];
	size_t len;
	int i;

	needs_netlink();
	len = sprintf(text, "table ip t {\n set s { type ipv4_addr; elements = { ");
	for (i = 0; i < 20000; i++)
		len += sprintf(text + len, "10.%d.%d.%d,", i / 60000, i / 200 % 250, i % 200);
	sprintf(text + len - 1, " }; }\n}\n");
	ok(lkl_nft_load(rules(text), NULL, 0));
}
END_TEST

/* ---- no kernel -------------------------------------------------------------------- */

START_TEST(no_kernel)
{
	struct lkl_mptcp_endpoint ep = { .af = LKL_AF_INET };
	unsigned char mac[6] = { 2 }, a[16] = { 10, 0, 0, 1 };
	unsigned int x, y;

	fails(lkl_ifname_to_ifindex("lo"), LKL_ENODEV);
	fails(lkl_if_up(1), LKL_ENODEV);
	fails(lkl_if_down(1), LKL_ENODEV);
	fails(lkl_if_set_mtu(1, 1500), LKL_ENODEV);
	fails(lkl_if_set_mac(1, mac), LKL_ENODEV);
	fails(lkl_link_add("dummy", "d0"), LKL_ENODEV);
	fails(lkl_veth_add("a", "b"), LKL_ENODEV);
	fails(lkl_vlan_add(1, "v", 7), LKL_ENODEV);
	fails(lkl_link_del(1), LKL_ENODEV);
	fails(lkl_if_set_ipv4(1, 1, 8), LKL_ENODEV);
	fails(lkl_if_set_ipv6(1, a, 64), LKL_ENODEV);
	fails(lkl_if_add_ip(1, LKL_AF_INET, a, 8), LKL_ENODEV);
	fails(lkl_if_del_ip(1, LKL_AF_INET, a, 8), LKL_ENODEV);
	fails(lkl_if_add_linklocal(1, LKL_AF_INET, a, 8), LKL_ENODEV);
	fails(lkl_if_wait_ipv6_dad(1, a), LKL_ENODEV);
	fails(lkl_set_ipv4_gateway(1), LKL_ENODEV);
	fails(lkl_set_ipv6_gateway(a), LKL_ENODEV);
	fails(lkl_if_set_ipv4_gateway(1, 1, 8, 2), LKL_ENODEV);
	fails(lkl_if_set_ipv6_gateway(1, a, 64, a), LKL_ENODEV);
	fails(lkl_add_gateway(LKL_AF_INET, a), LKL_ENODEV);
	fails(lkl_if_add_gateway(1, LKL_AF_INET, a), LKL_ENODEV);
	fails(lkl_if_add_rule_from_saddr(1, LKL_AF_INET, a), LKL_ENODEV);
	fails(lkl_add_neighbor(1, LKL_AF_INET, a, mac), LKL_ENODEV);
	fails(lkl_qdisc_add(1, "root", "fq"), LKL_ENODEV);
	fails(lkl_qdisc_parse_add(1, "root|fq"), LKL_ENODEV);
	fails(lkl_sysctl("kernel.hostname", "x"), LKL_ENODEV);
	fails(lkl_sysctl_parse_write("kernel.hostname|x"), LKL_ENODEV);
	fails(lkl_set_fd_limit(10), LKL_ENODEV);
	fails(lkl_netns_add("x"), LKL_ENODEV);
	fails(lkl_netns_del("x"), LKL_ENODEV);
	fails(lkl_netns_enter("x"), LKL_ENODEV);
	fails(lkl_netns_move(1, "x"), LKL_ENODEV);
	fails(lkl_mptcp_add_endpoint(&ep), LKL_ENODEV);
	fails(lkl_mptcp_del_endpoint(1), LKL_ENODEV);
	fails(lkl_mptcp_get_endpoints(NULL, 0), LKL_ENODEV);
	fails(lkl_mptcp_set_limits(1, 1), LKL_ENODEV);
	fails(lkl_mptcp_get_limits(&x, &y), LKL_ENODEV);
	fails(lkl_dhcp(1, 1, NULL), LKL_ENODEV);
	fails(lkl_dhcp_stop(1), LKL_ENODEV);
	fails(lkl_netlink_exec((const char *const []){ "true", NULL }, NULL), LKL_ENODEV);
	fails(lkl_nft_load("/dev/null", NULL, 0), LKL_ENODEV);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = {
		names, up_and_down, mtu_and_mac, no_such_interface, bad_family_and_length, devices,
		ipv4_addresses, ipv6_addresses, link_local, duplicate_address,
		ipv4_gateway, ipv6_gateway, source_routes, neighbours,
		namespaces, namespace_of_a_thread, vlan_traffic,
		qdiscs, qdisc_entries, netem_delays_and_loses, sysctls, mptcp_endpoints,
		dhcp_without_server, programs_over_netlink, nft_rules, nft_large_set,
	};
	const TTest *const bare[] = { no_kernel, dhcp_and_halt };

	return run_tests("netapi", LIST(inside), LIST(bare), 30);
}

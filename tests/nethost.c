// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices that need the host's network: each test in a namespace of the host of
 * its own, which is gone with the test. time limit: 300 s
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lkl/linux/ethtool.h>
#include <lkl_net.h>

#include "net.h"

#define HOST	"10.1.0.1"
#define OURS	"10.1.0.2"
#define HOST6	"fd01::1"
#define OURS6	"fd01::2"

static const struct side host = { .on_host = 1, .ip = HOST }, ours = { .ip = OURS };
static const struct side host6 = { .on_host = 1, .ip = HOST6 }, ours6 = { .ip = OURS6 };

static int run_command(const char *fmt, va_list args)
{
	char command[1024];
	int ret;

	vsnprintf(command, sizeof(command), fmt, args);
	fprintf(stderr, "# %s\n", command);
	ret = system(command);
	return ret;
}

/* A command of the host that has to work. */
static void sh(const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = run_command(fmt, args);
	va_end(args);
	ck_assert_msg(!ret, "\"%s\" failed", fmt);
}

/* A network namespace for the test, if that is allowed. */
static int own_network(void)
{
	if (geteuid() || unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    access("/dev/net/tun", R_OK | W_OK))
		return 0;
	/*
	 * sysfs shows the interfaces of the namespace that it was mounted in. The host does not
	 * look for others with its addresses, which takes seconds.
	 */
	sh("mount --make-rprivate / && mount -t sysfs none /sys && ip link set lo up && "
	   "cd /proc/sys/net/ipv6/conf && echo 0 > all/accept_dad && "
	   "echo 0 > default/accept_dad");
	return 1;
}

#define need_network() do {						\
	if (!own_network())						\
		skip("network namespaces and /dev/net/tun need root");	\
} while (0)

static struct lkl_netdev *open_dev(const char *type, const char *param, unsigned int offload)
{
	struct lkl_netdev *nd = NULL;
	char why[256] = "";
	int err = lkl_netdev_open(type, param, offload, why, sizeof(why), &nd);

	ck_assert_msg(!err, "%s %s: %s", type, param, why);
	return nd;
}

struct dev {
	struct lkl_netdev *nd;
	int id;
	int ifindex;
};

static struct dev add_dev(const char *type, const char *param, unsigned int offload)
{
	struct dev d = { .nd = open_dev(type, param, offload) };

	d.id = ok(lkl_netdev_add(d.nd, NULL));
	d.ifindex = ok(lkl_netdev_get_ifindex(d.id));
	return d;
}

static void remove_dev(struct dev *d)
{
	ok(lkl_netdev_remove(d->id));
	lkl_netdev_free(d->nd);
}

static void address_host(const char *ifname)
{
	sh("ip addr add " HOST "/24 dev %s && ip addr add " HOST6 "/64 nodad dev %s && "
	   "ip link set %s up", ifname, ifname, ifname);
}

static void traffic(void)
{
	ok(ping(HOST, 56, 5000));
	ok(ping(HOST, 20000, 5000));
	ok(ping6(HOST6, 0, 56, 5000));
	ok(ping6(HOST6, 0, 20000, 5000));
	sh("ping -q -c 2 -i 0.2 -W 5 " OURS " >&2 && ping -q -c 2 -i 0.2 -W 5 -s 20000 " OURS
	   " >&2");
	sh("ping -q -c 2 -i 0.2 -W 5 " OURS6 " >&2");
	is(udp_echo(&ours, &host, 20, 100), 20);
	is(udp_echo(&host, &ours, 20, 5000), 20);
	is(udp_echo(&host6, &ours6, 20, 100), 20);
	is(tcp_transfer(&ours, &host, 4 << 20, 65536, 60), 0);
	is(tcp_transfer(&host, &ours, 4 << 20, 65536, 60), 0);
	is(tcp_transfer(&ours6, &host6, 4 << 20, 10000, 60), 0);
	is(tcp_transfer(&host6, &ours6, 4 << 20, 65536, 60), 0);
}

/* The host is a router with a narrow link behind it. */
static void path_mtu(struct dev *d)
{
	static const struct side far = { .netns = "far", .ip = "10.2.0.2" };
	static const struct side far6 = { .netns = "far", .ip = "fd02::2" };
	struct dev b;

	ok(lkl_netns_add("far"));
	b = add_dev("tap", "narrow", LKL_NET_OFFLOAD_ALL);
	sh("ip addr add 10.2.0.1/24 dev narrow && ip addr add fd02::1/64 nodad dev narrow && "
	   "ip link set narrow up mtu 1280 && echo 1 > /proc/sys/net/ipv4/ip_forward && "
	   "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
	b.ifindex = if_move(b.ifindex, "far");
	set_gateways(HOST, HOST6);
	ok(lkl_netns_enter("far"));
	if_up(b.ifindex, far.ip, 24, far6.ip);
	set_gateways("10.2.0.1", "fd02::1");
	ck_assert(if_wait_carrier(b.ifindex, 1));
	ok(lkl_netns_enter(NULL));
	ok(ping(far.ip, 56, 5000));
	is(tcp_transfer(&ours, &far, 2 << 20, 65536, 60), 0);
	is(tcp_transfer(&far, &ours, 2 << 20, 65536, 60), 0);
	is(tcp_transfer(&ours6, &far6, 2 << 20, 65536, 60), 0);
	is(tcp_transfer(&far6, &ours6, 2 << 20, 65536, 60), 0);
	remove_dev(&b);
	ok(lkl_netns_del("far"));
}

/*
 * Groups, addresses that are taken or advertised, a router, and bad frames; @ifname is the other
 * end.
 */
static void neighbourhood(struct dev *d, const char *ifname)
{
	int index = if_nametoindex(ifname);

	ok(multicast(&ours, d->ifindex, &host, index));
	ok(multicast(&host, index, &ours, d->ifindex));
	ok(multicast(&ours6, d->ifindex, &host6, index));
	ok(multicast(&host6, index, &ours6, d->ifindex));
	fails(add_with_dad(d->ifindex, HOST6), LKL_EADDRINUSE);
	ok(add_with_dad(d->ifindex, "fd01::77"));
	ok(advertise(&host, index, d->ifindex, 1));
	/* The host has to ask the group of the address. */
	sh("ip -6 neigh flush dev %s && ping -q -c 2 -i 0.2 -W 5 fd01::77 >&2", ifname);
	path_mtu(d);
	wrong_checksums(&host, index, &ours, d->nd->mac);
	senseless_frames(&host, index, d->nd->mac);
	is(lkl_is_running(), 1);
	ok(ping(HOST, 56, 5000));
}

/* A larger MTU on both sides. */
static void large_mtu(struct dev *d, const char *ifname)
{
	sh("ip link set %s mtu 65521", ifname);
	ok(lkl_if_set_mtu(d->ifindex, 65521));
	ok(ping(HOST, 60000, 5000));
	is(tcp_transfer(&ours, &host, 4 << 20, 65536, 60), 0);
	is(tcp_transfer(&host, &ours, 4 << 20, 65536, 60), 0);
	ok(lkl_if_set_mtu(d->ifindex, 1500));
	sh("ip link set %s mtu 1500", ifname);
}

static void tap_with(unsigned int offload)
{
	struct dev d = add_dev("tap", "t0", offload);

	address_host("t0");
	if_up(d.ifindex, OURS, 24, OURS6);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	traffic();
	large_mtu(&d, "t0");
	if (offload == LKL_NET_OFFLOAD_ALL || !offload)
		neighbourhood(&d, "t0");
	remove_dev(&d);
}

START_TEST(tap)
{
	need_network();
	tap_with(LKL_NET_OFFLOAD_ALL);
	tap_with(0);
	tap_with(LKL_NET_CSUM | LKL_NET_GUEST_CSUM | LKL_NET_HOST_TSO4 | LKL_NET_GUEST_TSO4);
	/* Segments need checksums: none of the two. */
	tap_with(LKL_NET_HOST_TSO4 | LKL_NET_GUEST_TSO6);
}
END_TEST

static long set_channels(int ifindex, unsigned int n)
{
	struct lkl_ethtool_channels c = { .cmd = LKL_ETHTOOL_SCHANNELS, .combined_count = n };
	struct lkl_ifreq ifr = { 0 };
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	long ret;

	strcpy(ifr.lkl_ifr_name, if_name(ifindex));
	ifr.lkl_ifr_data = (void *)&c;
	ret = lkl_sys_ioctl(fd, LKL_SIOCETHTOOL, (long)&ifr);
	ok(lkl_sys_close(fd));
	return ret;
}

START_TEST(tap_queues)
{
	struct dev d;
	int n;

	need_network();
	d = add_dev("tap", "t0,queues=4", LKL_NET_OFFLOAD_ALL);
	address_host("t0");
	if_up(d.ifindex, OURS, 24, OURS6);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	for (n = 1; n <= 4; n += 3) {
		ok(set_channels(d.ifindex, n));
		traffic();
	}
	fails(set_channels(d.ifindex, 5), LKL_EINVAL);
	remove_dev(&d);
}
END_TEST

static void macvtap_with(const char *path, unsigned int offload)
{
	struct dev d = add_dev("macvtap", path, offload);

	if_up(d.ifindex, OURS, 24, OURS6);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	traffic();
	sh("ip link set v0 mtu 65521 && ip link set mv0 mtu 65521");
	large_mtu(&d, "v1");
	sh("ip link set mv0 mtu 1500 && ip link set v0 mtu 1500");
	neighbourhood(&d, "v1");
	remove_dev(&d);
}

/* A macvtap device of v0, whose other end is v1; its path, or NULL. */
static const char *make_macvtap(void)
{
	int index = 0, major_, minor_;
	static char path[64];
	FILE *f;

	sh("ip link add v0 type veth peer name v1 && ip link set v0 up");
	if (system("ip link add link v0 name mv0 type macvtap mode bridge && "
		   "ip link set mv0 up"))
		return NULL;
	f = popen("cd /sys/class/net/mv0; cat ifindex; cat tap*/dev | tr : ' '", "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d %d %d", &index, &major_, &minor_), 3);
	pclose(f);
	snprintf(path, sizeof(path), "%s/tap%d", getenv("LKL_TEST_TMP") ?: "/tmp", index);
	unlink(path);
	ck_assert_int_eq(mknod(path, S_IFCHR | 0600, makedev(major_, minor_)), 0);
	address_host("v1");
	return path;
}

START_TEST(macvtap)
{
	const char *path;

	need_network();
	path = make_macvtap();
	if (!path)
		skip("the host has no macvtap");
	macvtap_with(path, LKL_NET_OFFLOAD_ALL);
	macvtap_with(path, 0);
	unlink(path);
}
END_TEST

/* Turns offloads of the host's interface off. */
static void host_without_offloads(const char *ifname)
{
	static const int what[] = {
		LKL_ETHTOOL_SGRO, LKL_ETHTOOL_SGSO, LKL_ETHTOOL_STSO, LKL_ETHTOOL_STXCSUM,
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), i;

	for (i = 0; i < COUNT(what); i++) {
		struct lkl_ethtool_value off = { .cmd = what[i] };
		struct ifreq ifr = { .ifr_data = (void *)&off };

		strcpy(ifr.ifr_name, ifname);
		ck_assert_msg(!ioctl(fd, LKL_SIOCETHTOOL, &ifr), "%x: %s", what[i],
			      strerror(errno));
	}
	close(fd);
}

static void raw_with(unsigned int offload)
{
	struct dev d = add_dev("raw", "v0", offload);

	if_up(d.ifindex, OURS, 24, OURS6);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	traffic();
	sh("ip link set v0 mtu 65521");
	large_mtu(&d, "v1");
	sh("ip link set v0 mtu 1500");
	neighbourhood(&d, "v1");
	remove_dev(&d);
}

START_TEST(raw)
{
	struct dev d;

	need_network();
	sh("ip link add v0 type veth peer name v1 && ip link set v0 up");
	address_host("v1");
	raw_with(LKL_NET_OFFLOAD_ALL);
	/* It has them in any case; the host's own are off here. */
	host_without_offloads("v0");
	host_without_offloads("v1");
	raw_with(0);
	/* The interface goes under the device. */
	d = add_dev("raw", "v0", 0);
	sh("ip link del v1");
	remove_dev(&d);
}
END_TEST

/* A VLAN tag, which the host takes out of what it gives to packet sockets. */
START_TEST(raw_vlan)
{
	static const struct side near = { .ip = "10.5.0.1" };
	static const struct side far = { .netns = "far", .ip = "10.5.0.2" };
	struct dev a, b;
	int vlan;

	need_network();
	sh("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
	ok(lkl_netns_add("far"));
	a = add_dev("raw", "v0", LKL_NET_OFFLOAD_ALL);
	b = add_dev("raw", "v1", LKL_NET_OFFLOAD_ALL);
	b.ifindex = if_move(b.ifindex, "far");
	if_up(a.ifindex, OURS, 24, NULL);
	ok(lkl_vlan_add(a.ifindex, "vlan5", 5));
	if_up(ok(lkl_ifname_to_ifindex("vlan5")), near.ip, 24, NULL);
	ok(lkl_netns_enter("far"));
	if_up(b.ifindex, HOST, 24, NULL);
	ok(lkl_vlan_add(b.ifindex, "vlan5", 5));
	vlan = ok(lkl_ifname_to_ifindex("vlan5"));
	if_up(vlan, far.ip, 24, NULL);
	ck_assert(if_wait_carrier(vlan, 1));
	ok(lkl_netns_enter(NULL));
	ok(ping(far.ip, 1000, 5000));
	is(udp_echo(&near, &far, 20, 3000), 20);
	is(tcp_transfer(&near, &far, 1 << 20, 65536, 60), 0);
	remove_dev(&a);
	remove_dev(&b);
}
END_TEST

/* The interface is deleted under us. */
START_TEST(tap_goes)
{
	clock_t before;
	struct dev d;

	need_network();
	d = add_dev("tap", "t0", LKL_NET_OFFLOAD_ALL);
	address_host("t0");
	if_up(d.ifindex, OURS, 24, NULL);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	ok(ping(HOST, 56, 5000));
	sh("ip link del t0");
	ck_assert(if_wait_carrier(d.ifindex, 0));
	before = clock();
	usleep(300000);
	ck_assert_int_lt(clock() - before, CLOCKS_PER_SEC / 30);
	remove_dev(&d);
}
END_TEST

/* The interface goes with the parent's device, whatever a child of fork() does. */
START_TEST(tap_and_an_idle_child)
{
	int up[2], status;
	struct dev d;
	pid_t pid;
	char byte;

	need_network();
	d = add_dev("tap", "t0", LKL_NET_OFFLOAD_ALL);
	ck_assert_int_eq(pipe2(up, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm(60);
		if (write(up[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(read(up[0], &byte, 1), 1);
	remove_dev(&d);
	sh("! ip link show t0 >&2");
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(up[0]);
	close(up[1]);
}
END_TEST

static int stop;

static long flood(void *ip)
{
	struct lkl_sockaddr_in to = addr4(ip, 9);
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	char buf[1000] = "";
	long sent = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		sent += lkl_sys_sendto(fd, buf, sizeof(buf), 0, (void *)&to,
				       sizeof(to)) > 0;
	ok(lkl_sys_close(fd));
	return sent;
}

/* Keeps a thread waiting in the kernel, for what never comes or often does. */
static long pinger(void *ip)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		ping(ip, 100, 50);
	return 0;
}

/* Devices come and go in the middle of traffic, @rounds times; those of @ip talk to @peer. */
static void hot_plug(const char *type, const char *param, const char *ip, const char *peer,
		     int rounds)
{
	int i, k, fds, threads;
	struct job *jobs[3];
	struct dev d;

	ok(lkl_sysctl("net.ipv4.ping_group_range", "0 2147483647"));
	stop = 0;
	jobs[0] = run(flood, (void *)peer);
	jobs[1] = run(pinger, (void *)peer);
	jobs[2] = run(pinger, (void *)peer);
	usleep(10000);
	fds = host_fds();
	threads = host_threads();
	for (i = 0; i < rounds; i++) {
		d = add_dev(type, param, i & 1 ? LKL_NET_OFFLOAD_ALL : 0);
		if_up(d.ifindex, ip, 24, NULL);
		ck_assert(if_wait_carrier(d.ifindex, 1));
		/* The first ones are lost while the flood waits for the address. */
		for (k = 0; k < 40 && ping(peer, 1000, 500) < 0; k++)
			;
		ck_assert_msg(k < 40, "no answer, round %d", i);
		usleep(20000);
		remove_dev(&d);
	}
	is(host_threads(), threads);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	ck_assert_int_gt(join(jobs[0]), 0);
	join(jobs[1]);
	join(jobs[2]);
	ck_assert_int_le(host_fds(), fds + 1);
}

/* The same with the host's traffic in the other direction. */
static void hot_plug_from_both(const char *type, const char *param, int rounds)
{
	const char *dir = getenv("LKL_TEST_TMP") ?: "/tmp";

	sh("ping -q -f -w 60 " OURS " > /dev/null & echo $! > %s/ping.pid; disown 2>/dev/null; true",
	   dir);
	hot_plug(type, param, OURS, HOST, test_all() ? 100 : rounds);
	sh("kill $(cat %s/ping.pid)", dir);
}

START_TEST(tap_hot_plug)
{
	need_network();
	sh("ip tuntap add t0 mode tap");
	address_host("t0");
	hot_plug_from_both("tap", "t0", 10);
}
END_TEST

START_TEST(macvtap_hot_plug)
{
	const char *path;

	need_network();
	path = make_macvtap();
	if (!path)
		skip("the host has no macvtap");
	hot_plug_from_both("macvtap", path, 4);
	unlink(path);
}
END_TEST

START_TEST(raw_hot_plug)
{
	need_network();
	sh("ip link add v0 type veth peer name v1 && ip link set v0 up");
	address_host("v1");
	hot_plug_from_both("raw", "v0", 4);
}
END_TEST

START_TEST(slirp_hot_plug)
{
	struct lkl_netdev *nd;
	char why[200];

	if (lkl_netdev_open("slirp", "", 0, why, sizeof(why), &nd) == -LKL_ENOSYS)
		skip("built without libslirp");
	lkl_netdev_free(nd);
	/* Where root may, nobody else gets the datagrams. */
	own_network();
	hot_plug("slirp", "", "10.0.2.15", "10.0.2.2", test_all() ? 100 : 4);
}
END_TEST

/* ---- the thread that sends ------------------------------------------------------- */

/* Numbered datagrams out of a device, read at the other end of its socket. */
struct numbers {
	int fd, ifindex, halt;
	/* The last that was sent and that came; how many came, after a gap, out of order. */
	unsigned int sent, last, got, lost, wrong;
};

#define NUMBERS_PORT	4242
/* Behind the headers of Ethernet, IPv4 and UDP. */
#define NUMBER_AT	42

static const uint8_t neighbour[6] = { 2, 0, 0, 0, 0, 9 };

static long send_numbers(void *arg)
{
	struct lkl_sockaddr_in to = addr4(HOST, NUMBERS_PORT);
	struct numbers *n = arg;
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	unsigned int number = 0;
	long ret;

	while (!__atomic_load_n(&n->halt, __ATOMIC_RELAXED)) {
		number++;
		ret = lkl_sys_sendto(fd, (char *)&number, sizeof(number), 0, (void *)&to,
				     sizeof(to));
		if (ret == -LKL_ENODEV && !lkl_is_running())
			return 0;
		if (ret > 0)
			__atomic_store_n(&n->sent, number, __ATOMIC_RELAXED);
	}
	return lkl_sys_close(fd);
}

static unsigned int load(const unsigned int *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

static long read_numbers(void *arg)
{
	struct numbers *n = arg;
	unsigned int number, last;
	char frame[2000];
	long len;

	while ((len = recv(n->fd, frame, sizeof(frame), 0)) > 0) {
		if (len != NUMBER_AT + sizeof(number) || frame[12] != 8 || frame[13] ||
		    frame[23] != 17)
			continue;
		memcpy(&number, frame + NUMBER_AT, sizeof(number));
		last = load(&n->last);
		/* The first ones may come before the kernel has seen that the link is up. */
		__atomic_fetch_add(&n->lost, last && number != last + 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&n->wrong, number <= last, __ATOMIC_RELAXED);
		__atomic_store_n(&n->last, number, __ATOMIC_RELAXED);
		__atomic_fetch_add(&n->got, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

/* Until @more numbers have come. */
static void wait_numbers(const struct numbers *n, unsigned int more)
{
	unsigned int begin = load(&n->got);

	for (int i = 0; i < 6000 && load(&n->got) - begin < more; i++)
		usleep(5000);
	ck_assert_uint_ge(load(&n->got) - begin, more);
}

static struct dev numbers_dev(struct numbers *n)
{
	const uint32_t host = ip4(HOST);
	char param[16], why[200] = "";
	struct dev d = { 0 };
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fd), 0);
	snprintf(param, sizeof(param), "fd:%d", fd[0]);
	ck_assert_msg(!lkl_netdev_open("dgram", param, 0, why, sizeof(why), &d.nd), "%s", why);
	close(fd[0]);
	n->fd = fd[1];
	d.id = ok(lkl_netdev_add(d.nd, NULL));
	d.ifindex = n->ifindex = ok(lkl_netdev_get_ifindex(d.id));
	if_up(d.ifindex, OURS, 24, NULL);
	ok(lkl_add_neighbor(d.ifindex, LKL_AF_INET, &host, neighbour));
	return d;
}

/*
 * Frames that come thick are sent by a thread: in their order, none twice and, as long as the
 * device is up, all; whatever happens to the device meanwhile.
 */
START_TEST(thick_frames)
{
	const uint32_t host = ip4(HOST);
	int threads, fds = host_fds(), rounds = test_all() ? 20 : 4;
	long heap = 0;

	for (int round = 0; round < rounds; round++) {
		struct numbers n = { 0 };
		struct dev d = numbers_dev(&n);
		struct job *reader = run(read_numbers, &n), *sender;
		int status;
		pid_t pid;

		threads = host_threads();
		sender = run(send_numbers, &n);
		wait_numbers(&n, 3000);
		/* Where there are processors for it. */
		if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
			ck_assert_int_gt(host_threads(), threads + 1);
		__atomic_store_n(&n.halt, 1, __ATOMIC_RELAXED);
		is(join(sender), 0);
		for (int i = 0; i < 2000 && load(&n.last) < load(&n.sent); i++)
			usleep(5000);
		ck_assert_uint_eq(load(&n.last), load(&n.sent));
		ck_assert_uint_eq(load(&n.lost), 0);
		ck_assert_uint_eq(load(&n.wrong), 0);

		/* In the middle of it: down and up, fork(), and the device goes. */
		__atomic_store_n(&n.last, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&n.halt, 0, __ATOMIC_RELAXED);
		sender = run(send_numbers, &n);
		wait_numbers(&n, 1000);
		for (int i = 0; i < 3; i++) {
			ok(lkl_if_down(d.ifindex));
			ok(lkl_if_up(d.ifindex));
		}
		/* It was forgotten when the device went down. */
		ok(lkl_add_neighbor(d.ifindex, LKL_AF_INET, &host, neighbour));
		wait_numbers(&n, 1000);
		fflush(NULL);
		pid = fork();
		if (!pid) {
			alarm(20);
			_exit(lkl_is_running() ? lkl_netdev_remove(d.id) != 0 : 0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "child: %x", status);
		wait_numbers(&n, 1000);
		if (round == rounds - 1) {
			halt_kernel();
			is(join(sender), 0);
			start_kernel();
			ok(lkl_netdev_remove(d.id));
		} else {
			ok(lkl_netdev_remove(d.id));
			__atomic_store_n(&n.halt, 1, __ATOMIC_RELAXED);
			is(join(sender), 0);
		}
		lkl_netdev_free(d.nd);
		/* The reader is told by a datagram without bytes, or an error. */
		shutdown(n.fd, SHUT_RDWR);
		join(reader);
		ck_assert_uint_eq(n.wrong, 0);
		close(n.fd);
		is(host_fds(), fds);
		if (round)
			ck_assert_int_le((long)mallinfo2().uordblks, heap + 65536);
		else
			heap = mallinfo2().uordblks;
	}
}
END_TEST

/* A burst of frames, after which the sender does something else: all of them come meanwhile. */
static void burst(struct numbers *n, int fd, int frames)
{
	struct lkl_sockaddr_in to = addr4(HOST, NUMBERS_PORT);
	time_t end = time(NULL) + 10;
	unsigned int number = n->sent;

	while (frames--) {
		number++;
		is(lkl_sys_sendto(fd, (char *)&number, sizeof(number), 0, (void *)&to,
				  sizeof(to)), sizeof(number));
	}
	n->sent = number;
	while (load(&n->last) < number && time(NULL) < end)
		;
	ck_assert_msg(load(&n->last) == number, "%u of %u came", load(&n->last), number);
}

/*
 * Small frames are gathered while they come thick. None stays behind when the kernel is left,
 * nor when the process forks just then.
 */
START_TEST(gathered_frames)
{
	struct numbers n = { 0 };
	struct dev d = numbers_dev(&n);
	struct job *reader = run(read_numbers, &n);
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	int status, rounds = test_all() ? 20000 : 1000;
	pid_t pid;

	for (int round = 0; round < rounds; round++)
		burst(&n, fd, 1 + round % 61);
	for (int round = 0; round < 20; round++) {
		struct lkl_sockaddr_in to = addr4(HOST, NUMBERS_PORT);

		for (int i = 0; i < 13; i++) {
			n.sent++;
			is(lkl_sys_sendto(fd, (char *)&n.sent, sizeof(n.sent), 0, (void *)&to,
					  sizeof(to)), sizeof(n.sent));
		}
		fflush(NULL);
		pid = fork();
		if (!pid)
			_exit(lkl_sys_close(fd) != 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		is(status, 0);
		burst(&n, fd, 1);
	}
	ck_assert_uint_eq(load(&n.lost), 0);
	ck_assert_uint_eq(load(&n.wrong), 0);
	is(load(&n.got), n.sent);
	ok(lkl_sys_close(fd));
	remove_dev(&d);
	shutdown(n.fd, SHUT_RDWR);
	join(reader);
	close(n.fd);
}
END_TEST

/* Waiting threads that look after a device use no time while nothing comes. */
START_TEST(tap_idle)
{
	struct job *job;
	clock_t before;
	struct dev d;
	int i;

	need_network();
	d = add_dev("tap", "t0", LKL_NET_OFFLOAD_ALL);
	address_host("t0");
	if_up(d.ifindex, OURS, 24, NULL);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	for (i = 0; i < 500; i++)
		ok(ping(HOST, 56, 5000));
	stop = 0;
	/* One that sleeps inside for longer than this takes. */
	job = run(pinger, HOST);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	usleep(300000);
	before = clock();
	usleep(500000);
	ck_assert_msg(clock() - before < CLOCKS_PER_SEC / 20, "%ld us of processor time",
		      (long)(clock() - before));
	join(job);
	/* And the first frame after that is seen. */
	usleep(500000);
	sh("ping -q -c 3 -i 0.3 -W 5 " OURS " >&2");
	ok(ping(HOST, 56, 5000));
	remove_dev(&d);
}
END_TEST

/* What the host's programs see of our frames: nothing malformed, no bad checksum. */
START_TEST(captured)
{
	const char *dir = getenv("LKL_TEST_TMP") ?: "/tmp";
	struct dev d;

	need_network();
	if (system("command -v tshark > /dev/null && command -v tcpdump > /dev/null"))
		skip("tshark or tcpdump is missing");
	d = add_dev("tap", "t0", 0);
	address_host("t0");
	sh("tcpdump -i t0 -U -w %s/pcap 2>/dev/null & echo $! > %s/pid; sleep 1", dir, dir);
	if_up(d.ifindex, OURS, 24, OURS6);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	is(udp_echo(&ours, &host, 20, 3000), 20);
	is(tcp_transfer(&ours, &host, 300000, 65536, 60), 0);
	is(tcp_transfer(&ours6, &host6, 300000, 10000, 60), 0);
	ok(ping6(HOST6, 0, 5000, 5000));
	sh("sleep 0.5; kill $(cat %s/pid)", dir);
	/* Of ours: the host leaves its own checksums to the device. */
	sh("cd %s && tshark -r pcap -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
	   "-o udp.check_checksum:TRUE -Y \"eth.src == %02x:%02x:%02x:%02x:%02x:%02x\" -T fields "
	   "-e frame.number > all 2>/dev/null && test $(wc -l < all) -gt 100", dir,
	   d.nd->mac[0], d.nd->mac[1], d.nd->mac[2], d.nd->mac[3], d.nd->mac[4], d.nd->mac[5]);
	sh("cd %s && tshark -r pcap -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
	   "-o udp.check_checksum:TRUE -Y \"eth.src == %02x:%02x:%02x:%02x:%02x:%02x && "
	   "(_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || "
	   "udp.checksum.status == 0 || icmpv6.checksum.status == 0)\" > bad 2>/dev/null && "
	   "cat bad >&2 && test ! -s bad", dir,
	   d.nd->mac[0], d.nd->mac[1], d.nd->mac[2], d.nd->mac[3], d.nd->mac[4], d.nd->mac[5]);
	remove_dev(&d);
}
END_TEST

/* Without privileges: the host's own loopback behind the gateway, and forwarded ports. */
START_TEST(slirp)
{
	static const struct side inside = { .ip = "10.0.2.15" };
	static const struct side local = { .on_host = 1, .ip = "127.0.0.1", .seen = "10.0.2.2" };
	static const struct side forwarded = { .ip = "10.0.2.15", .seen = "127.0.0.1" };
	static const struct side outside = { .on_host = 1, .ip = "127.0.0.1" };
	static const struct side inside6 = { .ip = "fd77::9" };
	static const struct side local6 = { .on_host = 1, .ip = "::1", .seen = "fd77::2" };
	static const uint8_t gateway[] = { 0x52, 0x55, 10, 0, 2, 2 };
	struct in6_addr gateway6;
	char why[200];
	struct lkl_netdev *nd;
	struct dev d;
	int err;

	/* Where root may, nobody else listens on our port. */
	own_network();
	err = lkl_netdev_open("slirp", "hostfwd=tcp:127.0.0.1:50007::50007,"
			      "hostfwd=udp:127.0.0.1:50007::50007", 0, why, sizeof(why), &nd);
	if (err == -LKL_ENOSYS)
		skip("built without libslirp");
	ck_assert_msg(!err, "%s", why);
	d.nd = nd;
	d.id = ok(lkl_netdev_add(nd, NULL));
	d.ifindex = ok(lkl_netdev_get_ifindex(d.id));
	if_up(d.ifindex, "10.0.2.15", 24, NULL);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	ok(lkl_set_ipv4_gateway(ip4("10.0.2.2")));
	ok(ping("10.0.2.2", 56, 5000));
	is(tcp_transfer(&outside, &forwarded, 4 << 20, 65536, 60), 0);
	is(udp_echo(&outside, &forwarded, 20, 1000), 20);
	remove_dev(&d);
	d = add_dev("slirp", "net6=fd77::/64", 0);
	if_up(d.ifindex, "10.0.2.15", 24, inside6.ip);
	ck_assert(if_wait_carrier(d.ifindex, 1));
	is(inet_pton(AF_INET6, local6.seen, &gateway6), 1);
	ok(lkl_set_ipv6_gateway(&gateway6));
	is(tcp_transfer(&inside, &local, 4 << 20, 65536, 60), 0);
	is(tcp_transfer(&inside6, &local6, 4 << 20, 65536, 60), 0);
	is(udp_echo(&inside, &local, 20, 1000), 20);
	is(udp_echo(&inside6, &local6, 20, 1000), 20);
	/* In fragments. */
	is(udp_echo(&inside, &local, 20, 5000), 20);
	/* What the library sends is in order; what it gets need not be. */
	wrong_checksums(&inside, d.ifindex, &local, gateway);
	senseless_frames(&inside, d.ifindex, gateway);
	ok(ping("10.0.2.2", 56, 5000));
	ok(ping6(local6.seen, 0, 56, 5000));
	fails(add_with_dad(d.ifindex, local6.seen), LKL_EADDRINUSE);
	ok(add_with_dad(d.ifindex, "fd77::77"));
	ok(lkl_if_set_mtu(d.ifindex, 65520));
	is(tcp_transfer(&inside, &local, 16 << 20, 65536, 60), 0);
	remove_dev(&d);
}
END_TEST

/* Whether /proc/net/if_inet6 has an address that starts so. */
static int has_address6(const char *hex)
{
	static char buf[8192];
	int fd = ok(lkl_sys_open("/proc/net/if_inet6", LKL_O_RDONLY, 0));
	long n = ok(lkl_sys_read(fd, buf, sizeof(buf) - 1));

	ok(lkl_sys_close(fd));
	buf[n] = 0;
	return strstr(buf, hex) != NULL;
}

/* A router is advertised: an address that starts so comes by itself. */
static void wait_address6(const char *hex)
{
	int i;

	for (i = 0; i < 1500 && !has_address6(hex); i++)
		usleep(10000);
	ck_assert_msg(has_address6(hex), "no address by SLAAC");
}

START_TEST(slaac)
{
	char why[200];
	struct lkl_netdev *nd;
	struct dev d;

	if (lkl_netdev_open("slirp", "net6=fd77::/64", 0, why, sizeof(why), &nd))
		skip("built without libslirp");
	d.nd = nd;
	d.id = ok(lkl_netdev_add(nd, NULL));
	d.ifindex = ok(lkl_netdev_get_ifindex(d.id));
	if_up(d.ifindex, NULL, 0, NULL);
	wait_address6("fd770000");
	ok(ping6("fd77::2", 0, 56, 5000));
	remove_dev(&d);
}
END_TEST

START_TEST(passt)
{
	const char *dir = getenv("LKL_TEST_TMP") ?: "/tmp";
	static const struct side local = { .on_host = 1, .ip = "127.0.0.1", .seen = HOST };
	static const struct side far6 = { .on_host = 1, .ip = "fd99::9" };
	/* It takes any. */
	static const uint8_t mac[6] = { 255, 255, 255, 255, 255, 255 };
	struct lkl_dhcp_lease lease;
	char path[300];
	struct dev d;

	if (system("command -v passt > /dev/null"))
		skip("passt is missing");
	need_network();
	/* It takes its routes from an interface, and drops root's rights. */
	sh("ip link add v0 type veth peer name v1 && ip addr add " OURS "/24 dev v0 && "
	   "ip addr add " OURS6 "/64 nodad dev v0 && ip link set v0 up && ip link set v1 up && "
	   "ip route add default via " HOST " dev v0 && "
	   "ip route add default via " HOST6 " dev v0 && "
	   /* It pings who is further away, if the host lets it. */
	   "ip addr add 10.9.9.9/32 dev lo && ip addr add fd99::9/128 dev lo nodad && "
	   "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range");
	snprintf(path, sizeof(path), "/tmp/lkl-test-passt.%d", getpid());
	sh("passt -1 -q --runas 0 -s %s -a " OURS " -n 24 -g " HOST " -g " HOST6 " >%s/passt.log 2>&1; "
	   "cat %s/passt.log >&2; test -S %s", path, dir, dir, path);
	d = add_dev("stream", path, 0);
	set_dad(d.ifindex, 0);
	/* It answers to the address that it offers, whatever it was asked. */
	ok(lkl_dhcp(d.ifindex, 10000, &lease));
	is(lease.addr, ip4(OURS));
	wait_address6("fd010000");
	ok(ping("10.9.9.9", 56, 5000));
	ok(ping6(far6.ip, 0, 56, 5000));
	is(tcp_transfer(&ours, &local, 4 << 20, 65536, 60), 0);
	is(tcp_transfer(&ours6, &far6, 4 << 20, 65536, 60), 0);
	is(udp_echo(&ours, &local, 20, 1000), 20);
	is(udp_echo(&ours6, &far6, 20, 1000), 20);
	senseless_frames(&ours, d.ifindex, mac);
	is(tcp_transfer(&ours, &local, 4 << 20, 65536, 60), 0);
	ok(lkl_dhcp_stop(d.ifindex));
	remove_dev(&d);
	unlink(path);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = {
		tap, tap_queues, macvtap, raw, raw_vlan, tap_goes,
		tap_and_an_idle_child, tap_hot_plug, macvtap_hot_plug, raw_hot_plug, slirp_hot_plug,
		tap_idle, thick_frames, gathered_frames, captured, slirp, slaac,
		passt,
	};

	return run_tests("nethost", LIST(inside), NULL, 0, 90);
}

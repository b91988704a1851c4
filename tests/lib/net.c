// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stddef.h>
#include <unistd.h>

#include "net.h"

#define CLONE_NEWNET_	0x40000000

uint32_t ip4(const char *text)
{
	struct in_addr addr;

	ck_assert_int_eq(inet_pton(AF_INET, text, &addr), 1);
	return addr.s_addr;
}

struct lkl_sockaddr_in addr4(const char *ip, int port)
{
	struct lkl_sockaddr_in sin = {
		.sin_family = LKL_AF_INET,
		.sin_port = htons(port),
	};

	sin.sin_addr.s_addr = ip4(ip);
	return sin;
}

/* ioctl() on any socket. */
static long if_ioctl(int family, int request, void *arg)
{
	int fd = ok(lkl_sys_socket(family, LKL_SOCK_DGRAM, 0));
	long ret = lkl_sys_ioctl(fd, request, (long)arg);

	ok(lkl_sys_close(fd));
	return ret;
}

static struct lkl_ifreq request(int ifindex)
{
	struct lkl_ifreq ifr = { 0 };

	ifr.lkl_ifr_ifindex = ifindex;
	ok(if_ioctl(LKL_AF_INET, LKL_SIOCGIFNAME, &ifr));
	return ifr;
}

const char *if_name(int ifindex)
{
	static char name[LKL_IFNAMSIZ];
	struct lkl_ifreq ifr = request(ifindex);

	memcpy(name, ifr.lkl_ifr_name, sizeof(name));
	return name;
}

int if_flags(int ifindex)
{
	struct lkl_ifreq ifr = request(ifindex);

	ok(if_ioctl(LKL_AF_INET, LKL_SIOCGIFFLAGS, &ifr));
	return (unsigned short)ifr.lkl_ifr_flags;
}

static void set_flags(int ifindex, int on, int off)
{
	struct lkl_ifreq ifr = request(ifindex);

	ifr.lkl_ifr_flags = (if_flags(ifindex) | on) & ~off;
	ok(if_ioctl(LKL_AF_INET, LKL_SIOCSIFFLAGS, &ifr));
}

void if_up(int ifindex, const char *ip, int len)
{
	if (ip) {
		struct lkl_ifreq ifr = request(ifindex);
		struct lkl_sockaddr_in sin = addr4(ip, 0);

		memcpy(&ifr.lkl_ifr_addr, &sin, sizeof(ifr.lkl_ifr_addr));
		ok(if_ioctl(LKL_AF_INET, LKL_SIOCSIFADDR, &ifr));
		sin.sin_addr.s_addr = htonl(~0u << (32 - len));
		memcpy(&ifr.lkl_ifr_addr, &sin, sizeof(ifr.lkl_ifr_addr));
		ok(if_ioctl(LKL_AF_INET, LKL_SIOCSIFNETMASK, &ifr));
	}
	set_flags(ifindex, LKL_IFF_UP, 0);
}

void if_down(int ifindex)
{
	set_flags(ifindex, 0, LKL_IFF_UP);
}

void if_add6(int ifindex, const char *ip, int len)
{
	struct {
		struct lkl_in6_addr addr;
		uint32_t len;
		int ifindex;
	} req = { .len = len, .ifindex = ifindex };

	ck_assert_int_eq(inet_pton(AF_INET6, ip, &req.addr), 1);
	ok(if_ioctl(LKL_AF_INET6, LKL_SIOCSIFADDR, &req));
}

void if_mtu(int ifindex, int mtu)
{
	struct lkl_ifreq ifr = request(ifindex);

	ifr.lkl_ifr_mtu = mtu;
	ok(if_ioctl(LKL_AF_INET, LKL_SIOCSIFMTU, &ifr));
}

int if_wait_carrier(int ifindex, int up)
{
	int i;

	for (i = 0; i < 500; i++) {
		if (!(if_flags(ifindex) & LKL_IFF_RUNNING) == !up)
			return 1;
		usleep(10000);
	}
	return 0;
}

void if_move(int ifindex, int ns_fd)
{
	struct {
		struct lkl_nlmsghdr nlh;
		struct lkl_ifinfomsg ifi;
		struct lkl_rtattr rta;
		int fd;
	} req = {
		.nlh = {
			.nlmsg_len = sizeof(req),
			.nlmsg_type = LKL_RTM_NEWLINK,
			.nlmsg_flags = LKL_NLM_F_REQUEST | LKL_NLM_F_ACK,
		},
		.ifi.ifi_index = ifindex,
		.rta = { .rta_len = 8, .rta_type = LKL_IFLA_NET_NS_FD },
		.fd = ns_fd,
	};
	struct {
		struct lkl_nlmsghdr nlh;
		struct lkl_nlmsgerr err;
		char more[256];
	} ack;
	int fd = ok(lkl_sys_socket(LKL_AF_NETLINK, LKL_SOCK_RAW, LKL_NETLINK_ROUTE));

	is(lkl_sys_write(fd, (void *)&req, sizeof(req)), sizeof(req));
	ok(lkl_sys_read(fd, (void *)&ack, sizeof(ack)));
	is(ack.nlh.nlmsg_type, LKL_NLMSG_ERROR);
	is(ack.err.error, 0);
	ok(lkl_sys_close(fd));
}

long if_counter(int ifindex, const char *what)
{
	char path[128], buf[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sysfs/class/net/%s/statistics/%s",
		 if_name(ifindex), what);
	fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0));
	ok(lkl_sys_read(fd, buf, sizeof(buf) - 1));
	ok(lkl_sys_close(fd));
	return atol(buf);
}

/* The fifth word of a line of /proc/net/if_inet6 is its flags, 0x40: tentative. */
static int tentative(void)
{
	static char buf[16384];
	int fd = ok(lkl_sys_open("/proc/thread-self/net/if_inet6", LKL_O_RDONLY, 0)), found = 0;
	long n = ok(lkl_sys_read(fd, buf, sizeof(buf) - 1));
	char *line, *save;

	ok(lkl_sys_close(fd));
	buf[n] = 0;
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned int flags = 0;

		sscanf(line, "%*s %*s %*s %*s %x", &flags);
		found |= flags & 0x40;
	}
	return found;
}

void wait_dad(void)
{
	int i;

	for (i = 0; i < 1000 && tentative(); i++)
		usleep(10000);
	ck_assert_msg(!tentative(), "an IPv6 address stays tentative");
}

int this_netns(void)
{
	return ok(lkl_sys_open("/proc/thread-self/ns/net", LKL_O_RDONLY, 0));
}

int own_netns(void)
{
	ok(lkl_sys_unshare(CLONE_NEWNET_));
	if_up(1, NULL, 0);
	return this_netns();
}

void enter_netns(int fd)
{
	ok(lkl_sys_setns(fd, CLONE_NEWNET_));
}

static uint16_t checksum(const uint8_t *p, int len)
{
	uint32_t sum = 0;
	int i;

	for (i = 0; i < len; i++)
		sum += p[i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static long echo(int fd, const void *to, int to_len, uint8_t *msg, int len, int reply, int ms)
{
	static __thread uint8_t answer[70000];
	uint64_t start = host_ns();
	struct lkl_pollfd pfd = { .fd = fd, .events = LKL_POLLIN };
	long ret = lkl_sys_sendto(fd, msg, len, 0, (void *)to, to_len);

	while (ret >= 0) {
		int left = ms - (int)((host_ns() - start) / 1000000);

		ret = left > 0 ? lkl_sys_poll(&pfd, 1, left) : 0;
		if (!ret)
			ret = -LKL_ETIMEDOUT;
		if (ret < 0)
			break;
		ret = lkl_sys_recv(fd, answer, sizeof(answer), 0);
		if (ret == len && answer[0] == reply && !memcmp(answer + 6, msg + 6, len - 6))
			return host_ns() - start;
	}
	return ret;
}

/* Ping sockets: the kernel fills the identifier, and takes IPv6's checksum on itself. */
static long ping_on(int family, const void *to, int to_len, int size, int ms)
{
	static uint16_t sequence;
	int proto = family == LKL_AF_INET ? 1 : 58, i;
	uint8_t *msg = calloc(1, 8 + size);
	uint16_t sum;
	long fd, ret;

	write_inside("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
	fd = lkl_sys_socket(family, LKL_SOCK_DGRAM, proto);
	if (fd < 0) {
		free(msg);
		return fd;
	}
	msg[0] = family == LKL_AF_INET ? 8 : 128;
	sequence++;
	memcpy(msg + 6, &sequence, 2);
	for (i = 0; i < size; i++)
		msg[8 + i] = i;
	sum = checksum(msg, 8 + size);
	memcpy(msg + 2, &sum, 2);
	ret = echo(fd, to, to_len, msg, 8 + size, family == LKL_AF_INET ? 0 : 129, ms);
	lkl_sys_close(fd);
	free(msg);
	return ret;
}

long ping(const char *ip, int size, int ms)
{
	struct lkl_sockaddr_in sin = addr4(ip, 0);

	return ping_on(LKL_AF_INET, &sin, sizeof(sin), size, ms);
}

long ping6(const char *ip, int ifindex, int size, int ms)
{
	struct lkl_sockaddr_in6 sin6 = {
		.sin6_family = LKL_AF_INET6,
		.sin6_scope_id = ifindex,
	};

	ck_assert_int_eq(inet_pton(AF_INET6, ip, &sin6.sin6_addr), 1);
	return ping_on(LKL_AF_INET6, &sin6, sizeof(sin6), size, ms);
}

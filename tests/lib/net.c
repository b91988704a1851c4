// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lkl_net.h>

#include "net.h"

uint32_t ip4(const char *text)
{
	struct in_addr addr;

	is(inet_pton(AF_INET, text, &addr), 1);
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

static struct lkl_ifreq request(int ifindex)
{
	struct lkl_ifreq ifr = { 0 };
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));

	ifr.lkl_ifr_ifindex = ifindex;
	ok(lkl_sys_ioctl(fd, LKL_SIOCGIFNAME, (lkl_long)&ifr));
	ok(lkl_sys_ioctl(fd, LKL_SIOCGIFFLAGS, (lkl_long)&ifr));
	ok(lkl_sys_close(fd));
	return ifr;
}

const char *if_name(int ifindex)
{
	static char name[LKL_IFNAMSIZ];
	struct lkl_ifreq ifr = request(ifindex);

	memcpy(name, ifr.lkl_ifr_name, sizeof(name));
	return name;
}

void set_dad(int ifindex, int on)
{
	char path[64];

	snprintf(path, sizeof(path), "net.ipv6.conf.%s.accept_dad", if_name(ifindex));
	ok(lkl_sysctl(path, on ? "1" : "0"));
}

void if_up(int ifindex, const char *ip, int len, const char *ip6)
{
	struct in6_addr addr6;

	set_dad(ifindex, 0);
	ok(lkl_if_up(ifindex));
	if (ip)
		ok(lkl_if_set_ipv4(ifindex, ip4(ip), len));
	if (!ip6)
		return;
	ck_assert_int_eq(inet_pton(AF_INET6, ip6, &addr6), 1);
	ok(lkl_if_set_ipv6(ifindex, &addr6, 64));
}

void set_gateways(const char *ip, const char *ip6)
{
	struct in6_addr addr6;

	ck_assert_int_eq(inet_pton(AF_INET6, ip6, &addr6), 1);
	ok(lkl_set_ipv4_gateway(ip4(ip)));
	ok(lkl_set_ipv6_gateway(&addr6));
}

int if_move(int ifindex, const char *netns)
{
	char name[LKL_IFNAMSIZ];
	int moved;

	strcpy(name, if_name(ifindex));
	ok(lkl_netns_move(ifindex, netns));
	ok(lkl_netns_enter(netns));
	moved = ok(lkl_ifname_to_ifindex(name));
	ok(lkl_netns_enter(NULL));
	return moved;
}

int if_wait_carrier(int ifindex, int up)
{
	int i;

	for (i = 0; i < 1000; i++) {
		if (!(request(ifindex).lkl_ifr_flags & LKL_IFF_RUNNING) == !up)
			return 1;
		usleep(10000);
	}
	return 0;
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

/*
 * Sends a request a second, as ping does: the kernel drops what it is given between the
 * carrier's coming and the start of the queues.
 */
static long echo(int fd, const void *to, int to_len, uint8_t *msg, int len, int reply, int ms)
{
	static __thread uint8_t answer[70000];
	uint64_t start = host_ns();
	struct lkl_pollfd pfd = { .fd = fd, .events = LKL_POLLIN };
	int elapsed = 0, next = 0;
	long ret = 0;

	while (ret >= 0) {
		int left = ms - elapsed;

		if (elapsed >= next && left > 0) {
			ret = lkl_sys_sendto(fd, msg, len, 0, (void *)to, to_len);
			next += 1000;
		}
		if (ret >= 0)
			ret = left > 0 ? lkl_sys_poll(&pfd, 1, left < 1000 ? left : 1000) : 0;
		elapsed = (host_ns() - start) / 1000000;
		if (!ret && elapsed >= ms)
			ret = -LKL_ETIMEDOUT;
		if (ret <= 0)
			continue;
		ret = lkl_sys_recv(fd, answer, sizeof(answer), 0);
		if (ret == len && answer[0] == reply && !memcmp(answer + 6, msg + 6, len - 6))
			return host_ns() - start;
	}
	return ret;
}

/* Ping sockets: the kernel fills the identifier, and takes IPv6's checksum on itself. */
static long ping_on(int family, const void *to, int to_len, int size, int ms)
{
	static uint32_t sequence;
	int proto = family == LKL_AF_INET ? 1 : 58, i;
	uint8_t *msg = calloc(1, 8 + size);
	uint16_t sum, number;
	long fd, ret;

	ok(lkl_sysctl("net.ipv4.ping_group_range", "0 2147483647"));
	fd = lkl_sys_socket(family, LKL_SOCK_DGRAM, proto);
	if (fd < 0) {
		free(msg);
		return fd;
	}
	msg[0] = family == LKL_AF_INET ? 8 : 128;
	number = __atomic_add_fetch(&sequence, 1, __ATOMIC_RELAXED);
	memcpy(msg + 6, &number, 2);
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

/* ---- traffic ---------------------------------------------------------------- */

/* Of no protocol that a dissector might look for. */
#define PORT 50007

/* Results are negative errno values on either side; Linux's numbers on both. */
static long result(const struct side *s, long ret)
{
	return s->on_host && ret < 0 ? -errno : ret;
}

static void enter(const struct side *s)
{
	if (!s->on_host)
		ok(lkl_netns_enter(s->netns));
}

static long s_socket(const struct side *s, int type)
{
	int family = strchr(s->ip, ':') ? AF_INET6 : AF_INET;

	return result(s, s->on_host ? (long)socket(family, type, 0) :
		      lkl_sys_socket(family, type, 0));
}

static void s_close(const struct side *s, int fd)
{
	if (s->on_host)
		close(fd);
	else
		lkl_sys_close(fd);
}

static long s_read(const struct side *s, int fd, void *buf, size_t len)
{
	return result(s, s->on_host ? recv(fd, buf, len, 0) :
		      lkl_sys_recv(fd, buf, len, 0));
}

static long s_write(const struct side *s, int fd, const void *buf, size_t len)
{
	return result(s, s->on_host ? send(fd, buf, len, MSG_NOSIGNAL) :
		      lkl_sys_send(fd, (void *)buf, len, LKL_MSG_NOSIGNAL));
}

/* A socket that does not answer for so long has failed. */
static void s_timeout(const struct side *s, int fd, int seconds)
{
	struct timeval tv = { .tv_sec = seconds };
	struct __lkl__kernel_old_timeval inside = { .tv_sec = seconds };

	if (s->on_host) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, (void *)&tv, sizeof(tv));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, (void *)&tv, sizeof(tv));
		return;
	}
	ok(lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_RCVTIMEO, (void *)&inside,
			      sizeof(inside)));
	ok(lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_SNDTIMEO, (void *)&inside,
			      sizeof(inside)));
}

static socklen_t address(const char *ip, struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;

	memset(addr, 0, sizeof(*addr));
	if (strchr(ip, ':')) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(PORT);
		is(inet_pton(AF_INET6, ip, &sin6->sin6_addr), 1);
		return sizeof(*sin6);
	}
	sin->sin_family = AF_INET;
	sin->sin_port = htons(PORT);
	sin->sin_addr.s_addr = ip4(ip);
	return sizeof(*sin);
}

static long s_connect(const struct side *s, int fd, const char *ip)
{
	struct sockaddr_storage addr;
	socklen_t len = address(ip, &addr);

	return result(s, s->on_host ? connect(fd, (struct sockaddr *)&addr, len) :
		      lkl_sys_connect(fd, (void *)&addr, len));
}

/* A socket bound to the side's own address. */
static long s_bound(const struct side *s, int type)
{
	struct sockaddr_storage addr;
	socklen_t len = address(s->ip, &addr);
	long fd = s_socket(s, type), ret;
	int one = 1;

	if (fd < 0)
		return fd;
	if (s->on_host)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (void *)&one, sizeof(one));
	else
		lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_REUSEADDR, (void *)&one,
				   sizeof(one));
	ret = result(s, s->on_host ? bind(fd, (struct sockaddr *)&addr, len) :
		     lkl_sys_bind(fd, (void *)&addr, len));
	if (!ret)
		return fd;
	s_close(s, fd);
	return ret;
}

static long s_listener(const struct side *s)
{
	long fd = s_bound(s, SOCK_STREAM), ret;

	if (fd < 0)
		return fd;
	ret = result(s, s->on_host ? listen(fd, 5) : lkl_sys_listen(fd, 5));
	if (!ret)
		return fd;
	s_close(s, fd);
	return ret;
}

static uint8_t pattern(long at)
{
	return at * 7 + (at >> 8) * 13 + (at >> 16);
}

struct receiver {
	const struct side *side;
	int fd;
	int seconds;
	long bytes;
};

static long receive(void *arg)
{
	struct receiver *r = arg;
	uint8_t *buf = malloc(1 << 18);
	long at = 0, n, i;
	int fd;

	enter(r->side);
	s_timeout(r->side, r->fd, r->seconds);
	fd = result(r->side, r->side->on_host ? (long)accept(r->fd, NULL, NULL) :
		    lkl_sys_accept(r->fd, NULL, NULL));
	if (fd < 0) {
		free(buf);
		return fd;
	}
	s_timeout(r->side, fd, r->seconds);
	while ((n = s_read(r->side, fd, buf, 1 << 18)) > 0)
		for (i = 0; i < n; i++, at++)
			if (buf[i] != pattern(at)) {
				fprintf(stderr, "byte %ld is %u, not %u\n", at, buf[i],
					pattern(at));
				n = -EILSEQ;
				break;
			}
	if (!n && at != r->bytes)
		n = -EPIPE;
	s_close(r->side, fd);
	free(buf);
	return n;
}

static long send_all(const struct side *from, int fd, long bytes, int chunk)
{
	uint8_t *buf = malloc(chunk);
	long at = 0, i, n = 0;

	while (at < bytes && n >= 0) {
		long len = bytes - at < chunk ? bytes - at : chunk, done = 0;

		for (i = 0; i < len; i++)
			buf[i] = pattern(at + i);
		while (done < len && n >= 0) {
			n = s_write(from, fd, buf + done, len - done);
			done += n > 0 ? n : 0;
		}
		at += len;
	}
	free(buf);
	return n < 0 ? n : 0;
}

long tcp_transfer(const struct side *from, const struct side *to, long bytes, int chunk,
		  int seconds)
{
	struct receiver r = { .side = to, .seconds = seconds, .bytes = bytes };
	long fd, ret, got;
	struct job *job;

	enter(to);
	r.fd = s_listener(to);
	if (r.fd < 0)
		return r.fd;
	job = run(receive, &r);
	enter(from);
	fd = s_socket(from, SOCK_STREAM);
	ret = fd;
	if (fd >= 0) {
		s_timeout(from, fd, seconds);
		ret = s_connect(from, fd, to->seen ?: to->ip);
		if (!ret)
			ret = send_all(from, fd, bytes, chunk);
		s_close(from, fd);
	}
	got = join(job);
	enter(to);
	s_close(to, r.fd);
	return ret ?: got;
}

static long echo_datagrams(void *arg)
{
	struct receiver *r = arg;
	struct sockaddr_storage from;
	char buf[65536];
	long n;

	enter(r->side);
	s_timeout(r->side, r->fd, r->seconds);
	for (;;) {
		int len = sizeof(from);

		n = result(r->side, r->side->on_host ?
			   recvfrom(r->fd, buf, sizeof(buf), 0, (void *)&from, (void *)&len) :
			   lkl_sys_recvfrom(r->fd, buf, sizeof(buf), 0, (void *)&from, &len));
		/* One byte is the end. */
		if (n <= 1)
			return n;
		if (r->side->on_host)
			sendto(r->fd, buf, n, 0, (void *)&from, len);
		else
			lkl_sys_sendto(r->fd, buf, n, 0, (void *)&from, len);
	}
}

/* Whether @want comes. Answers to earlier datagrams, for which nobody waited longer, are left out. */
static int s_answer(const struct side *s, int fd, const uint8_t *want, int size, uint8_t *buf)
{
	long n;

	do
		n = s_read(s, fd, buf, 65536);
	while (n >= 0 && (n != size || memcmp(buf, want, size)));
	return n == size;
}

/* A machine with much else to do leaves us alone for seconds. */
long udp_echo(const struct side *from, const struct side *to, int n, int size)
{
	struct receiver r = { .side = to, .seconds = 40 };
	uint8_t *buf = malloc(size), *back = malloc(65536);
	long fd, ret, right = 0;
	struct job *job;
	int i, k;

	enter(to);
	r.fd = s_bound(to, SOCK_DGRAM);
	if (r.fd < 0)
		return r.fd;
	job = run(echo_datagrams, &r);
	enter(from);
	fd = s_socket(from, SOCK_DGRAM);
	ret = fd < 0 ? fd : s_connect(from, fd, to->seen ?: to->ip);
	if (fd >= 0)
		s_timeout(from, fd, 10);
	for (i = 0; i < n && !ret; i++) {
		for (k = 0; k < size; k++)
			buf[k] = pattern(k + i);
		if (s_write(from, fd, buf, size) == size &&
		    s_answer(from, fd, buf, size, back))
			right++;
	}
	/* Until the other side has seen it: it may get lost. */
	for (i = 0; i < 3 && !ret; i++)
		s_write(from, fd, "", 1);
	join(job);
	s_close(from, fd);
	s_close(to, r.fd);
	free(buf);
	free(back);
	return ret ?: right;
}

/* ---- the neighbourhood ------------------------------------------------------- */

/* The host's numbers are Linux's where this is asked of it. */
static long s_setsockopt(const struct side *s, int fd, int level, int name, const void *value,
			 int len)
{
	return result(s, s->on_host ? setsockopt(fd, level, name, value, len) :
		      lkl_sys_setsockopt(fd, level, name, (char *)value, len));
}

static long s_sendto(const struct side *s, int fd, const void *buf, size_t len,
		     struct sockaddr_storage *to, socklen_t to_len)
{
	return result(s, s->on_host ? sendto(fd, buf, len, 0, (struct sockaddr *)to, to_len) :
		      lkl_sys_sendto(fd, (void *)buf, len, 0, (void *)to, to_len));
}

static int is_v6(const struct side *s)
{
	return strchr(s->ip, ':') != NULL;
}

static const char *group(const struct side *s)
{
	return is_v6(s) ? "ff15::4242" : "239.7.6.5";
}

static long join_group(const struct side *s, int fd, int ifindex)
{
	struct lkl_ipv6_mreq req6 = { .ipv6mr_ifindex = ifindex };
	struct lkl_ip_mreqn req = { .imr_ifindex = ifindex };

	if (is_v6(s)) {
		is(inet_pton(AF_INET6, group(s), &req6.ipv6mr_multiaddr), 1);
		return s_setsockopt(s, fd, LKL_IPPROTO_IPV6, LKL_IPV6_ADD_MEMBERSHIP, &req6,
				    sizeof(req6));
	}
	req.imr_multiaddr.s_addr = ip4(group(s));
	return s_setsockopt(s, fd, LKL_IPPROTO_IP, LKL_IP_ADD_MEMBERSHIP, &req, sizeof(req));
}

static long send_through(const struct side *s, int fd, int ifindex)
{
	struct lkl_ip_mreqn via = { .imr_ifindex = ifindex };

	return is_v6(s) ? s_setsockopt(s, fd, LKL_IPPROTO_IPV6, LKL_IPV6_MULTICAST_IF, &ifindex,
				       sizeof(ifindex)) :
		s_setsockopt(s, fd, LKL_IPPROTO_IP, LKL_IP_MULTICAST_IF, &via, sizeof(via));
}

long multicast(const struct side *from, int from_if, const struct side *to, int to_if)
{
	struct side any = *to, out = *from;
	struct sockaddr_storage addr;
	socklen_t len = address(group(to), &addr);
	long rx, tx, ret = -LKL_ETIMEDOUT;
	char buf[16];
	int i;

	any.ip = is_v6(to) ? "::" : "0.0.0.0";
	enter(to);
	rx = ok(s_bound(&any, SOCK_DGRAM));
	ok(join_group(to, rx, to_if));
	enter(from);
	/* Of the same family. */
	out.ip = to->ip;
	tx = ok(s_socket(&out, SOCK_DGRAM));
	ok(send_through(&out, tx, from_if));
	for (i = 0; i < 250 && ret; i++) {
		s_sendto(from, tx, "group", 5, &addr, len);
		usleep(20000);
		enter(to);
		if (result(to, to->on_host ? recv(rx, buf, sizeof(buf), LKL_MSG_DONTWAIT) :
			   lkl_sys_recv(rx, buf, sizeof(buf), LKL_MSG_DONTWAIT)) == 5)
			ret = memcmp(buf, "group", 5) ? -LKL_EILSEQ : 0;
		enter(from);
	}
	s_close(from, tx);
	s_close(to, rx);
	ok(lkl_netns_enter(NULL));
	return ret;
}

/* Whether the caller's interface @name has an address that starts so. */
static int has_address6(const char *hex, const char *name)
{
	static char buf[8192];
	int fd = ok(lkl_sys_open("/proc/net/if_inet6", LKL_O_RDONLY, 0));
	long n = ok(lkl_sys_read(fd, buf, sizeof(buf) - 1));
	char *line, *rest;

	ok(lkl_sys_close(fd));
	buf[n] = 0;
	for (line = strtok_r(buf, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, hex, strlen(hex)) && strstr(line, name))
			return 1;
	return 0;
}

long advertise(const struct side *from, int from_if, int to_if, int n)
{
	uint8_t ra[] = {
		134, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		/* the prefix, for addresses on the link, for an hour */
		3, 4, 64, 0xc0, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 0, 0,
		0xfd, 0xaa, 0, n, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	struct sockaddr_in6 all = { .sin6_family = AF_INET6, .sin6_scope_id = from_if };
	struct sockaddr_storage to = { 0 };
	char hex[16], name[LKL_IFNAMSIZ];
	int hops = 255, i, have = 0;
	long fd;

	is(inet_pton(AF_INET6, "ff02::1", &all.sin6_addr), 1);
	memcpy(&to, &all, sizeof(all));
	snprintf(hex, sizeof(hex), "fdaa%04x", n);
	strcpy(name, if_name(to_if));
	enter(from);
	fd = ok(result(from, from->on_host ? (long)socket(AF_INET6, SOCK_RAW, 58) :
		       lkl_sys_socket(LKL_AF_INET6, LKL_SOCK_RAW, 58)));
	ok(s_setsockopt(from, fd, LKL_IPPROTO_IPV6, LKL_IPV6_MULTICAST_HOPS, &hops, sizeof(hops)));
	/* Its own address there takes some time. */
	for (i = 0; i < 250 && !have; i++) {
		enter(from);
		s_sendto(from, fd, ra, sizeof(ra), &to, sizeof(all));
		usleep(20000);
		ok(lkl_netns_enter(NULL));
		have = has_address6(hex, name);
	}
	s_close(from, fd);
	return have ? 0 : -LKL_ETIMEDOUT;
}

long add_with_dad(int ifindex, const char *ip6)
{
	struct in6_addr addr;
	char path[80];
	long ret;

	is(inet_pton(AF_INET6, ip6, &addr), 1);
	/* Else it waits for up to a second before it asks. */
	snprintf(path, sizeof(path), "net.ipv6.conf.%s.router_solicitation_delay",
		 if_name(ifindex));
	ok(lkl_sysctl(path, "0"));
	set_dad(ifindex, 1);
	ret = lkl_if_set_ipv6(ifindex, &addr, 64);
	set_dad(ifindex, 0);
	if (ret == -LKL_EADDRINUSE)
		ok(lkl_if_del_ip(ifindex, LKL_AF_INET6, &addr, 64));
	return ret;
}

/* ---- frames ------------------------------------------------------------------ */

static unsigned int seed = 1;

unsigned int rnd(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

int random_frame(uint8_t buf[2000], const uint8_t *mac)
{
	static const uint8_t types[][2] = {
		{ 8, 0 }, { 0x86, 0xdd }, { 8, 6 }, { 0x81, 0 }, { 0x88, 0x47 },
		{ 0x88, 0xe5 }, { 0, 40 },
	};
	const uint8_t *type = types[rnd() % 7];
	int len = rnd() % 8 ? 14 + rnd() % 200 : 1 + rnd() % 1999, k;

	for (k = 0; k < len; k++)
		buf[k] = rnd();
	memcpy(buf, mac, 6);
	memcpy(buf + 12, type, 2);
	if (rnd() % 4) {
		buf[14] = type[0] == 8 ? 0x45 : 0x60;
		buf[16] = (len - 14) >> 8;
		buf[17] = len - 14;
		buf[23] = (uint8_t[]){ 1, 6, 17, 41, 47, 50, 132 }[rnd() % 7];
	}
	return len;
}

uint16_t sum16(const uint8_t *p, int len, uint32_t sum)
{
	int i;

	for (i = 0; i < len; i++)
		sum += p[i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

#define DATAGRAM_FRAME 46

/*
 * A UDP datagram with "abc" and @mark from @from to @to, in a frame to @mac; @bit of the IP
 * packet is wrong unless negative.
 */
static void make_datagram(uint8_t f[DATAGRAM_FRAME], const uint8_t *mac, const char *from,
			  const char *to, char mark, int bit)
{
	static const uint8_t packet[] = {
		0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		PORT >> 8, PORT & 255, PORT >> 8, PORT & 255, 0, 12, 0, 0, 'a', 'b', 'c', 0,
	};
	uint32_t source = ip4(from), destination = ip4(to);
	uint8_t *ip = f + 14;
	uint16_t sum;

	memcpy(f, mac, 6);
	memcpy(f + 6, "\2\0\0\0\0\1\10", 8);
	memcpy(ip, packet, sizeof(packet));
	memcpy(ip + 12, &source, 4);
	memcpy(ip + 16, &destination, 4);
	ip[31] = mark;
	sum = sum16(ip, 20, 0);
	ip[10] = sum >> 8;
	ip[11] = sum;
	/* With the pseudo header: addresses, protocol, length. */
	sum = sum16(ip + 12, 20, 17 + 12);
	ip[26] = sum >> 8;
	ip[27] = sum;
	if (bit >= 0)
		ip[bit / 8] ^= 1 << bit % 8;
}

int packet_socket(const struct side *s, int ifindex)
{
	struct lkl_sockaddr_ll addr = { .sll_family = LKL_AF_PACKET, .sll_ifindex = ifindex };
	int fd;

	enter(s);
	fd = ok(result(s, s->on_host ? (long)socket(LKL_AF_PACKET, SOCK_RAW, 0) :
		       lkl_sys_socket(LKL_AF_PACKET, LKL_SOCK_RAW, 0)));
	ok(result(s, s->on_host ? bind(fd, (struct sockaddr *)&addr, sizeof(addr)) :
		  lkl_sys_bind(fd, (void *)&addr, sizeof(addr))));
	return fd;
}

/* A full queue is no matter here, nor a frame that no interface takes. */
static void put_frame(const struct side *s, int fd, const void *frame, int len)
{
	long n = s_write(s, fd, frame, len);

	if (n != len && n != -LKL_ENOBUFS && n != -LKL_EAGAIN && n != -LKL_EINVAL &&
	    n != -LKL_EMSGSIZE)
		ck_abort_msg("a frame of %d bytes: %s", len, lkl_strerror(n));
}

void wrong_checksums(const struct side *from, int from_if, const struct side *to,
		     const uint8_t *mac)
{
	const char *to_ip = to->seen ?: to->ip;
	uint8_t frame[DATAGRAM_FRAME];
	int right = 0, tries = 0, rx, fd, i;
	char buf[16] = "";
	long n;

	enter(to);
	rx = ok(s_bound(to, SOCK_DGRAM));
	s_timeout(to, rx, 1);
	fd = packet_socket(from, from_if);
	for (i = 0; i < 8 * 32; i++) {
		make_datagram(frame, mac, from->ip, to_ip, 'x', i);
		put_frame(from, fd, frame, sizeof(frame));
		if (i % 32)
			continue;
		make_datagram(frame, mac, from->ip, to_ip, 'y', -1);
		put_frame(from, fd, frame, sizeof(frame));
	}
	make_datagram(frame, mac, from->ip, to_ip, 'z', -1);
	while (buf[3] != 'z') {
		put_frame(from, fd, frame, sizeof(frame));
		n = s_read(to, rx, buf, sizeof(buf));
		if (n == -LKL_EAGAIN && ++tries < 20)
			continue;
		/* The last one of an echo before, which nobody has waited for. */
		if (n == 1)
			continue;
		ck_assert_msg(n == 4 && !memcmp(buf, "abc", 3), "%ld: no datagram", n);
		ck_assert_msg(buf[3] != 'x', "a datagram with a wrong checksum");
		right += buf[3] == 'y';
	}
	ck_assert_msg(right, "nothing arrives");
	s_close(from, fd);
	s_close(to, rx);
	ok(lkl_netns_enter(NULL));
}

void senseless_frames(const struct side *from, int from_if, const uint8_t *mac)
{
	int fd = packet_socket(from, from_if), i;
	uint8_t frame[2000];

	for (i = 0; i < (test_all() ? 200000 : 10000); i++)
		put_frame(from, fd, frame, random_frame(frame, mac));
	s_close(from, fd);
	ok(lkl_netns_enter(NULL));
}

// SPDX-License-Identifier: GPL-2.0
/* A DHCP client: gets a lease, and a thread that keeps it. */
#include <stdio.h>
#include <string.h>

#include "dhcp.h"
#include "link.h"
#include "text.h"

/* Between two attempts, in ms; doubled each time. */
#define RETRY_FIRST_MS	1000
#define RETRY_LAST_MS	16000

#define CLIENTS_MAX	64

struct client {
	/* The interface: its number, 0 if this place is free, and its namespace. */
	int ifindex;
	uint64_t netns;
	int netns_fd;
	int sock;
	int packets;		/* a socket for them while there is no address, else -1 */
	int stop;		/* an eventfd: end, please */
	lkl_thread_t thread;	/* who keeps, or kept it, and was not joined; atomic */
	uint8_t mac[LKL_ETH_ALEN];
	struct dhcp_answer now;	/* what holds */
};

static struct client clients[CLIENTS_MAX];

static uint64_t now_ms(void)
{
	struct lkl_timespec ts = { 0 };

	lkl_sys_clock_gettime(LKL_CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/* ---- places --------------------------------------------------------------------- */

static long open_netns(uint64_t *ino)
{
	struct lkl_stat st;
	long fd, err;

	err = lkl_mount_fs("proc");
	if (err < 0)
		return err;
	fd = lkl_sys_open("/proc/thread-self/ns/net", LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	err = lkl_sys_fstat(fd, &st);
	if (err) {
		lkl_sys_close(fd);
		return err;
	}
	*ino = st.st_ino;
	return fd;
}

static struct client *find(int ifindex, uint64_t netns)
{
	int i;

	for (i = 0; i < CLIENTS_MAX; i++)
		if (__atomic_load_n(&clients[i].ifindex, __ATOMIC_ACQUIRE) == ifindex &&
		    clients[i].netns == netns)
			return &clients[i];
	return NULL;
}

/* The thread that had the place last has nothing more to do, but may not have ended yet. */
static void join_last(struct client *c)
{
	lkl_thread_t thread = __atomic_exchange_n(&c->thread, 0, __ATOMIC_ACQ_REL);

	if (thread)
		lkl_host_ops.thread_join(thread);
}

/* A free place, which is marked with a number that no interface has. */
static struct client *claim(void)
{
	int i, free;

	for (i = 0; i < CLIENTS_MAX; i++) {
		free = 0;
		if (__atomic_compare_exchange_n(&clients[i].ifindex, &free, -1, 0,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			join_last(&clients[i]);
			return &clients[i];
		}
	}
	return NULL;
}

/* Gives the place back; of a kernel that was halted (@gone) there is nothing to close. */
static void release(struct client *c, int gone)
{
	if (gone)
		goto free;
	lkl_sys_close(c->sock);
	lkl_sys_close(c->stop);
	lkl_sys_close(c->netns_fd);
free:
	__atomic_store_n(&c->ifindex, 0, __ATOMIC_RELEASE);
}

/* ---- the interface ----------------------------------------------------------------- */

static int note_mac(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_ifinfomsg *ifi = LKL_NLMSG_DATA(h);
	const struct lkl_nlattr *tb[LKL_IFLA_MAX + 1];

	lkl_nl_attrs(h, sizeof(*ifi), tb, LKL_IFLA_MAX);
	if (ifi->ifi_type != LKL_ARPHRD_ETHER || !tb[LKL_IFLA_ADDRESS] ||
	    lkl_nl_size(tb[LKL_IFLA_ADDRESS]) != LKL_ETH_ALEN)
		return -LKL_EOPNOTSUPP;
	memcpy(arg, lkl_nl_data(tb[LKL_IFLA_ADDRESS]), LKL_ETH_ALEN);
	return 0;
}

static int get_mac(int ifindex, uint8_t *mac)
{
	struct lkl_nl_msg m;

	lkl_link_init(&m, LKL_RTM_GETLINK, 0, ifindex);
	return lkl_nl_query(LKL_NETLINK_ROUTE, &m, note_mac, mac);
}

static long bind_socket(int fd, int ifindex)
{
	struct lkl_sockaddr_in sin = { .sin_family = LKL_AF_INET };
	int one = 1;
	long err;

	lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_BROADCAST, (char *)&one, sizeof(one));
	lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_REUSEADDR, (char *)&one, sizeof(one));
	err = lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_BINDTOIFINDEX, (char *)&ifindex,
				 sizeof(ifindex));
	sin.sin_port = __builtin_bswap16(DHCP_CLIENT_PORT);
	return err ? err : lkl_sys_bind(fd, (struct lkl_sockaddr *)&sin, sizeof(sin));
}

static long open_socket(int ifindex)
{
	long fd = lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM | LKL_SOCK_CLOEXEC, 0);
	long err;

	if (fd < 0)
		return fd;
	err = bind_socket(fd, ifindex);
	if (err) {
		lkl_sys_close(fd);
		return err;
	}
	return fd;
}

static void write_nameservers(const struct lkl_dhcp_lease *l)
{
	char text[3 * (LKL_ADDR_TEXT + 16)], addr[LKL_ADDR_TEXT];
	int i, len = 0;
	long fd;

	for (i = 0; i < 3 && l->dns[i]; i++)
		len += snprintf(text + len, sizeof(text) - len, "nameserver %s\n",
				lkl_format_addr(LKL_AF_INET, &l->dns[i], addr));
	if (!len)
		return;
	lkl_sys_mkdir("/etc", 0755);
	fd = lkl_sys_open("/etc/resolv.conf", LKL_O_WRONLY | LKL_O_CREAT | LKL_O_TRUNC, 0644);
	if (fd < 0)
		return;
	lkl_sys_write(fd, text, len);
	lkl_sys_close(fd);
}

static void drop_lease(struct client *c)
{
	struct lkl_dhcp_lease *l = &c->now.lease;

	if (l->addr)
		lkl_if_del_ip(c->ifindex, LKL_AF_INET, &l->addr, l->netmask_len);
	l->addr = 0;
}

static int apply(struct client *c, int ifindex, const struct dhcp_answer *a)
{
	int err, same = c->now.lease.addr == a->lease.addr &&
			c->now.lease.netmask_len == a->lease.netmask_len;

	if (!same)
		drop_lease(c);
	c->now = *a;
	if (same)
		return 0;
	if (a->mtu >= 576)
		lkl_if_set_mtu(ifindex, a->mtu);	/* what the device can't, it needn't */
	err = lkl_if_set_ipv4(ifindex, a->lease.addr, a->lease.netmask_len);
	if (!err && a->lease.router) {
		err = lkl_add_gateway(LKL_AF_INET, &a->lease.router);
		if (err == -LKL_EEXIST)
			err = 0;
	}
	write_nameservers(&a->lease);
	return err;
}

/* ---- the protocol ------------------------------------------------------------------- */

static long send_msg(struct client *c, enum dhcp_type type, uint32_t xid, uint32_t own,
		     uint32_t want, uint32_t server, int unicast)
{
	struct lkl_sockaddr_in to = { .sin_family = LKL_AF_INET };
	struct dhcp_msg m;
	size_t len = lkl_dhcp_build(&m, type, xid, c->mac, own, want, server);

	if (c->packets >= 0)
		return lkl_dhcp_shout(c->packets, &m, len);
	to.sin_port = __builtin_bswap16(DHCP_SERVER_PORT);
	to.sin_addr.s_addr = unicast ? c->now.lease.server : LKL_INADDR_BROADCAST;
	return lkl_sys_sendto(c->sock, &m, len, 0, (struct lkl_sockaddr *)&to, sizeof(to));
}

/*
 * Waits until @deadline for the answer to @xid. 0, -ETIMEDOUT, -ECANCELED if the client
 * shall end, or err.
 */
static long wait_answer(struct client *c, uint32_t xid, uint64_t deadline,
			struct dhcp_answer *a)
{
	struct lkl_pollfd fds[] = {
		{ .fd = c->packets >= 0 ? c->packets : c->sock, .events = LKL_POLLIN },
		{ .fd = c->stop, .events = LKL_POLLIN },
	};
	struct dhcp_msg m;
	uint64_t now;
	long got;

	for (;;) {
		now = now_ms();
		got = lkl_sys_poll(fds, 2, deadline <= now ? 0 :
				   deadline - now > 1000000 ? 1000000 : deadline - now);
		if (got < 0)
			return got;
		if (fds[1].revents)
			return -LKL_ECANCELED;
		if (!got && now >= deadline)
			return -LKL_ETIMEDOUT;
		if (!fds[0].revents)
			continue;
		got = c->packets >= 0 ? lkl_dhcp_hear(c->packets, &m) :
		      lkl_sys_recv(c->sock, &m, sizeof(m), LKL_MSG_DONTWAIT);
		if (got > 0 && !lkl_dhcp_parse(&m, got, xid, c->mac, a))
			return 0;
		/* An error such as a port that is unreachable; the device may be down, or gone. */
		if (got < 0 && got != -LKL_EAGAIN && got != -LKL_ECONNREFUSED &&
		    got != -LKL_ENETDOWN)
			return got;
	}
}

/*
 * Sends a request of @type again and again until it is answered or @deadline. @a: says
 * whom and what to ask for; filled with the answer.
 */
static long exchange(struct client *c, enum dhcp_type type, uint32_t own, int unicast,
		     uint64_t deadline, struct dhcp_answer *a)
{
	uint32_t want = own ? 0 : a->lease.addr, server = own ? 0 : a->lease.server, xid = 0;
	unsigned int pause = RETRY_FIRST_MS;
	uint64_t until;
	long err;

	lkl_sys_getrandom((char *)&xid, sizeof(xid), 0);
	do {
		err = send_msg(c, type, xid, own, want, server, unicast);
		if (err == -LKL_ESHUTDOWN || err == -LKL_ENODEV)
			return err;
		until = now_ms() + pause;
		err = wait_answer(c, xid, until < deadline ? until : deadline, a);
		if (!err && type == DHCP_DISCOVER && a->type != DHCP_OFFER)
			err = -LKL_ETIMEDOUT;
		if (!err && type == DHCP_REQUEST && a->type != DHCP_ACK && a->type != DHCP_NAK)
			err = -LKL_ETIMEDOUT;
		if (pause < RETRY_LAST_MS)
			pause *= 2;
	} while (err == -LKL_ETIMEDOUT && now_ms() < deadline);
	return err;
}

/* Fills in the times that the server left out; as RFC 2131 has them. */
static void complete(struct dhcp_answer *a)
{
	uint32_t s = a->lease.seconds ? a->lease.seconds : UINT32_MAX;

	a->lease.seconds = s;
	if (!a->rebind || a->rebind > s)
		a->rebind = s - s / 8;
	if (!a->renew || a->renew > a->rebind)
		a->renew = s / 2;
}

static long acquire(struct client *c, int ifindex, uint64_t deadline, struct dhcp_answer *a)
{
	long err = lkl_dhcp_open(ifindex);

	if (err < 0)
		return err;
	c->packets = err;
	do {
		memset(a, 0, sizeof(*a));
		err = exchange(c, DHCP_DISCOVER, 0, 0, deadline, a);
		if (!err)
			err = exchange(c, DHCP_REQUEST, 0, 0, deadline, a);
	} while (!err && a->type == DHCP_NAK && now_ms() < deadline);
	if (!err && a->type == DHCP_NAK)
		err = -LKL_ETIMEDOUT;
	if (!err)
		complete(a);
	lkl_sys_close(c->packets);
	c->packets = -1;
	return err;
}

/* Waits until @deadline, unless the client shall end. */
static long pause_until(struct client *c, uint64_t deadline)
{
	struct dhcp_answer ignored;
	long err = wait_answer(c, 0, deadline, &ignored);

	return err == -LKL_ETIMEDOUT ? 0 : err;
}

/* Keeps the lease that @c has until it ends; 0 then, or err. */
static long keep(struct client *c)
{
	uint64_t start = now_ms(), renew, rebind, end;
	struct dhcp_answer a;
	long err;

	for (;;) {
		renew = start + c->now.renew * 1000ULL;
		rebind = start + c->now.rebind * 1000ULL;
		end = start + c->now.lease.seconds * 1000ULL;
		if (c->now.lease.seconds == UINT32_MAX)
			renew = UINT64_MAX;
		err = pause_until(c, renew);
		if (err)
			return err;
		start = now_ms();
		a = c->now;
		err = exchange(c, DHCP_REQUEST, a.lease.addr, 1, rebind, &a);
		if (err == -LKL_ETIMEDOUT) {
			a = c->now;
			err = exchange(c, DHCP_REQUEST, a.lease.addr, 0, end, &a);
		}
		if (err == -LKL_ETIMEDOUT || (!err && a.type == DHCP_NAK))
			return 0;
		if (err)
			return err;
		complete(&a);
		err = apply(c, c->ifindex, &a);
		if (err)
			return err;
	}
}

static void LKL_ABI keeper(void *arg)
{
	struct client *c = arg;
	struct dhcp_answer a;
	long err;
	int gone;

	__atomic_store_n(&c->thread, lkl_host_ops.thread_self(), __ATOMIC_RELEASE);
	err = lkl_sys_setns(c->netns_fd, LKL_CLONE_NEWNET);
	while (!err) {
		err = keep(c);
		if (err)
			break;
		drop_lease(c);
		do {
			err = acquire(c, c->ifindex, now_ms() + 60000, &a);
		} while (err == -LKL_ETIMEDOUT);
		if (!err)
			err = apply(c, c->ifindex, &a);
	}
	if (err == -LKL_ECANCELED && c->now.lease.addr)
		send_msg(c, DHCP_RELEASE, 0, c->now.lease.addr, 0, c->now.lease.server, 1);
	gone = err == -LKL_ESHUTDOWN || !lkl_is_running();
	if (!gone)
		drop_lease(c);
	release(c, gone);
}

/* Opens what the client works with, in a place that was claimed. */
static int open_client(struct client *c, int ifindex)
{
	c->sock = -1;
	c->packets = -1;
	c->stop = -1;
	memset(&c->now, 0, sizeof(c->now));
	c->netns_fd = open_netns(&c->netns);
	if (c->netns_fd < 0)
		return c->netns_fd;
	if (find(ifindex, c->netns))
		return -LKL_EALREADY;
	c->stop = lkl_sys_eventfd2(0, LKL_EFD_CLOEXEC);
	c->sock = open_socket(ifindex);
	return c->stop < 0 ? c->stop : c->sock < 0 ? c->sock : 0;
}

int lkl_dhcp(int ifindex, unsigned int timeout_ms, struct lkl_dhcp_lease *lease)
{
	uint8_t mac[LKL_ETH_ALEN];
	struct dhcp_answer a;
	struct client *c;
	long err;

	err = get_mac(ifindex, mac);
	if (!err)
		err = lkl_if_up(ifindex);
	if (err)
		return err;
	c = claim();
	if (!c)
		return -LKL_ENFILE;
	memcpy(c->mac, mac, sizeof(mac));
	err = open_client(c, ifindex);
	/* now_ms() is rounded down: without the one it would be too early. */
	if (!err)
		err = acquire(c, ifindex, now_ms() + 1 + timeout_ms, &a);
	if (!err)
		err = apply(c, ifindex, &a);
	if (err)
		goto release;
	if (lease)
		*lease = a.lease;
	__atomic_store_n(&c->ifindex, ifindex, __ATOMIC_RELEASE);
	if (lkl_host_ops.thread_create(keeper, c))
		return 0;
	err = -LKL_EAGAIN;
	drop_lease(c);
release:
	release(c, !lkl_is_running());
	return err;
}

void lkl_dhcp_halted(void)
{
	struct lkl_sem *pause = lkl_host_ops.sem_alloc(0);
	int i;

	/* Whatever they do fails now, which is how they end. */
	for (i = 0; i < CLIENTS_MAX; i++)
		while (__atomic_load_n(&clients[i].ifindex, __ATOMIC_ACQUIRE) > 0)
			lkl_host_ops.sem_down_until(pause, lkl_host_ops.time() + 100000);
	lkl_host_ops.sem_free(pause);
	/* They are threads of the library's: none is left that lkl_cleanup() could run into. */
	for (i = 0; i < CLIENTS_MAX; i++)
		join_last(&clients[i]);
}

void lkl_dhcp_forked(void)
{
	int i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		clients[i].ifindex = 0;
		clients[i].thread = 0;
	}
}

int lkl_dhcp_stop(int ifindex)
{
	struct lkl_timespec pause = { .tv_nsec = 1000000 };
	uint64_t netns, one = 1;
	struct client *c;
	long fd;

	fd = open_netns(&netns);
	if (fd < 0)
		return fd;
	lkl_sys_close(fd);
	c = ifindex > 0 ? find(ifindex, netns) : NULL;
	if (!c)
		return -LKL_ENOENT;
	lkl_sys_write(c->stop, (char *)&one, sizeof(one));
	while (find(ifindex, netns) == c)
		lkl_sys_nanosleep(&pause, NULL);
	return 0;
}

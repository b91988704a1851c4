// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices without privileges: each way to join two of them, both in the same
 * kernel, in two of its network namespaces. time limit: 300 s
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lkl_net.h>

#include "net.h"

#define IP_A	"10.9.0.1"
#define IP_B	"10.9.0.2"
#define IP_NOBODY "10.9.0.99"
#define IP6_A	"fd09::1"
#define IP6_B	"fd09::2"

static const struct side A = { .ip = IP_A }, B = { .netns = "b", .ip = IP_B };
static const struct side A6 = { .ip = IP6_A }, B6 = { .netns = "b", .ip = IP6_B };

/* Two devices, the first in the namespace of the test, the other in "b". */
struct joined {
	struct lkl_netdev *end[2];
	int id[2];
	int ifindex[2];
	int mtu;
};

static struct lkl_netdev *open_dev(const char *type, const char *param, unsigned int offload)
{
	struct lkl_netdev *nd = NULL;
	char why[256] = "";
	int err = lkl_netdev_open(type, param, offload, why, sizeof(why), &nd);

	ck_assert_msg(!err, "%s %s: %s", type, param, why);
	return nd;
}

/* ---- a device of the application: a loop of frames in memory -------------------- */

#define LOOP_FRAMES	64

struct frame {
	int len;
	char data[70000];
};

struct loop {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct frame ring[LOOP_FRAMES];
	unsigned int head, tail;
	int hup;
	int wants_room;
};

struct app_dev {
	struct lkl_netdev nd;
	struct loop *in, *out;
};

static int app_tx(struct lkl_netdev *nd, struct iovec *iov, int cnt)
{
	struct loop *l = ((struct app_dev *)nd)->out;
	struct frame *f;
	int i;

	pthread_mutex_lock(&l->lock);
	if (l->head - l->tail == LOOP_FRAMES) {
		__atomic_store_n(&l->wants_room, 1, __ATOMIC_SEQ_CST);
		pthread_mutex_unlock(&l->lock);
		return -1;
	}
	f = &l->ring[l->head % LOOP_FRAMES];
	for (f->len = 0, i = 0; i < cnt; i++) {
		memcpy(f->data + f->len, iov[i].iov_base, iov[i].iov_len);
		f->len += iov[i].iov_len;
	}
	__atomic_store_n(&l->head, l->head + 1, __ATOMIC_SEQ_CST);
	pthread_cond_broadcast(&l->cond);
	pthread_mutex_unlock(&l->lock);
	return f->len;
}

/* The sender polls its own incoming loop. */
static struct app_dev *app_ends;

static int app_rx(struct lkl_netdev *nd, struct iovec *iov, int cnt)
{
	struct app_dev *a = (struct app_dev *)nd;
	struct loop *l = a->in;
	struct frame *f;
	int i, at = 0;

	pthread_mutex_lock(&l->lock);
	if (l->head == l->tail) {
		pthread_mutex_unlock(&l->lock);
		return -1;
	}
	f = &l->ring[l->tail % LOOP_FRAMES];
	for (i = 0; i < cnt && at < f->len; i++) {
		int part = (int)iov[i].iov_len < f->len - at ? (int)iov[i].iov_len :
			   f->len - at;

		memcpy(iov[i].iov_base, f->data + at, part);
		at += part;
	}
	__atomic_store_n(&l->tail, l->tail + 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&l->lock);
	/* Its sender may be waiting for this. */
	pthread_mutex_lock(&a->out->lock);
	pthread_mutex_unlock(&a->out->lock);
	pthread_mutex_lock(&app_ends[a == app_ends].in->lock);
	pthread_cond_broadcast(&app_ends[a == app_ends].in->cond);
	pthread_mutex_unlock(&app_ends[a == app_ends].in->lock);
	return at;
}

static int app_poll(struct lkl_netdev *nd)
{
	struct app_dev *a = (struct app_dev *)nd;
	int what = 0;

	pthread_mutex_lock(&a->in->lock);
	while (!what) {
		unsigned int tail = __atomic_load_n(&a->out->tail, __ATOMIC_ACQUIRE);

		if (a->in->hup)
			what |= LKL_DEV_NET_POLL_HUP;
		if (a->in->head != a->in->tail)
			what |= LKL_DEV_NET_POLL_RX;
		if (__atomic_load_n(&a->out->head, __ATOMIC_SEQ_CST) - tail < LOOP_FRAMES &&
		    __atomic_exchange_n(&a->out->wants_room, 0, __ATOMIC_SEQ_CST)) {
			what |= LKL_DEV_NET_POLL_TX;
		}
		if (!what)
			pthread_cond_wait(&a->in->cond, &a->in->lock);
	}
	pthread_mutex_unlock(&a->in->lock);
	return what;
}

static void app_hup(struct lkl_netdev *nd)
{
	struct loop *l = ((struct app_dev *)nd)->in;

	pthread_mutex_lock(&l->lock);
	l->hup = 1;
	pthread_cond_broadcast(&l->cond);
	pthread_mutex_unlock(&l->lock);
}

static int freed;

static void app_free(struct lkl_netdev *nd)
{
	freed++;
}

static void join_app(struct lkl_netdev *end[2], unsigned int offload)
{
	static struct lkl_dev_net_ops ops = { app_tx, app_rx, app_poll, app_hup, app_free };
	static struct app_dev ends[2];
	static struct loop loops[2];
	int i;

	for (i = 0; i < 2; i++) {
		pthread_mutex_init(&loops[i].lock, NULL);
		pthread_cond_init(&loops[i].cond, NULL);
		loops[i].hup = 0;
		loops[i].head = loops[i].tail;
		ends[i].nd.ops = &ops;
		ends[i].nd.has_vnet_hdr = !!offload;
		ends[i].in = &loops[i];
		ends[i].out = &loops[!i];
		end[i] = &ends[i].nd;
	}
	app_ends = ends;
}

/* ---- the ways to join ------------------------------------------------------------- */

static const char *file(const char *name)
{
	static char paths[4][200];
	static int next;
	const char *dir = getenv("LKL_TEST_TMP");
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s.%d", dir ? dir : "/tmp", name, getpid());
	return path;
}

static void join_param(struct lkl_netdev *end[2], const char *type, const char *a,
		       const char *b, unsigned int offload)
{
	end[0] = open_dev(type, a, offload);
	end[1] = open_dev(type, b, offload);
}

static void join_pair(struct lkl_netdev *end[2], unsigned int offload)
{
	ok(lkl_netdev_pair_create(end, offload));
}

static void join_shm(struct lkl_netdev *end[2], unsigned int offload)
{
	const char *path = file("shm");

	join_param(end, "shm", path, path, offload);
	unlink(path);
}

static void join_two(struct lkl_netdev *end[2], const char *type, unsigned int offload)
{
	const char *one = file("one"), *two = file("two");
	char a[512], b[512];

	snprintf(a, sizeof(a), "%s|%s", one, two);
	snprintf(b, sizeof(b), "%s|%s", two, one);
	join_param(end, type, a, b, offload);
}

static void join_pipe(struct lkl_netdev *end[2], unsigned int offload)
{
	join_two(end, "pipe", offload);
	unlink(file("one"));
	unlink(file("two"));
}

static void join_dgram(struct lkl_netdev *end[2], unsigned int offload)
{
	join_two(end, "dgram", offload);
}

static void join_stream(struct lkl_netdev *end[2], unsigned int offload)
{
	const char *path = file("stream");
	char listen[256];

	snprintf(listen, sizeof(listen), "listen:%s", path);
	join_param(end, "stream", listen, path, offload);
}

static void join_fds(struct lkl_netdev *end[2], const char *name, int type)
{
	char a[16], b[16];
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, type, 0, fd), 0);
	snprintf(a, sizeof(a), "fd:%d", fd[0]);
	snprintf(b, sizeof(b), "fd:%d", fd[1]);
	join_param(end, name, a, b, 0);
	close(fd[0]);
	close(fd[1]);
}

static void join_stream_fd(struct lkl_netdev *end[2], unsigned int offload)
{
	join_fds(end, "stream", SOCK_STREAM);
}

static void join_dgram_fd(struct lkl_netdev *end[2], unsigned int offload)
{
	join_fds(end, "dgram", SOCK_DGRAM);
}

static void join_vde(struct lkl_netdev *end[2], unsigned int offload)
{
	const char *path = file("vde");

	join_param(end, "vde", path, path, offload);
}

static const struct way {
	const char *name;
	void (*join)(struct lkl_netdev *end[2], unsigned int offload);
	int offloads;
	/* The largest that both take. */
	int mtu;
} ways[] = {
	{ "pair", join_pair, 1, 65521 },
	{ "shm", join_shm, 1, 65521 },
	{ "pipe", join_pipe, 1, 65521 },
	{ "stream", join_stream, 0, 65521 },
	{ "stream_fd", join_stream_fd, 0, 65521 },
	{ "dgram", join_dgram, 0, 65521 },
	{ "dgram_fd", join_dgram_fd, 0, 65521 },
	{ "application", join_app, 1, 65521 },
};

/* Through a switch, which is there in a test of its own. */
static const struct way vde_way = { "vde", join_vde, 0, 1500 };

static void plug(struct joined *j)
{
	int i;

	ok(lkl_netns_add("b"));
	for (i = 0; i < 2; i++) {
		j->id[i] = ok(lkl_netdev_add(j->end[i], NULL));
		j->ifindex[i] = ok(lkl_netdev_get_ifindex(j->id[i]));
		ck_assert_int_gt(j->ifindex[i], 0);
	}
	j->ifindex[1] = if_move(j->ifindex[1], "b");
	if_up(j->ifindex[0], IP_A, 24, IP6_A);
	ck_assert(if_wait_carrier(j->ifindex[0], 1));
	ok(lkl_netns_enter("b"));
	if_up(j->ifindex[1], IP_B, 24, IP6_B);
	ck_assert(if_wait_carrier(j->ifindex[1], 1));
	ok(lkl_netns_enter(NULL));
}

static void join_up(struct joined *j, const struct way *way, unsigned int offload)
{
	way->join(j->end, offload);
	j->mtu = way->mtu;
	plug(j);
}

static void part(struct joined *j)
{
	int i;

	for (i = 0; i < 2; i++) {
		ok(lkl_netdev_remove(j->id[i]));
		lkl_netdev_free(j->end[i]);
	}
	ok(lkl_netns_del("b"));
}

static void set_mtu(struct joined *j, int mtu)
{
	ok(lkl_if_set_mtu(j->ifindex[0], mtu));
	ok(lkl_netns_enter("b"));
	ok(lkl_if_set_mtu(j->ifindex[1], mtu));
	ok(lkl_netns_enter(NULL));
}

/* Frames of any kind, with and without sense. */
static void bad_frames(struct joined *j)
{
	const struct side *side[] = { &A, &B };

	for (int i = 0; i < 2; i++) {
		wrong_checksums(side[i], j->ifindex[i], side[!i], j->end[!i]->mac);
		senseless_frames(side[i], j->ifindex[i], j->end[!i]->mac);
	}
	is(lkl_is_running(), 1);
	ok(ping(IP_B, 56, 5000));
}

/* The whole path: echo, fragments, UDP, TCP both ways, IPv4 and IPv6, large and bad frames. */
static void traffic(struct joined *j, long bytes)
{
	ok(ping(IP_B, 56, 5000));
	ok(ping(IP_B, 20000, 5000));
	ok(ping6(IP6_B, 0, 56, 5000));
	ok(ping6(IP6_B, 0, 20000, 5000));
	is(udp_echo(&A, &B, 50, 100), 50);
	is(udp_echo(&A6, &B6, 20, 8000), 20);
	is(tcp_transfer(&A, &B, bytes, 65536, 60), 0);
	is(tcp_transfer(&B, &A, bytes, 1000, 60), 0);
	is(tcp_transfer(&A6, &B6, bytes, 65536, 60), 0);
	is(tcp_transfer(&B6, &A6, bytes, 65536, 60), 0);
	bad_frames(j);
	set_mtu(j, j->mtu);
	ok(ping(IP_B, 60000, 5000));
	is(tcp_transfer(&B, &A, bytes, 65536, 60), 0);
	set_mtu(j, 1500);
}

/*
 * What lies beyond one peer: groups, an address that is taken, one that a router advertises,
 * a narrow link behind the peer, who forwards.
 */
static void neighbourhood(struct joined *j)
{
	static const struct side far = { .netns = "c", .ip = "10.8.0.2" };
	static const struct side far6 = { .netns = "c", .ip = "fd08::2" };
	static int n;
	struct lkl_netdev *end[2];
	int id[2], ifindex[2], i;

	ok(multicast(&A, j->ifindex[0], &B, j->ifindex[1]));
	ok(multicast(&B, j->ifindex[1], &A, j->ifindex[0]));
	ok(multicast(&A6, j->ifindex[0], &B6, j->ifindex[1]));
	ok(multicast(&B6, j->ifindex[1], &A6, j->ifindex[0]));
	fails(add_with_dad(j->ifindex[0], IP6_B), LKL_EADDRINUSE);
	ok(add_with_dad(j->ifindex[0], "fd09::77"));
	ok(advertise(&B, j->ifindex[1], j->ifindex[0], ++n));

	ok(lkl_netns_add("c"));
	ok(lkl_netdev_pair_create(end, LKL_NET_OFFLOAD_ALL));
	/* The first one has the name that is taken in "b". */
	for (i = 1; i >= 0; i--)
		id[i] = ok(lkl_netdev_add(end[i], NULL));
	for (i = 0; i < 2; i++) {
		ok(lkl_netns_enter(NULL));
		ifindex[i] = if_move(ok(lkl_netdev_get_ifindex(id[i])), i ? "c" : "b");
		ok(lkl_netns_enter(i ? "c" : "b"));
		ok(lkl_if_set_mtu(ifindex[i], 1280));
		if_up(ifindex[i], i ? far.ip : "10.8.0.1", 24, i ? far6.ip : "fd08::1");
	}
	set_gateways("10.8.0.1", "fd08::1");
	ok(lkl_netns_enter("b"));
	ok(lkl_sysctl("net.ipv4.ip_forward", "1"));
	ok(lkl_sysctl("net.ipv6.conf.all.forwarding", "1"));
	ok(lkl_netns_enter(NULL));
	set_gateways(IP_B, IP6_B);
	ok(ping(far.ip, 56, 5000));
	is(tcp_transfer(&A, &far, 1 << 20, 65536, 60), 0);
	is(tcp_transfer(&far, &A, 1 << 20, 65536, 60), 0);
	is(tcp_transfer(&A6, &far6, 1 << 20, 65536, 60), 0);
	is(tcp_transfer(&far6, &A6, 1 << 20, 65536, 60), 0);
	for (i = 0; i < 2; i++) {
		ok(lkl_netdev_remove(id[i]));
		lkl_netdev_free(end[i]);
	}
	ok(lkl_netns_del("c"));
}

START_TEST(ways_and_neighbours)
{
	struct joined j;
	int i;

	for (i = 0; i < COUNT(ways); i++) {
		fprintf(stderr, "# %s\n", ways[i].name);
		join_up(&j, &ways[i], ways[i].offloads ? LKL_NET_OFFLOAD_ALL : 0);
		neighbourhood(&j);
		part(&j);
	}
}
END_TEST

static void all_ways(unsigned int offload)
{
	struct joined j;
	int i;

	for (i = 0; i < COUNT(ways); i++) {
		if (!ways[i].offloads && offload)
			continue;
		fprintf(stderr, "# %s, offload %x\n", ways[i].name, offload);
		join_up(&j, &ways[i], offload);
		traffic(&j, test_all() ? 64 << 20 : 2 << 20);
		part(&j);
	}
}

START_TEST(ways_with_offloads)
{
	all_ways(LKL_NET_OFFLOAD_ALL);
}
END_TEST

START_TEST(ways_without_offloads)
{
	all_ways(0);
}
END_TEST

START_TEST(ways_with_some_offloads)
{
	all_ways(LKL_NET_CSUM | LKL_NET_GUEST_CSUM);
	/* Segments need checksums: these come to nothing. */
	all_ways(LKL_NET_HOST_TSO4 | LKL_NET_GUEST_TSO4);
}
END_TEST

/* ---- the device -------------------------------------------------------------------- */

/* One end without checksum offload: what comes unfinished is finished for it. */
START_TEST(offloads_differ)
{
	static const struct way app = { "application", join_app, 1, 65521 };
	struct lkl_netdev_args none = { .offload = 0 };
	struct joined j;
	int i;

	app.join(j.end, LKL_NET_OFFLOAD_ALL);
	ok(lkl_netns_add("b"));
	j.id[0] = ok(lkl_netdev_add(j.end[0], &(struct lkl_netdev_args){
			.offload = LKL_NET_CSUM | LKL_NET_GUEST_CSUM }));
	j.id[1] = ok(lkl_netdev_add(j.end[1], &none));
	for (i = 0; i < 2; i++)
		j.ifindex[i] = ok(lkl_netdev_get_ifindex(j.id[i]));
	j.ifindex[1] = if_move(j.ifindex[1], "b");
	if_up(j.ifindex[0], IP_A, 24, IP6_A);
	ok(lkl_netns_enter("b"));
	if_up(j.ifindex[1], IP_B, 24, IP6_B);
	ok(lkl_netns_enter(NULL));
	is(udp_echo(&A, &B, 20, 1001), 20);
	is(udp_echo(&A6, &B6, 20, 1000), 20);
	is(tcp_transfer(&A, &B, 1 << 20, 65536, 60), 0);
	is(tcp_transfer(&B6, &A6, 1 << 20, 65536, 60), 0);
	part(&j);
}
END_TEST

START_TEST(addresses)
{
	uint8_t mac[6] = { 2, 1, 2, 3, 4, 5 }, bad[6] = { 3, 1, 2, 3, 4, 5 }, other[6];
	struct lkl_netdev_args args = { .mac = mac, .offload = 0 };
	struct lkl_netdev *end[2];
	struct lkl_ifreq ifr = { 0 };
	int id, id2, fd, ifindex;

	ok(lkl_netdev_pair_create(end, 0));
	args.mac = bad;
	fails(lkl_netdev_add(end[0], &args), LKL_EINVAL);
	args.mac = mac;
	id = ok(lkl_netdev_add(end[0], &args));
	is(end[0]->id, id);
	is(memcmp(end[0]->mac, mac, 6), 0);
	fails(lkl_netdev_add(end[0], &args), LKL_EBUSY);
	ifindex = ok(lkl_netdev_get_ifindex(id));
	fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	strcpy(ifr.lkl_ifr_name, if_name(ifindex));
	ok(lkl_sys_ioctl(fd, LKL_SIOCGIFHWADDR, (long)&ifr));
	is(memcmp(ifr.lkl_ifr_hwaddr.sa_data, mac, 6), 0);
	/* The kernel's own choice, and the application's later one. */
	id2 = ok(lkl_netdev_add(end[1], NULL));
	is(end[1]->mac[0] & 3, 2);
	mac[5] = 9;
	memcpy(other, mac, 6);
	ok(lkl_if_set_mac(ifindex, other));
	is(memcmp(end[0]->mac, mac, 6), 0);
	ok(lkl_netdev_remove(id));
	fails(lkl_netdev_remove(id), LKL_ENOENT);
	fails(lkl_netdev_get_ifindex(id), LKL_ENOENT);
	ok(lkl_netdev_remove(id2));
	fails(lkl_netdev_remove(-1), LKL_ENOENT);
	fails(lkl_netdev_set_link(id, 1), LKL_ENOENT);
	/* Once more, and free without adding. */
	id = ok(lkl_netdev_add(end[0], NULL));
	ok(lkl_netdev_remove(id));
	lkl_netdev_free(end[0]);
	lkl_netdev_free(end[1]);
	lkl_netdev_free(NULL);
}
END_TEST

START_TEST(link_state)
{
	struct joined j;

	join_up(&j, &ways[0], LKL_NET_OFFLOAD_ALL);
	ok(ping(IP_B, 56, 5000));
	ok(lkl_netdev_set_link(j.id[0], 0));
	ck_assert(if_wait_carrier(j.ifindex[0], 0));
	ck_assert_int_lt(ping(IP_B, 56, 300), 0);
	ok(lkl_netdev_set_link(j.id[0], 1));
	ck_assert(if_wait_carrier(j.ifindex[0], 1));
	ok(ping(IP_B, 56, 5000));
	/* The other end is pulled out. */
	ok(lkl_netdev_remove(j.id[1]));
	ck_assert(if_wait_carrier(j.ifindex[0], 0));
	lkl_netdev_free(j.end[1]);
	ok(lkl_netdev_remove(j.id[0]));
	lkl_netdev_free(j.end[0]);
}
END_TEST

/* Who listens is there again for the next one. */
START_TEST(reconnect)
{
	const char *path = file("again");
	char param[256];
	struct joined j;
	int i;

	snprintf(param, sizeof(param), "listen:%s", path);
	j.end[0] = open_dev("stream", param, 0);
	j.id[0] = ok(lkl_netdev_add(j.end[0], NULL));
	j.ifindex[0] = ok(lkl_netdev_get_ifindex(j.id[0]));
	if_up(j.ifindex[0], IP_A, 24, NULL);
	ck_assert(if_wait_carrier(j.ifindex[0], 0));
	for (i = 0; i < 3; i++) {
		ok(lkl_netns_add("b"));
		j.end[1] = open_dev("stream", path, 0);
		j.id[1] = ok(lkl_netdev_add(j.end[1], NULL));
		j.ifindex[1] = ok(lkl_netdev_get_ifindex(j.id[1]));
		j.ifindex[1] = if_move(j.ifindex[1], "b");
		ok(lkl_netns_enter("b"));
		if_up(j.ifindex[1], IP_B, 24, NULL);
		ok(lkl_netns_enter(NULL));
		ck_assert(if_wait_carrier(j.ifindex[0], 1));
		ok(ping(IP_B, 1000, 5000));
		ok(lkl_netdev_remove(j.id[1]));
		lkl_netdev_free(j.end[1]);
		ck_assert(if_wait_carrier(j.ifindex[0], 0));
		ok(lkl_netns_del("b"));
	}
	ok(lkl_netdev_remove(j.id[0]));
	lkl_netdev_free(j.end[0]);
	is(access(path, F_OK), -1);
}
END_TEST

static long join_group(const char *group, int ifindex, int fd)
{
	struct lkl_ip_mreqn req = { .imr_ifindex = ifindex };

	req.imr_multiaddr.s_addr = ip4(group);
	return lkl_sys_setsockopt(fd, LKL_IPPROTO_IP, LKL_IP_ADD_MEMBERSHIP, (void *)&req,
				  sizeof(req));
}

/* A group's frames come from when it was joined; the device leaves out the others. */
START_TEST(multicast_filter)
{
	struct lkl_sockaddr_in to = addr4("239.1.2.3", 5000), any = addr4("0.0.0.0", 5000);
	struct lkl_ip_mreqn via = { 0 };
	struct joined j;
	char buf[16];
	int tx, rx, i, one = 1;

	join_up(&j, &ways[0], LKL_NET_OFFLOAD_ALL);
	rx = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	ok(lkl_sys_setsockopt(rx, LKL_SOL_SOCKET, LKL_SO_REUSEADDR, (void *)&one, 4));
	ok(lkl_sys_bind(rx, (void *)&any, sizeof(any)));
	ok(lkl_netns_enter("b"));
	tx = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	via.imr_ifindex = j.ifindex[1];
	ok(lkl_sys_setsockopt(tx, LKL_IPPROTO_IP, LKL_IP_MULTICAST_IF, (void *)&via,
			      sizeof(via)));
	is(lkl_sys_sendto(tx, "early", 6, 0, (void *)&to, sizeof(to)), 6);
	fails(lkl_sys_recv(rx, buf, sizeof(buf), LKL_MSG_DONTWAIT), LKL_EAGAIN);
	ok(join_group("239.1.2.3", j.ifindex[0], rx));
	for (i = 0; i < 100; i++) {
		is(lkl_sys_sendto(tx, "hello", 6, 0, (void *)&to, sizeof(to)), 6);
		if (lkl_sys_recv(rx, buf, sizeof(buf), LKL_MSG_DONTWAIT) == 6)
			break;
		usleep(20000);
	}
	ck_assert_msg(i < 100, "no datagram to a group that was joined");
	is(strcmp(buf, "hello"), 0);
	part(&j);
}
END_TEST

struct flood {
	int stop;
	const struct side *from;
	const struct side *to;
	long sent;
};

static long flood(void *arg)
{
	struct flood *f = arg;
	struct lkl_sockaddr_in to = addr4(f->to->ip, 9);
	char buf[1400] = "";
	int fd;

	ok(lkl_netns_enter(f->from->netns));
	fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	while (!__atomic_load_n(&f->stop, __ATOMIC_RELAXED)) {
		/* -ENETUNREACH and its like while the device is away. */
		if (lkl_sys_sendto(fd, buf, sizeof(buf), 0, (void *)&to, sizeof(to)) > 0)
			__atomic_fetch_add(&f->sent, 1, __ATOMIC_RELAXED);
	}
	ok(lkl_sys_close(fd));
	return 0;
}

/* Devices come and go in the middle of traffic. */
static void plug_and_unplug(const struct way *way)
{
	struct flood f = { .from = &B, .to = &A };
	struct joined j;
	struct job *job;
	int i;

	join_up(&j, way, way->offloads ? LKL_NET_OFFLOAD_ALL : 0);
	ok(ping(IP_B, 56, 5000));
	job = run(flood, &f);
	while (!__atomic_load_n(&f.sent, __ATOMIC_RELAXED))
		usleep(1000);
	for (i = 0; i < (test_all() ? 20 : 3); i++) {
		uint8_t mac[6];

		usleep(20000);
		memcpy(mac, j.end[0]->mac, 6);
		ok(lkl_netdev_remove(j.id[0]));
		j.id[0] = -1;
		/* An end of the application's was told to hang up. */
		if (way->join == join_app)
			break;
		usleep(5000);
		j.id[0] = ok(lkl_netdev_add(j.end[0], NULL));
		/* With another one, the peer's ARP cache would lead nowhere. */
		is(memcmp(j.end[0]->mac, mac, 6), 0);
		j.ifindex[0] = ok(lkl_netdev_get_ifindex(j.id[0]));
		if_up(j.ifindex[0], IP_A, 24, NULL);
		ck_assert(if_wait_carrier(j.ifindex[0], 1));
	}
	if (j.id[0] >= 0)
		ok(ping(IP_B, 56, 10000));
	ok(lkl_netdev_remove(j.id[1]));
	__atomic_store_n(&f.stop, 1, __ATOMIC_RELAXED);
	join(job);
	if (j.id[0] >= 0)
		ok(lkl_netdev_remove(j.id[0]));
	lkl_netdev_free(j.end[0]);
	lkl_netdev_free(j.end[1]);
	ok(lkl_netns_del("b"));
}

START_TEST(hot_plug)
{
	int i;

	for (i = 0; i < COUNT(ways); i++) {
		fprintf(stderr, "# %s\n", ways[i].name);
		plug_and_unplug(&ways[i]);
	}
}
END_TEST

START_TEST(vde)
{
	char why[200], command[600];
	const char *path = file("vde");
	struct lkl_netdev *nd;
	struct joined j;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip("libvdeplug loads its parts in a way that sanitizers do not allow");
#endif
	if (lkl_netdev_open("vde", "/nonexistent", 0, why, sizeof(why), &nd) == -LKL_ENOSYS)
		skip("built without libvdeplug");
	if (system("command -v vde_switch > /dev/null"))
		skip("vde_switch is missing");
	snprintf(command, sizeof(command), "vde_switch -s %s -p %s.pid -daemon < /dev/null", path,
		 path);
	ck_assert_int_eq(system(command), 0);
	join_up(&j, &vde_way, LKL_NET_OFFLOAD_ALL);
	traffic(&j, test_all() ? 64 << 20 : 2 << 20);
	neighbourhood(&j);
	part(&j);
	plug_and_unplug(&vde_way);
	snprintf(command, sizeof(command), "kill $(cat %s.pid)", path);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* A line that loses and swaps packets. */
START_TEST(lossy)
{
	struct joined j;
	int err;

	join_up(&j, &ways[0], LKL_NET_OFFLOAD_ALL);
	err = lkl_qdisc_add(j.ifindex[0], "root", "netem delay 2ms 1ms loss 3% reorder 20% 50%");
	if (small_kernel() && err == -LKL_EOPNOTSUPP) {
		part(&j);
		skip("not in the small configuration");
	}
	ok(err);
	is(tcp_transfer(&A, &B, 2 << 20, 65536, 100), 0);
	part(&j);
}
END_TEST

/* ---- bad frames ---------------------------------------------------------------------- */

/* The other end of a socket that writes what no kernel would: frames of any length. */
static void malformed_on(const char *type, int sock, int prefix)
{
	int n = test_all() ? 200000 : 20000, fd[2], i, ifindex, id;
	struct lkl_netdev *nd;
	uint8_t buf[4 + 2000], mac[6];
	char param[16];

	ck_assert_int_eq(socketpair(AF_UNIX, sock, 0, fd), 0);
	snprintf(param, sizeof(param), "fd:%d", fd[0]);
	nd = open_dev(type, param, 0);
	id = ok(lkl_netdev_add(nd, NULL));
	ifindex = ok(lkl_netdev_get_ifindex(id));
	if_up(ifindex, IP_A, 24, NULL);
	memcpy(mac, nd->mac, 6);
	for (i = 0; i < n; i++) {
		int len = random_frame(buf + prefix, mac);

		if (prefix) {
			buf[0] = 0;
			buf[1] = 0;
			buf[2] = len >> 8;
			buf[3] = len;
		}
		ck_assert_int_eq(write(fd[1], buf, prefix + len), prefix + len);
		/* What it answers is not read all the time. */
		while (recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	}
	is(lkl_is_running(), 1);
	ck_assert(if_wait_carrier(ifindex, 1));
	/* A length that cannot be is the end of a stream. */
	if (prefix) {
		memset(buf, 255, prefix);
		ck_assert_int_eq(write(fd[1], buf, prefix), prefix);
		ck_assert(if_wait_carrier(ifindex, 0));
	}
	ok(lkl_netdev_remove(id));
	lkl_netdev_free(nd);
	close(fd[0]);
	close(fd[1]);
}

START_TEST(malformed_frames)
{
	malformed_on("stream", SOCK_STREAM, 4);
	malformed_on("dgram", SOCK_DGRAM, 0);
}
END_TEST

/* Headers that ask for anything, on a FIFO. */
START_TEST(malformed_headers)
{
	int n = test_all() ? 200000 : 20000, i, k, ifindex, id, fd;
	const char *rx = file("rx"), *tx = file("tx");
	uint8_t buf[4 + 12 + 2000], mac[6];
	struct lkl_netdev *nd;
	char param[512];

	snprintf(param, sizeof(param), "%s|%s", rx, tx);
	nd = open_dev("pipe", param, LKL_NET_OFFLOAD_ALL);
	id = ok(lkl_netdev_add(nd, NULL));
	ifindex = ok(lkl_netdev_get_ifindex(id));
	if_up(ifindex, IP_A, 24, NULL);
	memcpy(mac, nd->mac, 6);
	fd = open(rx, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	for (i = 0; i < n; i++) {
		int len = 12 + 14 + rnd() % 1500;

		buf[0] = 0;
		buf[1] = 0;
		buf[2] = len >> 8;
		buf[3] = len;
		for (k = 0; k < len; k++)
			buf[4 + k] = rnd();
		buf[4] = rnd() % 8;
		buf[5] = (uint8_t[]){ 0, 1, 3, 4, 5, 0x81, 0x84, 0x85, 7, 255 }[rnd() % 10];
		if (rnd() % 2) {
			buf[7] = 0;
			buf[9] = rnd() % 8;
			buf[11] = 0;
			buf[13] = 0;
		}
		memcpy(buf + 16, mac, 6);
		buf[28] = rnd() % 2 ? 8 : 0x86;
		buf[29] = buf[28] == 8 ? 0 : 0xdd;
		buf[30] = buf[28] == 8 ? 0x45 : 0x60;
		buf[39] = rnd() % 2 ? 6 : 17;
		ck_assert_int_eq(write(fd, buf, 4 + len), 4 + len);
	}
	is(lkl_is_running(), 1);
	ck_assert(if_wait_carrier(ifindex, 1));
	ok(lkl_netdev_remove(id));
	lkl_netdev_free(nd);
	close(fd);
	unlink(rx);
	unlink(tx);
}
END_TEST

/* A process that has the second end of the memory at @path until it is killed. */
static pid_t hold_end(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1 };
	pid_t pid;
	int fd;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm(60);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0 || fcntl(fd, F_SETLK, &lock))
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

/* An end that dies is noticed, and another process may take its place. */
START_TEST(shm_peer_dies)
{
	const char *path = file("dies");
	struct lkl_netdev *nd = open_dev("shm", path, LKL_NET_OFFLOAD_ALL), *other, *third;
	int id = ok(lkl_netdev_add(nd, NULL)), ifindex = ok(lkl_netdev_get_ifindex(id)), status;
	char why[200];
	pid_t peer;

	if_up(ifindex, IP_A, 24, NULL);
	ck_assert(if_wait_carrier(ifindex, 0));
	peer = hold_end(path);
	ck_assert(if_wait_carrier(ifindex, 1));
	fails(lkl_netdev_open("shm", path, 0, why, sizeof(why), &third), LKL_EBUSY);
	kill(peer, SIGKILL);
	ck_assert_int_eq(waitpid(peer, &status, 0), peer);
	ck_assert(if_wait_carrier(ifindex, 0));
	other = open_dev("shm", path, 0);
	/* One that goes again takes no lock of the first along. */
	lkl_netdev_free(other);
	other = open_dev("shm", path, 0);
	fails(lkl_netdev_open("shm", path, 0, why, sizeof(why), &third), LKL_EBUSY);
	lkl_netdev_free(other);
	ok(lkl_netdev_remove(id));
	lkl_netdev_free(nd);
	unlink(path);
}
END_TEST

/* A process at the other end of the memory that writes what it likes. */
START_TEST(malformed_shm)
{
	const char *path = file("bad");
	struct lkl_netdev *nd = open_dev("shm", path, LKL_NET_OFFLOAD_ALL);
	int id = ok(lkl_netdev_add(nd, NULL)), ifindex = ok(lkl_netdev_get_ifindex(id));
	int fd = open(path, O_RDWR | O_CLOEXEC), status;
	uint32_t nonsense = 0xfffffff1;
	pid_t peer;

	ck_assert_int_ge(fd, 0);
	if_up(ifindex, IP_A, 24, NULL);
	peer = hold_end(path);
	ck_assert(if_wait_carrier(ifindex, 1));
	/* Heads of both rings, wherever they are in the first page but its beginning. */
	for (int at = 64; at < 4096; at += 64)
		ck_assert_int_eq(pwrite(fd, &nonsense, 4, at), 4);
	ck_assert(if_wait_carrier(ifindex, 0));
	ok(lkl_netdev_remove(id));
	lkl_netdev_free(nd);
	kill(peer, SIGKILL);
	ck_assert_int_eq(waitpid(peer, &status, 0), peer);
	close(fd);
	unlink(path);
}
END_TEST

/* ---- and the rest --------------------------------------------------------------------- */

/* An idle device uses no processor time. */
START_TEST(idle)
{
	clock_t before;
	struct joined j;
	int i;

	for (i = 0; i < COUNT(ways); i++) {
		join_up(&j, &ways[i], 0);
		ok(ping(IP_B, 56, 5000));
			usleep(100000);
		before = clock();
		usleep(500000);
		ck_assert_msg(clock() - before < CLOCKS_PER_SEC / 20,
			      "%s: %ld us of processor time in 500 ms", ways[i].name,
			      (long)(clock() - before));
		part(&j);
	}
}
END_TEST

START_TEST(errors)
{
	static const struct {
		const char *type, *param;
		int err;
		const char *words;
	} bad[] = {
		{ "nothing", "", LKL_EINVAL, "no network device of type" },
		{ "stream", "/nonexistent/socket", LKL_ENOENT, "/nonexistent/socket" },
		{ "stream", "", LKL_EINVAL, "path" },
		{ "stream", "fd:999", LKL_EINVAL, "fd:999" },
		{ "dgram", "/tmp/only-one", LKL_EINVAL, "LOCAL|REMOTE" },
		{ "pipe", "one", LKL_EINVAL, "RX|TX" },
		{ "pipe", "/nonexistent/a|/nonexistent/b", LKL_ENOENT, "/nonexistent/a" },
		{ "pipe", "/dev/null|/dev/null", LKL_EINVAL, "no FIFO" },
		{ "tap", "", LKL_EINVAL, "name of an interface" },
		{ "tap", "a-name-that-is-too-long", LKL_EINVAL, "name of an interface" },
		{ "tap", "t0,queues=99", LKL_EINVAL, "queues" },
		{ "tap", "t0,queue=2", LKL_EINVAL, "queues=N" },
		{ "macvtap", "/dev/tap-none", LKL_ENOENT, "/dev/tap-none" },
		{ "raw", "no-such-if", LKL_ENODEV, "no-such-if" },
		{ "shm", "/nonexistent/file", LKL_ENOENT, "/nonexistent/file" },
		{ "slirp", "colour=red", LKL_EINVAL, "colour=red" },
		{ "slirp", "net=1.2.3.4/33", LKL_EINVAL, "net=" },
		{ "slirp", "mtu=17", LKL_EINVAL, "mtu=17" },
		{ "slirp", "hostfwd=tcp:1.2.3.4:80", LKL_EINVAL, "hostfwd" },
		{ "slirp", "hostfwd=sctp::80::80", LKL_EINVAL, "hostfwd" },
	};
	struct lkl_netdev *nd;
	struct lkl_netdev none = { .ops = NULL };
	char why[200];
	int i;

	for (i = 0; i < COUNT(bad); i++) {
		int ret = lkl_netdev_open(bad[i].type, bad[i].param, 0, why, sizeof(why), &nd);

		/* Built without the library it needs. */
		if (ret == -LKL_ENOSYS)
			continue;
		ck_assert_msg(ret == -bad[i].err, "%s %s: %d, %s", bad[i].type,
			      bad[i].param, ret, why);
		ck_assert_msg(strstr(why, bad[i].words), "%s: \"%s\" lacks \"%s\"",
			      bad[i].type, why, bad[i].words);
	}
	is(lkl_netdev_stream_create("/nonexistent/socket") == NULL, 1);
	fails(lkl_netdev_add(NULL, NULL), LKL_EINVAL);
	fails(lkl_netdev_add(&none, NULL), LKL_EINVAL);
}
END_TEST

START_TEST(shm_ends)
{
	const char *path = file("third");
	struct lkl_netdev *one = open_dev("shm", path, LKL_NET_OFFLOAD_ALL), *two, *three;
	char why[200];

	two = open_dev("shm", path, 0);
	fails(lkl_netdev_open("shm", path, 0, why, sizeof(why), &three), LKL_EBUSY);
	lkl_netdev_free(one);
	one = open_dev("shm", path, 0);
	lkl_netdev_free(one);
	lkl_netdev_free(two);
	unlink(path);
	ck_assert_int_eq(truncate(host_file("other", 100), 100), 0);
	fails(lkl_netdev_open("shm", host_file("other", 100), 0, why, sizeof(why), &one),
	      LKL_EINVAL);
}
END_TEST

/* The kernel in a child of fork() keeps its devices, but not their other ends. */
START_TEST(forked)
{
	struct joined j, k;
	int status;
	pid_t pid;

	join_up(&j, &ways[0], LKL_NET_OFFLOAD_ALL);
	join_stream_fd(k.end, 0);
	k.id[0] = ok(lkl_netdev_add(k.end[0], NULL));
	k.ifindex[0] = ok(lkl_netdev_get_ifindex(k.id[0]));
	ok(lkl_if_up(k.ifindex[0]));
	ck_assert(if_wait_carrier(k.ifindex[0], 1));
	ok(ping(IP_B, 56, 5000));
	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm(20);
		if (ping(IP_B, 56, 5000) < 0)
			_exit(1);
		if (!if_wait_carrier(k.ifindex[0], 0))
			_exit(2);
		if (lkl_netdev_remove(k.id[0]))
			_exit(3);
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "child: %x", status);
	ok(ping(IP_B, 56, 5000));
	is(if_wait_carrier(k.ifindex[0], 1), 1);
	ok(lkl_netdev_remove(k.id[0]));
	lkl_netdev_free(k.end[0]);
	lkl_netdev_free(k.end[1]);
	part(&j);
}
END_TEST

/* What @child exits with, in a process of its own. */
static void in_child(int (*child)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm(20);
		_exit(child(arg));
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(!status, "child: %x", status);
}

#define LEFT	3

/* The last of them was not added. */
struct left {
	struct lkl_netdev *nd[LEFT];
	int id[LEFT - 1];
};

static int free_them(void *arg)
{
	struct left *l = arg;

	for (int i = 0; i < LEFT; i++) {
		if (i < LEFT - 1 && lkl_netdev_remove(l->id[i]))
			return 1;
		lkl_netdev_free(l->nd[i]);
	}
	return 0;
}

static int add_again(void *arg)
{
	struct left *l = arg;

	return lkl_netdev_remove(l->id[0]) || lkl_netdev_add(l->nd[0], NULL) != -LKL_ENODEV;
}

/* A child of fork() gives up its parent's devices, whose sockets stay. */
START_TEST(freed_in_a_child)
{
	const char *path[LEFT] = { file("heard"), file("bound"), file("spare") };
	char param[LEFT][512];
	struct left l;

	snprintf(param[0], sizeof(param[0]), "listen:%s", path[0]);
	snprintf(param[1], sizeof(param[1]), "%s|%s.other", path[1], path[1]);
	snprintf(param[2], sizeof(param[2]), "listen:%s", path[2]);
	for (int i = 0; i < LEFT; i++) {
		l.nd[i] = open_dev(i == 1 ? "dgram" : "stream", param[i], 0);
		if (i < LEFT - 1)
			l.id[i] = ok(lkl_netdev_add(l.nd[i], NULL));
	}
	in_child(free_them, &l);
	for (int i = 0; i < LEFT; i++)
		ck_assert_msg(!access(path[i], F_OK), "%s is gone", path[i]);
	in_child(add_again, &l);
	for (int i = 0; i < LEFT; i++) {
		if (i < LEFT - 1)
			ok(lkl_netdev_remove(l.id[i]));
		lkl_netdev_free(l.nd[i]);
		ck_assert_int_ne(access(path[i], F_OK), 0);
	}
}
END_TEST

static int use_it(void *nd)
{
	int id = lkl_netdev_add(nd, NULL);

	if (id < 0 || lkl_netdev_remove(id))
		return 1;
	lkl_netdev_free(nd);
	return 0;
}

/* One that was only opened is the child's once that has added it: a daemon's for instance. */
START_TEST(added_in_a_child)
{
	const char *path = file("daemon");
	char param[512];
	struct lkl_netdev *nd;

	snprintf(param, sizeof(param), "listen:%s", path);
	nd = open_dev("stream", param, 0);
	in_child(use_it, nd);
	ck_assert_int_ne(access(path, F_OK), 0);
	lkl_netdev_free(nd);
}
END_TEST

/* Whether somebody has the other end of @fd, waiting a while for him to let go. */
static int is_held(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	char buf[2048];
	ssize_t n;

	do {
		if (poll(&end, 1, 3000) != 1)
			return 1;
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	return n < 0 && errno != ECONNRESET;
}

static void unplug(struct lkl_netdev *nd, int id)
{
	ok(lkl_netdev_remove(id));
	lkl_netdev_free(nd);
}

/* A child of fork(), and a pipe that ends it. */
struct idle_child {
	pid_t pid;
	int fd;
};

/* A child with the kernel and its devices that does nothing. */
static struct idle_child idle_child(void)
{
	int up[2], down[2];
	struct idle_child c;
	char byte;

	ck_assert_int_eq(pipe2(up, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(down, O_CLOEXEC), 0);
	fflush(NULL);
	c.pid = fork();
	if (!c.pid) {
		alarm(60);
		close(down[1]);
		if (write(up[1], "", 1) == 1 && !read(down[0], &byte, 1))
			_exit(0);
		_exit(1);
	}
	ck_assert_int_gt(c.pid, 0);
	c.fd = down[1];
	ck_assert_int_eq(read(up[0], &byte, 1), 1);
	close(up[0]);
	close(up[1]);
	close(down[0]);
	return c;
}

static void end_child(struct idle_child c)
{
	int status;

	close(c.fd);
	ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
	ck_assert_msg(!status, "child: %x", status);
}

static int socket_end(struct lkl_netdev **nd)
{
	char param[16];
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	snprintf(param, sizeof(param), "fd:%d", fd[0]);
	*nd = open_dev("stream", param, 0);
	close(fd[0]);
	return fd[1];
}

static int pipe_end(struct lkl_netdev **nd)
{
	const char *one = file("one"), *two = file("two");
	char param[512];
	int fd;

	snprintf(param, sizeof(param), "%s|%s", one, two);
	*nd = open_dev("pipe", param, 0);
	fd = open(two, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	unlink(one);
	unlink(two);
	return fd;
}

/* While a child lives its parent's cables are the parent's to unplug. */
START_TEST(unplugged_by_the_parent)
{
	int (*const ends[])(struct lkl_netdev **nd) = { socket_end, pipe_end };
	struct lkl_netdev *nd[2];
	int id[2], fd[2];
	struct idle_child c;

	for (int i = 0; i < 2; i++) {
		fd[i] = ends[i](&nd[i]);
		id[i] = ok(lkl_netdev_add(nd[i], NULL));
	}
	c = idle_child();
	for (int i = 0; i < 2; i++) {
		unplug(nd[i], id[i]);
		ck_assert_msg(!is_held(fd[i]), "end %d is held", i);
		close(fd[i]);
	}
	end_child(c);
}
END_TEST

/* What is the parent's is not there to be closed a second time. */
static int fork_again(void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(0);
	return waitpid(pid, &status, 0) != pid || status;
}

/* Opens it again while a child of the first owner lives. */
static void open_again(const char *type, const char *param)
{
	struct lkl_netdev *nd = open_dev(type, param, 0);
	int id = ok(lkl_netdev_add(nd, NULL));
	struct idle_child c;

	in_child(fork_again, NULL);
	c = idle_child();
	unplug(nd, id);
	lkl_netdev_free(open_dev(type, param, 0));
	end_child(c);
}

START_TEST(opened_again_by_the_parent)
{
	const char *path = file("again");
	char both[512];

	/* Its other end is taken all the time. */
	struct lkl_netdev *other = open_dev("shm", path, 0);

	open_again("shm", path);
	lkl_netdev_free(other);
	unlink(path);
	snprintf(both, sizeof(both), "%s|%s.other", path, path);
	open_again("dgram", both);
	open_again("stream", "listen:tcp:127.0.0.1:50411");
}
END_TEST

START_TEST(slirp_and_an_idle_child)
{
	struct lkl_netdev *nd;
	char why[200];

	if (lkl_netdev_open("slirp", "", 0, why, sizeof(why), &nd) == -LKL_ENOSYS)
		skip("%s", why);
	lkl_netdev_free(nd);
	open_again("slirp", "hostfwd=tcp:127.0.0.1:50412::80");
}
END_TEST

/*
 * A server's answer to @request, in a frame to whom it comes from, who has no address and
 * shall have @addr: that is where it goes.
 */
enum wrong { NOTHING_WRONG, IP_SUM, UDP_SUM, UDP_LENGTH, NO_SUM };

#define DHCP_MSG	300

static void answer(int fd, const uint8_t *request, const char *addr, enum wrong wrong)
{
	static const uint8_t headers[] = {
		2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, (28 + DHCP_MSG) >> 8, (28 + DHCP_MSG) & 255,
		0, 0, 0, 0, 64, 17, 0, 0, 10, 4, 0, 1, 0, 0, 0, 0,
		0, 67, 0, 68, (8 + DHCP_MSG) >> 8, (8 + DHCP_MSG) & 255, 0, 0,
	};
	uint8_t f[14 + 28 + DHCP_MSG] = { 0 }, *ip = f + 14, *udp = ip + 20, *m = udp + 8;
	/* An offer to who looks for one, else an acknowledgement; the server; for an hour. */
	const uint8_t options[] = {
		53, 1, request[242] == 1 ? 2 : 5, 54, 4, 10, 4, 0, 1, 51, 4, 0, 0, 14, 16, 255,
	};
	uint32_t yours = ip4(addr);
	uint16_t sum;

	memcpy(f, request + 28, 6);
	memcpy(f + 6, headers, sizeof(headers));
	memcpy(ip + 16, &yours, 4);
	sum = sum16(ip, 20, 0) ^ (wrong == IP_SUM);
	ip[10] = sum >> 8;
	ip[11] = sum;
	memcpy(m, request, 240);
	m[0] = 2;
	memcpy(m + 16, &yours, 4);
	memcpy(m + 240, options, sizeof(options));
	udp[4] += wrong == UDP_LENGTH;
	sum = sum16(ip + 12, 8 + 8 + DHCP_MSG, 17 + 8 + DHCP_MSG) ^ (wrong == UDP_SUM);
	if (wrong != NO_SUM) {
		udp[6] = sum >> 8;
		udp[7] = sum;
	}
	is(lkl_sys_write(fd, (char *)f, sizeof(f)), sizeof(f));
}

/* Wrong answers before the right one. @arg: the interface. */
static long dhcp_server(void *arg)
{
	static const struct side side = { .ip = "10.4.0.1" };
	static const enum wrong wrong[] = { IP_SUM, UDP_SUM, UDP_LENGTH };
	struct lkl_sockaddr_in any = addr4("0.0.0.0", 67);
	int ifindex = (int)(long)arg, out = packet_socket(&side, ifindex), i, k;
	int in = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	struct lkl_timeval patience = { .tv_sec = 30 };
	uint8_t request[600];

	ok(lkl_sys_setsockopt(in, LKL_SOL_SOCKET, LKL_SO_BINDTOIFINDEX, (void *)&ifindex,
			      sizeof(ifindex)));
	ok(lkl_sys_setsockopt(in, LKL_SOL_SOCKET, LKL_SO_RCVTIMEO, (void *)&patience,
			      sizeof(patience)));
	ok(lkl_sys_bind(in, (void *)&any, sizeof(any)));
	for (i = 0; i < 2; i++) {
		ck_assert_int_ge(ok(lkl_sys_recv(in, (char *)request, sizeof(request), 0)), 300);
		for (k = 0; k < COUNT(wrong); k++)
			answer(out, request, "10.4.0.66", wrong[k]);
		answer(out, request, "10.4.0.9", i ? NO_SUM : NOTHING_WRONG);
	}
	ok(lkl_sys_close(in));
	return lkl_sys_close(out);
}

/* Some servers send to the address that they offer, to which nobody listens yet. */
START_TEST(dhcp_to_the_offered)
{
	struct lkl_dhcp_lease lease;
	struct job *server;
	int a = lkl_veth_add("a", "b"), b;

	if (a == -LKL_EOPNOTSUPP)
		skip("a small kernel has no veth interfaces");
	ok(a);
	b = ok(lkl_ifname_to_ifindex("b"));
	if_up(b, "10.4.0.1", 24, NULL);
	server = run(dhcp_server, (void *)(long)b);
	ok(lkl_dhcp(a, 10000, &lease));
	is(lease.addr, ip4("10.4.0.9"));
	is(join(server), 0);
	ok(lkl_dhcp_stop(a));
}
END_TEST

static long ask_for_address(void *ifindex)
{
	return lkl_dhcp((int)(long)ifindex, 30000, NULL);
}

/* Who asks is told that the interface is gone; that it was down for a while is no matter. */
START_TEST(dhcp_and_the_device_goes)
{
	struct lkl_netdev *end[2];
	uint64_t start = host_ns();
	int id, ifindex;
	struct job *job;

	ok(lkl_netdev_pair_create(end, 0));
	id = ok(lkl_netdev_add(end[0], NULL));
	ifindex = ok(lkl_netdev_get_ifindex(id));
	job = run(ask_for_address, (void *)(long)ifindex);
	usleep(200000);
	ok(lkl_if_down(ifindex));
	usleep(200000);
	ok(lkl_if_up(ifindex));
	usleep(200000);
	ok(lkl_netdev_remove(id));
	fails(join(job), LKL_ENODEV);
	ck_assert_uint_lt(host_ns() - start, 20000000000);
	lkl_netdev_free(end[0]);
	lkl_netdev_free(end[1]);
}
END_TEST

/* In a child of fork() nobody keeps the lease: it is no client's, and is in nobody's way. */
START_TEST(dhcp_and_fork)
{
	struct lkl_netdev *nd;
	int id, ifindex, status;
	char why[200];
	pid_t pid;

	if (lkl_netdev_open("slirp", "", 0, why, sizeof(why), &nd) == -LKL_ENOSYS)
		skip("%s", why);
	id = ok(lkl_netdev_add(nd, NULL));
	ifindex = ok(lkl_netdev_get_ifindex(id));
	ok(lkl_dhcp(ifindex, 10000, NULL));
	fflush(NULL);
	pid = fork();
	if (!pid) {
		alarm(20);
		_exit(lkl_dhcp_stop(ifindex) == -LKL_ENOENT ? lkl_sys_halt() : 1);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(!status, "child: %x", status);
	ok(lkl_dhcp_stop(ifindex));
	ok(lkl_netdev_remove(id));
	lkl_netdev_free(nd);
}
END_TEST

/* Devices that are there before the kernel, and outlive it. */
START_TEST(before_start)
{
	struct lkl_netdev *end[2];
	int id[2], round, threads, fds;

	threads = host_threads();
#ifdef __SANITIZE_THREAD__
	/* It starts one of its own. */
	threads++;
#endif
	fds = host_fds();
	ok(lkl_netdev_pair_create(end, LKL_NET_OFFLOAD_ALL));
	id[0] = ok(lkl_netdev_add(end[0], NULL));
	id[1] = ok(lkl_netdev_add(end[1], NULL));
	for (round = 0; round < 3; round++) {
		struct joined j;

		start_kernel();
		j.ifindex[0] = ok(lkl_netdev_get_ifindex(id[0]));
		j.ifindex[1] = ok(lkl_netdev_get_ifindex(id[1]));
		ok(lkl_netns_add("b"));
		j.ifindex[1] = if_move(j.ifindex[1], "b");
		if_up(j.ifindex[0], IP_A, 24, NULL);
		ok(lkl_netns_enter("b"));
		if_up(j.ifindex[1], IP_B, 24, NULL);
		ck_assert(if_wait_carrier(j.ifindex[1], 1));
		ok(lkl_netns_enter(NULL));
		ck_assert(if_wait_carrier(j.ifindex[0], 1));
		ok(ping(IP_B, 5000, 5000));
		halt_kernel();
	}
	ok(lkl_netdev_remove(id[0]));
	ok(lkl_netdev_remove(id[1]));
	lkl_netdev_free(end[0]);
	lkl_netdev_free(end[1]);
	ck_assert_int_le(host_threads(), threads);
	is(host_fds(), fds);
}
END_TEST

/* ---- the clock of an application ------------------------------------------------------ */

static struct lkl_host_operations real;
static long long ahead;
/* How often it was asked. */
static unsigned int questions;

static unsigned long long LKL_ABI shifted_time(void)
{
	__atomic_fetch_add(&questions, 1, __ATOMIC_RELAXED);
	return real.time() + ahead;
}

static int LKL_ABI shifted_down_until(struct lkl_sem *sem, unsigned long long deadline)
{
	return real.sem_down_until(sem, deadline == LKL_TIME_NEVER ? deadline : deadline - ahead);
}

/*
 * Who waits looks after the device meanwhile: not for too long, and not busily. It asks for the
 * time about a thousand times in 100 ms then, and several thousand times if it does not sleep.
 */
static void wait_beside(const struct way *way)
{
	uint64_t begun, asked, took;
	struct joined j;

	join_up(&j, way, 0);
	for (int i = 0; i < 4; i++) {
		for (int k = 0; k < 40; k++)
			ok(ping(IP_B, 56, 5000));
		begun = host_ns();
		asked = __atomic_load_n(&questions, __ATOMIC_RELAXED);
		ck_assert_int_lt(ping(IP_NOBODY, 56, 100), 0);
		asked = __atomic_load_n(&questions, __ATOMIC_RELAXED) - asked;
		took = (host_ns() - begun) / 1000000 + 1;
		ck_assert_msg(took < 2000, "%s: %llu ms, not 100", way->name,
			      (unsigned long long)took);
		ck_assert_msg(asked / took < 20, "%s: looked at the clock %llu times in %llu ms",
			      way->name, (unsigned long long)asked, (unsigned long long)took);
	}
	part(&j);
}

START_TEST(clock_of_the_application)
{
	real = lkl_host_ops;
	lkl_host_ops.time = shifted_time;
	lkl_host_ops.sem_down_until = shifted_down_until;
	for (int behind = 0; behind < 2; behind++) {
		ahead = behind ? -(long long)real.time() / 2 : 3600000000000;
		start_kernel();
		for (int i = 0; i < COUNT(ways); i++)
			wait_beside(&ways[i]);
		halt_kernel();
	}
}
END_TEST

int main(void)
{
	const TTest *const inside[] = {
		ways_with_offloads, ways_without_offloads, ways_with_some_offloads,
		ways_and_neighbours,
		offloads_differ, addresses, link_state, reconnect, multicast_filter,
		hot_plug, vde, lossy, malformed_frames, malformed_headers,
		malformed_shm, shm_peer_dies, idle, errors, shm_ends, forked, freed_in_a_child,
		added_in_a_child, unplugged_by_the_parent, opened_again_by_the_parent,
		slirp_and_an_idle_child, dhcp_to_the_offered,
		dhcp_and_the_device_goes,
		dhcp_and_fork,
	};
	const TTest *const bare[] = { before_start, clock_of_the_application };

	return run_tests("netdev", LIST(inside), LIST(bare), 90);
}

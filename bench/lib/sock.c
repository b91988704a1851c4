// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lkl.h>

#include "bench.h"
#include "sock.h"

#define CHUNK		(64 * 1024)
#define SMALL		64
#define LARGE		1024
/* Connections of sock_many() that wait for their answer at the same time. */
#define BATCH		32
#define EVENTS		64

enum port {
	PORT_SINK = 7001,	/* takes what comes, answers with the count at the end */
	PORT_SOURCE,		/* sends until the client closes */
	PORT_ECHO,		/* many connections, one thread */
	PORT_RR,		/* a thread a connection */
	PORT_UDP_SINK,
	PORT_UDP_COUNT,		/* TCP: how many datagrams came since last asked */
	PORT_UDP_SOURCE,	/* sends to whoever asks, for as many ms as that says */
};

/* ---- the two kernels ------------------------------------------------------------ */

static struct sockaddr_in address(uint32_t ip, int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = ip,
	};
}

static long err(long ret)
{
	return ret < 0 ? -errno : ret;
}

static long h_socket(int type)
{
	return err(socket(AF_INET, type | SOCK_CLOEXEC, 0));
}

static long h_bind(int fd, uint32_t ip, int port)
{
	struct sockaddr_in a = address(ip, port);

	return err(bind(fd, (struct sockaddr *)&a, sizeof(a)));
}

static long h_listen(int fd)
{
	return err(listen(fd, 4096));
}

static long h_accept(int fd)
{
	return err(accept(fd, NULL, NULL));
}

static long h_connect(int fd, uint32_t ip, int port)
{
	struct sockaddr_in a = address(ip, port);

	return err(connect(fd, (struct sockaddr *)&a, sizeof(a)));
}

static long h_send(int fd, const void *buf, size_t len)
{
	return err(send(fd, buf, len, MSG_NOSIGNAL));
}

static long h_recv(int fd, void *buf, size_t len)
{
	return err(recv(fd, buf, len, 0));
}

static long h_setsockopt(int fd, int level, int name, int value)
{
	return err(setsockopt(fd, level, name, &value, sizeof(value)));
}

static long h_close(int fd)
{
	return err(close(fd));
}

static long h_epoll_create(void)
{
	return err(epoll_create1(EPOLL_CLOEXEC));
}

static long h_epoll_add(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return err(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
}

static long h_epoll_wait(int ep, int *fds, int n)
{
	struct epoll_event ev[EVENTS];
	long got = err(epoll_wait(ep, ev, n < EVENTS ? n : EVENTS, -1));

	for (int i = 0; i < got; i++)
		fds[i] = ev[i].data.fd;
	return got;
}

const struct sock_ops sock_host = {
	h_socket, h_bind, h_listen, h_accept, h_connect, h_send, h_recv, h_setsockopt,
	h_close, h_epoll_create, h_epoll_add, h_epoll_wait,
};

static long l_socket(int type)
{
	return lkl_sys_socket(AF_INET, type, 0);
}

static long l_bind(int fd, uint32_t ip, int port)
{
	struct sockaddr_in a = address(ip, port);

	return lkl_sys_bind(fd, (void *)&a, sizeof(a));
}

static long l_listen(int fd)
{
	return lkl_sys_listen(fd, 4096);
}

static long l_accept(int fd)
{
	return lkl_sys_accept(fd, NULL, NULL);
}

static long l_connect(int fd, uint32_t ip, int port)
{
	struct sockaddr_in a = address(ip, port);

	return lkl_sys_connect(fd, (void *)&a, sizeof(a));
}

static long l_send(int fd, const void *buf, size_t len)
{
	return lkl_sys_send(fd, buf, len, MSG_NOSIGNAL);
}

static long l_recv(int fd, void *buf, size_t len)
{
	return lkl_sys_recv(fd, buf, len, 0);
}

static long l_setsockopt(int fd, int level, int name, int value)
{
	return lkl_sys_setsockopt(fd, level, name, (void *)&value, sizeof(value));
}

static long l_close(int fd)
{
	return lkl_sys_close(fd);
}

static long l_epoll_create(void)
{
	return lkl_sys_epoll_create1(0);
}

static long l_epoll_add(int ep, int fd)
{
	struct lkl_epoll_event ev = { .events = EPOLLIN, .data = fd };

	return lkl_sys_epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static long l_epoll_wait(int ep, int *fds, int n)
{
	struct lkl_epoll_event ev[EVENTS];
	long got = lkl_sys_epoll_wait(ep, ev, n < EVENTS ? n : EVENTS, -1);

	for (int i = 0; i < got; i++)
		fds[i] = ev[i].data;
	return got;
}

const struct sock_ops sock_lkl = {
	l_socket, l_bind, l_listen, l_accept, l_connect, l_send, l_recv, l_setsockopt,
	l_close, l_epoll_create, l_epoll_add, l_epoll_wait,
};

/* ---- the server ------------------------------------------------------------------ */

struct service {
	const struct sock_ops *ops;
	uint32_t ip;
	enum port port;
	void (*serve)(const struct sock_ops *ops, int fd);
};

static uint64_t datagrams;

static void serve_sink(const struct sock_ops *o, int fd)
{
	char *buf = malloc(4 * CHUNK);
	uint64_t total = 0;
	long n;

	while ((n = o->recv(fd, buf, 4 * CHUNK)) > 0) {
		total += n;
		/* The last byte of all is the question. */
		if (buf[n - 1])
			o->send(fd, &total, sizeof(total));
	}
	free(buf);
}

static void serve_source(const struct sock_ops *o, int fd)
{
	char *buf = calloc(1, CHUNK);

	while (o->send(fd, buf, CHUNK) > 0)
		;
	free(buf);
}

static void serve_rr(const struct sock_ops *o, int fd)
{
	char buf[SMALL];
	long n;

	o->setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	while ((n = o->recv(fd, buf, sizeof(buf))) > 0)
		o->send(fd, buf, n);
}

static void serve_count(const struct sock_ops *o, int fd)
{
	uint64_t count;
	char c;

	while (o->recv(fd, &c, 1) == 1) {
		count = __atomic_exchange_n(&datagrams, 0, __ATOMIC_RELAXED);
		o->send(fd, &count, sizeof(count));
	}
}

struct connection {
	struct service *service;
	int fd;
};

static void *connection(void *arg)
{
	struct connection *c = arg;

	c->service->serve(c->service->ops, c->fd);
	c->service->ops->close(c->fd);
	free(c);
	return NULL;
}

static void start(void *(*f)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, f, arg))
		bench_die("no thread");
}

static int bound(const struct sock_ops *o, int type, uint32_t ip, int port)
{
	int fd = bench_lkl(o->socket(type), "socket");

	o->setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	bench_lkl(o->bind(fd, ip, port), "bind");
	if (type == SOCK_STREAM)
		bench_lkl(o->listen(fd), "listen");
	return fd;
}

static void *accept_all(void *arg)
{
	struct service *s = arg;
	int fd = bound(s->ops, SOCK_STREAM, s->ip, s->port), conn;

	while ((conn = s->ops->accept(fd)) >= 0) {
		struct connection *c = malloc(sizeof(*c));

		c->service = s;
		c->fd = conn;
		start(connection, c);
	}
	return NULL;
}

/* Short requests on as many connections as come. */
static void *echo_all(void *arg)
{
	struct service *s = arg;
	const struct sock_ops *o = s->ops;
	int fd = bound(o, SOCK_STREAM, s->ip, s->port), ep = o->epoll_create();
	int fds[EVENTS], n, i;
	char buf[LARGE];

	o->epoll_add(ep, fd);
	while ((n = o->epoll_wait(ep, fds, EVENTS)) >= 0)
		for (i = 0; i < n; i++) {
			long len;

			if (fds[i] == fd) {
				int conn = bench_lkl(o->accept(fd), "accept");

				o->setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, 1);
				o->epoll_add(ep, conn);
				continue;
			}
			len = o->recv(fds[i], buf, sizeof(buf));
			if (len > 0)
				o->send(fds[i], buf, len);
			else
				o->close(fds[i]);
		}
	return NULL;
}

static void *udp_sink(void *arg)
{
	struct service *s = arg;
	int fd = bound(s->ops, SOCK_DGRAM, s->ip, s->port);
	char buf[SMALL];

	while (s->ops->recv(fd, buf, sizeof(buf)) >= 0)
		__atomic_fetch_add(&datagrams, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void udp_blast(const struct sock_ops *o, int fd)
{
	struct { uint32_t ip; uint16_t port; uint16_t ms; } order;
	char buf[SMALL] = "";
	uint64_t end;
	int udp;

	while (o->recv(fd, &order, sizeof(order)) == sizeof(order)) {
		udp = o->socket(SOCK_DGRAM);
		o->connect(udp, order.ip, order.port);
		end = bench_now() + order.ms * 1000000ULL;
		while (bench_now() < end)
			for (int i = 0; i < 16; i++)
				o->send(udp, buf, sizeof(buf));
		o->close(udp);
		o->send(fd, "", 1);
	}
}

void sock_serve(const struct sock_ops *ops, uint32_t ip)
{
	const struct service services[] = {
		{ ops, ip, PORT_SINK, serve_sink },
		{ ops, ip, PORT_SOURCE, serve_source },
		{ ops, ip, PORT_RR, serve_rr },
		{ ops, ip, PORT_UDP_COUNT, serve_count },
		{ ops, ip, PORT_UDP_SOURCE, udp_blast },
		{ ops, ip, PORT_ECHO, NULL },
		{ ops, ip, PORT_UDP_SINK, NULL },
	};
	unsigned int i;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		struct service *s = malloc(sizeof(*s));

		*s = services[i];
		start(s->serve ? accept_all : s->port == PORT_ECHO ? echo_all : udp_sink, s);
	}
}

/* ---- the client ------------------------------------------------------------------- */

/* The server may not be there yet. */
static int dial(const struct sock_client *c, enum port port)
{
	uint64_t end = bench_now() + 5000000000ULL;
	long fd, ret;

	for (;;) {
		fd = bench_lkl(c->ops->socket(SOCK_STREAM), "socket");
		ret = c->ops->connect(fd, c->ip, port);
		if (!ret || bench_now() > end)
			break;
		c->ops->close(fd);
		usleep(10000);
	}
	bench_lkl(ret, "connect");
	c->ops->setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

static double per_second(double amount, uint64_t begin)
{
	return amount * 1e9 / (double)(bench_now() - begin);
}

static void recv_all(const struct sock_client *c, int fd, void *buf, size_t len)
{
	char *p = buf;
	long n;

	for (; len; p += n, len -= n) {
		n = c->ops->recv(fd, p, len);
		if (n <= 0)
			bench_die("recv: %s", n ? lkl_strerror(n) : "end of stream");
	}
}

double sock_stream_out(const struct sock_client *c, int ms)
{
	int fd = dial(c, PORT_SINK);
	char *buf = calloc(1, CHUNK);
	uint64_t begin = bench_now(), end = begin + ms * 1000000ULL, total;
	double rate;

	while (bench_now() < end)
		bench_lkl(c->ops->send(fd, buf, CHUNK), "send");
	buf[0] = 1;
	bench_lkl(c->ops->send(fd, buf, 1), "send");
	recv_all(c, fd, &total, sizeof(total));
	rate = per_second(total / 1048576.0, begin);
	c->ops->close(fd);
	free(buf);
	return rate;
}

double sock_stream_in(const struct sock_client *c, int ms)
{
	int fd = dial(c, PORT_SOURCE);
	char *buf = malloc(4 * CHUNK);
	uint64_t begin, end, total = 0;
	double rate;

	recv_all(c, fd, buf, CHUNK);
	begin = bench_now();
	end = begin + ms * 1000000ULL;
	while (bench_now() < end)
		total += bench_lkl(c->ops->recv(fd, buf, 4 * CHUNK), "recv");
	rate = per_second(total / 1048576.0, begin);
	c->ops->close(fd);
	free(buf);
	return rate;
}

double sock_round_trip(const struct sock_client *c, int n)
{
	int fd = dial(c, PORT_RR), i;
	uint64_t begin = bench_now();
	double us;
	char x = 0;

	for (i = 0; i < n; i++) {
		c->ops->send(fd, &x, 1);
		recv_all(c, fd, &x, 1);
	}
	us = (double)(bench_now() - begin) / n / 1000;
	c->ops->close(fd);
	return us;
}

double sock_packets_out(const struct sock_client *c, int ms)
{
	int tcp = dial(c, PORT_UDP_COUNT), fd = bench_lkl(c->ops->socket(SOCK_DGRAM), "udp");
	uint64_t begin, end, count;
	char buf[SMALL] = "";
	double rate;

	bench_lkl(c->ops->connect(fd, c->ip, PORT_UDP_SINK), "connect");
	c->ops->send(tcp, buf, 1);
	recv_all(c, tcp, &count, sizeof(count));
	begin = bench_now();
	end = begin + ms * 1000000ULL;
	while (bench_now() < end)
		for (int i = 0; i < 16; i++)
			c->ops->send(fd, buf, sizeof(buf));
	c->ops->send(tcp, buf, 1);
	recv_all(c, tcp, &count, sizeof(count));
	rate = per_second(count, begin);
	c->ops->close(fd);
	c->ops->close(tcp);
	return rate;
}

struct counter {
	const struct sock_client *client;
	int fd;
	uint64_t count;
};

static void *count(void *arg)
{
	struct counter *k = arg;
	char buf[SMALL];

	/* A short one is the end. */
	while (k->client->ops->recv(k->fd, buf, sizeof(buf)) == SMALL)
		k->count++;
	return NULL;
}

double sock_packets_in(const struct sock_client *c, int ms)
{
	struct { uint32_t ip; uint16_t port; uint16_t ms; } order = { .port = 7100, .ms = ms };
	struct counter k = { .client = c };
	int tcp = dial(c, PORT_UDP_SOURCE), end;
	pthread_t thread;
	uint64_t begin;
	char x;

	/* Our address is one above the server's. */
	order.ip = htonl(ntohl(c->ip) + 1);
	k.fd = bound(c->ops, SOCK_DGRAM, 0, order.port);
	pthread_create(&thread, NULL, count, &k);
	begin = bench_now();
	c->ops->send(tcp, &order, sizeof(order));
	recv_all(c, tcp, &x, 1);
	ms = (bench_now() - begin) / 1000000;
	end = c->ops->socket(SOCK_DGRAM);
	c->ops->connect(end, order.ip, order.port);
	c->ops->send(end, "", 1);
	pthread_join(thread, NULL);
	c->ops->close(end);
	c->ops->close(k.fd);
	c->ops->close(tcp);
	return k.count * 1000.0 / ms;
}

double sock_connects(const struct sock_client *c, int n)
{
	uint64_t begin;
	char buf[SMALL] = "";
	int i;

	c->ops->close(dial(c, PORT_ECHO));
	begin = bench_now();
	for (i = 0; i < n; i++) {
		int fd = dial(c, PORT_ECHO);

		c->ops->send(fd, buf, sizeof(buf));
		recv_all(c, fd, buf, sizeof(buf));
		c->ops->close(fd);
	}
	return per_second(n, begin);
}

double sock_many(const struct sock_client *c, int conns, int rounds)
{
	int *fds = malloc(conns * sizeof(*fds)), i, k, r;
	char buf[LARGE] = "";
	uint64_t begin;
	double rate;

	for (i = 0; i < conns; i++)
		fds[i] = dial(c, PORT_ECHO);
	begin = bench_now();
	for (r = 0; r < rounds; r++)
		for (i = 0; i < conns; i += BATCH) {
			int n = conns - i < BATCH ? conns - i : BATCH;

			for (k = 0; k < n; k++)
				c->ops->send(fds[i + k], buf, sizeof(buf));
			for (k = 0; k < n; k++)
				recv_all(c, fds[i + k], buf, sizeof(buf));
		}
	rate = per_second((double)conns * rounds, begin);
	for (i = 0; i < conns; i++)
		c->ops->close(fds[i]);
	free(fds);
	return rate;
}

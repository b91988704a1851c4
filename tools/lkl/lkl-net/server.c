// SPDX-License-Identifier: GPL-2.0
/* The other end of the tests: one thread for each connection, one for datagrams. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "calls.h"
#include "message.h"
#include "test.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int active;	/* connections */
static int served;

/* ---- TCP -------------------------------------------------------------------------- */

static long upload(int fd, char *buf)
{
	uint64_t start = now_ns(), last = start, now;
	struct test_report report = { 0 };
	long got;

	do {
		got = calls->recv(fd, buf, CHUNK, 0);
		now = now_ns();
		if (got > 0)
			report.bytes += got;
		if (got <= 0 || now - last >= REPORT_NS) {
			report.ns = now - start;
			last = now;
			if (send_all(fd, &report, sizeof(report)))
				break;
		}
	} while (got > 0);
	return got;
}

static long download(int fd, char *buf)
{
	struct pollfd p = { .fd = fd };
	long err;

	memset(buf, 0x55, CHUNK);
	do {
		err = send_all(fd, buf, CHUNK);
		/* The client has ended its direction: enough. */
		p.events = POLLIN;
		if (!err && calls->poll(&p, 1, 0) == 1)
			break;
	} while (!err);
	calls->shutdown(fd, SHUT_WR);
	while (calls->recv(fd, buf, CHUNK, 0) > 0)
		;
	return err;
}

static long pingpong(int fd, char *buf, uint32_t size)
{
	long err;

	do {
		err = recv_all(fd, buf, size);
		if (!err)
			err = send_all(fd, buf, size);
	} while (!err);
	return err;
}

static void *serve_connection(void *arg)
{
	int fd = (int)(intptr_t)arg, one = 1;
	struct test_hello hello;
	char *buf = malloc(CHUNK);

	calls->setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
	if (buf && !recv_all(fd, &hello, sizeof(hello)) && hello.magic == TEST_MAGIC) {
		if (hello.kind == TEST_UPLOAD)
			upload(fd, buf);
		else if (hello.kind == TEST_DOWNLOAD)
			download(fd, buf);
		else if (hello.kind == TEST_PINGPONG && hello.size && hello.size <= CHUNK)
			pingpong(fd, buf, hello.size);
	}
	free(buf);
	calls->close(fd);
	__atomic_add_fetch(&served, 1, __ATOMIC_RELEASE);
	__atomic_sub_fetch(&active, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void start_connection(int fd)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 256 << 10);
	__atomic_add_fetch(&active, 1, __ATOMIC_RELEASE);
	if (pthread_create(&thread, &attr, serve_connection, (void *)(intptr_t)fd)) {
		__atomic_sub_fetch(&active, 1, __ATOMIC_RELEASE);
		calls->close(fd);
	}
	pthread_attr_destroy(&attr);
}

/* ---- UDP --------------------------------------------------------------------------- */

/* The test under way; a new one ends it. */
static struct {
	uint64_t id, first, last, count, bytes, next;
} udp;

static void take_datagram(int fd, struct test_datagram *d, long len, const struct address *from)
{
	uint64_t now = now_ns();

	if (len < (long)sizeof(*d) || d->magic != TEST_MAGIC)
		return;
	switch (d->kind) {
	case UDP_DATA:
		if (udp.id != d->id) {
			memset(&udp, 0, sizeof(udp));
			udp.id = d->id;
			udp.first = now;
		}
		udp.last = now;
		udp.count++;
		udp.bytes += len;
		if (d->seq >= udp.next)
			udp.next = d->seq + 1;
		break;
	case UDP_END:
		d->kind = UDP_RESULT;
		d->seq = udp.id == d->id ? udp.next : 0;
		d->ns = udp.id == d->id ? udp.last - udp.first : 0;
		d->count = udp.id == d->id ? udp.count : 0;
		d->bytes = udp.id == d->id ? udp.bytes : 0;
		calls->sendto(fd, d, sizeof(*d), &from->ss, from->size);
		__atomic_add_fetch(&served, 1, __ATOMIC_RELEASE);
		break;
	case UDP_ECHO:
		calls->sendto(fd, d, len, &from->ss, from->size);
		break;
	}
}

static void drain_datagrams(int fd)
{
	static char buf[65536] __attribute__((aligned(8)));
	struct address from;
	int i;
	long len;

	for (i = 0; i < 256; i++) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (calls->poll(&p, 1, 0) != 1)
			return;
		from.size = sizeof(from.ss);
		len = calls->recvfrom(fd, buf, sizeof(buf), &from.ss, &from.size);
		if (len > 0)
			take_datagram(fd, (struct test_datagram *)buf, len, &from);
	}
}

/* ---- both ---------------------------------------------------------------------------- */

/* IPv4 alone where there is no IPv6. */
long server_socket(int type, int protocol, int port)
{
	int one = 1, zero = 0, size = 4 << 20;
	struct address any;
	long fd, err;

	address_any(AF_INET6, port, &any);
	fd = calls->socket(AF_INET6, type | SOCK_CLOEXEC, protocol);
	if (fd == -EAFNOSUPPORT) {
		address_any(AF_INET, port, &any);
		fd = calls->socket(AF_INET, type | SOCK_CLOEXEC, protocol);
	}
	if (fd < 0)
		return fd;
	calls->setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_DGRAM)
		calls->setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	calls->setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	err = calls->bind(fd, &any.ss, any.size);
	if (!err && type == SOCK_STREAM)
		err = calls->listen(fd, 4096);
	if (err) {
		calls->close(fd);
		return err;
	}
	return fd;
}

static void serve(struct pollfd *fds, int once)
{
	long fd;

	while (!interrupted && !(once && served && !active)) {
		if (calls->poll(fds, 2, 200) <= 0)
			continue;
		if (fds[1].revents)
			drain_datagrams(fds[1].fd);
		if (!fds[0].revents)
			continue;
		fd = calls->accept(fds[0].fd);
		if (fd >= 0)
			start_connection(fd);
	}
}

int server_run(int port, int mptcp, int once)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	long fd;

	fd = server_socket(SOCK_STREAM, mptcp ? IPPROTO_MPTCP : 0, port);
	if (fd < 0) {
		error("%s port %d: %s", mptcp ? "MPTCP" : "TCP", port, lkl_strerror(fd));
		return 1;
	}
	fds[0].fd = fd;
	fd = server_socket(SOCK_DGRAM, 0, port);
	if (fd < 0) {
		error("UDP port %d: %s", port, lkl_strerror(fd));
		calls->close(fds[0].fd);
		return 1;
	}
	fds[1].fd = fd;
	printf("listening on port %d\n", port);
	fflush(stdout);
	serve(fds, once);
	calls->close(fds[0].fd);
	calls->close(fds[1].fd);
	return 0;
}

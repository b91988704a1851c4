// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_net.h>

#include "calls.h"

const struct calls *calls = &calls_inside;

/* ---- inside ---------------------------------------------------------------------- */

static long in_socket(int family, int type, int protocol)
{
	return lkl_sys_socket(family, type, protocol);
}

static long in_setsockopt(int fd, int level, int name, const void *value, int size)
{
	return lkl_sys_setsockopt(fd, level, name, (char *)value, size);
}

static long in_getsockopt(int fd, int level, int name, void *value, int *size)
{
	return lkl_sys_getsockopt(fd, level, name, value, size);
}

static long in_bind(int fd, const void *addr, int size)
{
	return lkl_sys_bind(fd, (struct lkl_sockaddr *)addr, size);
}

static long in_connect(int fd, const void *addr, int size)
{
	return lkl_sys_connect(fd, (struct lkl_sockaddr *)addr, size);
}

static long in_listen(int fd, int backlog)
{
	return lkl_sys_listen(fd, backlog);
}

static long in_accept(int fd)
{
	return lkl_sys_accept4(fd, NULL, NULL, LKL_SOCK_CLOEXEC);
}

static long in_send(int fd, const void *buf, size_t size, int flags)
{
	return lkl_sys_send(fd, buf, size, flags | LKL_MSG_NOSIGNAL);
}

static long in_sendto(int fd, const void *buf, size_t size, const void *addr, int addr_size)
{
	return lkl_sys_sendto(fd, (void *)buf, size, 0, (struct lkl_sockaddr *)addr, addr_size);
}

static long in_recv(int fd, void *buf, size_t size, int flags)
{
	return lkl_sys_recv(fd, buf, size, flags);
}

static long in_recvfrom(int fd, void *buf, size_t size, void *addr, int *addr_size)
{
	return lkl_sys_recvfrom(fd, buf, size, 0, addr, addr_size);
}

static long in_poll(struct pollfd *fds, unsigned int n, int timeout_ms)
{
	return lkl_sys_poll((struct lkl_pollfd *)fds, n, timeout_ms);
}

static long in_shutdown(int fd, int how)
{
	return lkl_sys_shutdown(fd, how);
}

static long in_close(int fd)
{
	return lkl_sys_close(fd);
}

static long in_ifindex(const char *name)
{
	return lkl_ifname_to_ifindex(name);
}

const struct calls calls_inside = {
	in_socket, in_setsockopt, in_getsockopt, in_bind, in_connect, in_listen, in_accept,
	in_send, in_sendto, in_recv, in_recvfrom, in_poll, in_shutdown, in_close,
	in_ifindex,
};

/* ---- on the host ------------------------------------------------------------------- */

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static long out_socket(int family, int type, int protocol)
{
	return result(socket(family, type, protocol));
}

static long out_setsockopt(int fd, int level, int name, const void *value, int size)
{
	return result(setsockopt(fd, level, name, value, size));
}

static long out_getsockopt(int fd, int level, int name, void *value, int *size)
{
	return result(getsockopt(fd, level, name, value, (socklen_t *)size));
}

static long out_bind(int fd, const void *addr, int size)
{
	return result(bind(fd, addr, size));
}

static long out_connect(int fd, const void *addr, int size)
{
	return result(connect(fd, addr, size));
}

static long out_listen(int fd, int backlog)
{
	return result(listen(fd, backlog));
}

static long out_accept(int fd)
{
	return result(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
}

static long out_send(int fd, const void *buf, size_t size, int flags)
{
	return result(send(fd, buf, size, flags | MSG_NOSIGNAL));
}

static long out_sendto(int fd, const void *buf, size_t size, const void *addr, int addr_size)
{
	return result(sendto(fd, buf, size, 0, addr, addr_size));
}

static long out_recv(int fd, void *buf, size_t size, int flags)
{
	return result(recv(fd, buf, size, flags));
}

static long out_recvfrom(int fd, void *buf, size_t size, void *addr, int *addr_size)
{
	return result(recvfrom(fd, buf, size, 0, addr, (socklen_t *)addr_size));
}

static long out_poll(struct pollfd *fds, unsigned int n, int timeout_ms)
{
	return result(poll(fds, n, timeout_ms));
}

static long out_shutdown(int fd, int how)
{
	return result(shutdown(fd, how));
}

static long out_close(int fd)
{
	return result(close(fd));
}

static long out_ifindex(const char *name)
{
	long index = if_nametoindex(name);

	return index ? index : -ENODEV;
}

const struct calls calls_host = {
	out_socket, out_setsockopt, out_getsockopt, out_bind, out_connect, out_listen,
	out_accept, out_send, out_sendto, out_recv, out_recvfrom, out_poll, out_shutdown,
	out_close, out_ifindex,
};

/* ---- addresses, time, whole messages --------------------------------------------------- */

/* What comes after the percent sign of an address; negative if there is no such interface. */
static long scope(const char *zone)
{
	char *end;
	long index = strtol(zone, &end, 10);

	return *zone && !*end ? index : calls->ifindex(zone);
}

int address_parse(const char *text, int port, struct address *a)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&a->ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)&a->ss;
	const char *percent = strchr(text, '%');
	char plain[INET6_ADDRSTRLEN];
	long index = 0;

	memset(a, 0, sizeof(*a));
	if (strcspn(text, "%") >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, strcspn(text, "%"));
	plain[strcspn(text, "%")] = 0;
	if (inet_pton(AF_INET6, plain, &sin6->sin6_addr) == 1) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(port);
		if (percent)
			index = scope(percent + 1);
		if (index < 0)
			return -ENODEV;
		sin6->sin6_scope_id = index;
		a->size = sizeof(*sin6);
		return 0;
	}
	if (percent || inet_pton(AF_INET, plain, &sin->sin_addr) != 1)
		return -EINVAL;
	sin->sin_family = AF_INET;
	sin->sin_port = htons(port);
	a->size = sizeof(*sin);
	return 0;
}

const char *address_text(const struct address *a)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(a->ss.ss_family, a->ss.ss_family == AF_INET6 ?
			 (const void *)&((const struct sockaddr_in6 *)&a->ss)->sin6_addr :
			 &((const struct sockaddr_in *)&a->ss)->sin_addr, text, sizeof(text));
}

void address_any(int family, int port, struct address *a)
{
	address_parse(family == AF_INET6 ? "::" : "0.0.0.0", port, a);
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

long send_all(int fd, const void *buf, size_t size)
{
	const char *at = buf;
	long sent;

	for (; size; at += sent, size -= sent) {
		sent = calls->send(fd, at, size, 0);
		if (sent < 0)
			return sent;
	}
	return 0;
}

long recv_all(int fd, void *buf, size_t size)
{
	char *at = buf;
	long got;

	for (; size; at += got, size -= got) {
		got = calls->recv(fd, at, size, 0);
		if (got <= 0)
			return got ? got : 1;
	}
	return 0;
}

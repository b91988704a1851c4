/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets of the kernel inside, or with --host those of the host, for a comparison. On
 * Linux hosts addresses and constants are the same in both.
 */
#ifndef LKL_NET_TOOL_CALLS_H
#define LKL_NET_TOOL_CALLS_H

#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

/* Results are those of the call, errors negative Linux errnos. */
struct calls {
	long (*socket)(int family, int type, int protocol);
	long (*setsockopt)(int fd, int level, int name, const void *value, int size);
	long (*getsockopt)(int fd, int level, int name, void *value, int *size);
	long (*bind)(int fd, const void *addr, int size);
	long (*connect)(int fd, const void *addr, int size);
	long (*listen)(int fd, int backlog);
	long (*accept)(int fd);
	long (*send)(int fd, const void *buf, size_t size, int flags);
	long (*sendto)(int fd, const void *buf, size_t size, const void *addr, int addr_size);
	long (*recv)(int fd, void *buf, size_t size, int flags);
	long (*recvfrom)(int fd, void *buf, size_t size, void *addr, int *addr_size);
	long (*poll)(struct pollfd *fds, unsigned int n, int timeout_ms);
	long (*shutdown)(int fd, int how);
	long (*close)(int fd);
	long (*ifindex)(const char *name);
};

extern const struct calls calls_inside, calls_host;

/* The chosen ones. */
extern const struct calls *calls;

/* An address of either family and its size. */
struct address {
	struct sockaddr_storage ss;
	int size;
};

/*
 * A numeric address, "fe80::1%eth0" with an interface or its number. 0, or -EINVAL, or -ENODEV
 * if there is no such interface.
 */
int address_parse(const char *text, int port, struct address *a);
/* "10.0.0.1" or "fd00::1"; in a static buffer. */
const char *address_text(const struct address *a);
/* The address any of @family, with @port. */
void address_any(int family, int port, struct address *a);

/* CLOCK_MONOTONIC in ns. */
uint64_t now_ns(void);

/* Sends or receives all of @size bytes: 0, 1 at the end of the stream, or err. */
long send_all(int fd, const void *buf, size_t size);
long recv_all(int fd, void *buf, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same network traffic over either kernel's sockets. A server answers on several
 * ports, a client measures against it.
 */
#ifndef LKL_BENCH_SOCK_H
#define LKL_BENCH_SOCK_H

#include <stddef.h>
#include <stdint.h>

/* A kernel's sockets; results are the value or a negative errno. */
struct sock_ops {
	long (*socket)(int type);
	long (*bind)(int fd, uint32_t ip, int port);
	long (*listen)(int fd);
	long (*accept)(int fd);
	long (*connect)(int fd, uint32_t ip, int port);
	long (*send)(int fd, const void *buf, size_t len);
	long (*recv)(int fd, void *buf, size_t len);
	long (*setsockopt)(int fd, int level, int name, int value);
	long (*close)(int fd);
	long (*epoll_create)(void);
	long (*epoll_add)(int ep, int fd);
	/* Descriptors that can be read, at most @n; waits for one. */
	long (*epoll_wait)(int ep, int *fds, int n);
};

extern const struct sock_ops sock_lkl, sock_host;

/* Starts the server's threads; they end with the process. @ip 0: any address. */
void sock_serve(const struct sock_ops *ops, uint32_t ip);

/* What a client is to measure with. */
struct sock_client {
	const struct sock_ops *ops;
	/* The server's; network order. */
	uint32_t ip;
};

/* MiB/s from and to the client, in writes of 64 KiB. */
double sock_stream_out(const struct sock_client *c, int ms);
double sock_stream_in(const struct sock_client *c, int ms);
/* One byte there and back, in us. */
double sock_round_trip(const struct sock_client *c, int n);
/* Datagrams of 64 bytes that arrived in a second. */
double sock_packets_out(const struct sock_client *c, int ms);
double sock_packets_in(const struct sock_client *c, int ms);
/* Connections a second: connect, 64 bytes there and back, close. */
double sock_connects(const struct sock_client *c, int n);
/* @conns connections at once, 1 KiB there and back on each in turn, @rounds times; a second. */
double sock_many(const struct sock_client *c, int conns, int rounds);

#endif

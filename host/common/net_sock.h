/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets of the host, as network backends use them. What differs between hosts is in the
 * net_sock_os.c of each; addresses and opening are the same everywhere, in net_sock.c.
 */
#ifndef LKL_COMMON_NET_SOCK_H
#define LKL_COMMON_NET_SOCK_H

#include <stdint.h>

#include "net_backend.h"

/* A descriptor, or a SOCKET of Windows. */
typedef intptr_t lkl_sock_t;

#define LKL_NO_SOCK	((lkl_sock_t)-1)

/* ---- net_sock.c ------------------------------------------------------------------- */

/*
 * All sockets that come out of these do not block. They return 0, or a negative errno
 * described in @why.
 */

/* Connects a stream to @address: "tcp:HOST:PORT", or the path of a Unix socket. */
int lkl_sock_connect(const char *address, lkl_sock_t *s, struct lkl_net_why *why);
/*
 * Listens at @address, for one at a time. @path is what lkl_sock_unlink() is to remove in
 * the end, or NULL; from malloc().
 */
int lkl_sock_listen(const char *address, lkl_sock_t *s, char **path, struct lkl_net_why *why);
/* Datagrams of UDP between two addresses, "HOST:PORT|HOST:PORT", the first of them ours. */
int lkl_sock_udp(const char *addresses, lkl_sock_t *s, struct lkl_net_why *why);
/* Whether @param begins with @scheme; then what follows it, else NULL. */
const char *lkl_sock_scheme(const char *param, const char *scheme);

/* ---- net_sock_os.c ---------------------------------------------------------------- */

/* A socket that blocks, and that programs started by this one do not get. */
lkl_sock_t lkl_sock_new(int family, int type);
void lkl_sock_close(lkl_sock_t s);
/* 0, or -1 as the calls of the host. */
int lkl_sock_unblock(lkl_sock_t s);
/*
 * Before a stream listens: a port may be taken whose connections were closed a moment ago, but
 * not one where somebody listens.
 */
void lkl_sock_share_port(lkl_sock_t s);
/* Whoever connected next, not blocking; LKL_NO_SOCK if there is nobody. */
lkl_sock_t lkl_sock_accept(lkl_sock_t listener);
/*
 * "fd:N": another handle of that socket of the application's, which has to be of @type;
 * not blocking.
 */
int lkl_sock_given(const char *param, int type, lkl_sock_t *s, struct lkl_net_why *why);
void lkl_sock_unlink(const char *path);
/* Why the last call of the host failed, as Linux counts; positive. */
int lkl_sock_errno(void);

/*
 * Bytes that were sent or received, 0 at the end of a stream, -EAGAIN if it would have to
 * wait, or another negative errno.
 */
long lkl_sock_send(lkl_sock_t s, const struct iovec *iov, int n);
long lkl_sock_recv(lkl_sock_t s, void *buf, size_t len);

/* What to wait for; then what is true. A socket is in a list once. */
struct lkl_sock_wait {
	lkl_sock_t sock;
	int in;
	int out;
};

#define LKL_SOCK_WAITS	3

/* Waits for sockets in one thread; others wake it. */
struct lkl_sock_waiter;

struct lkl_sock_waiter *lkl_sock_waiter_new(void);
void lkl_sock_waiter_free(struct lkl_sock_waiter *w);
/* lkl_sock_waiter_wait() returns, now or the next time. Any context. */
void lkl_sock_waiter_wake(struct lkl_sock_waiter *w);
/* At most LKL_SOCK_WAITS sockets, LKL_NO_SOCK left out; only looks if @now. */
void lkl_sock_waiter_wait(struct lkl_sock_waiter *w, struct lkl_sock_wait *list, int n, int now);

#endif

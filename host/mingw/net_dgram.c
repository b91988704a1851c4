// SPDX-License-Identifier: GPL-2.0
/* A frame is a datagram of UDP. Unix sockets have none on Windows. */
#include <stdlib.h>

#include "iov.h"
#include "linux_errno.h"
#include "net_sock_os.h"
#include "net_types.h"

struct dgram {
	struct lkl_net_backend base;
	struct lkl_sock_waiter *waiter;
	lkl_sock_t sock;
	/* A datagram is received in one piece. The device's thread's. */
	char in[LKL_NET_FRAME_MAX];
};

static struct dgram *to_dgram(struct lkl_net_backend *b)
{
	return (struct dgram *)b;
}

static int dgram_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n, size_t len)
{
	long done = lkl_sock_send(to_dgram(b)->sock, iov, n);

	/* Nobody there, or too long: the frame is lost, as on a wire. */
	return done == -LKL_ERR_AGAIN ? done : 0;
}

static long dgram_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct dgram *d = to_dgram(b);
	long len;

	/* A datagram of ours that found nobody is reported here, once. */
	do {
		len = lkl_sock_recv(d->sock, d->in, sizeof(d->in));
	} while (len == -LKL_ERR_CONNRESET);
	return len < 0 ? -LKL_ERR_AGAIN : (long)lkl_iov_write(iov, n, d->in, len);
}

static void dgram_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct dgram *d = to_dgram(b);
	struct lkl_sock_wait want = { .sock = d->sock, .in = w->rx, .out = w->tx };

	lkl_sock_waiter_wait(d->waiter, &want, 1, 0);
	w->rx = want.in;
	w->tx = want.out;
}

static void dgram_wake(struct lkl_net_backend *b)
{
	lkl_sock_waiter_wake(to_dgram(b)->waiter);
}

static void dgram_free(struct lkl_net_backend *b, int forked)
{
	struct dgram *d = to_dgram(b);

	if (d->sock != LKL_NO_SOCK)
		lkl_sock_close(d->sock);
	lkl_sock_waiter_free(d->waiter);
	free(d);
}

static const struct lkl_net_backend_ops dgram_ops = {
	.name = "dgram",
	.tx = dgram_tx,
	.rx = dgram_rx,
	.wait = dgram_wait,
	.wake = dgram_wake,
	.free = dgram_free,
};

int lkl_net_open_dgram(const char *param, uint32_t offload, struct lkl_net_why *why,
		       struct lkl_net_backend **b)
{
	const char *udp = lkl_sock_scheme(param, "udp:");
	struct dgram *d;
	int err;

	if (!udp && !lkl_sock_scheme(param, "fd:"))
		return lkl_net_fail(why, -LKL_ERR_INVAL, "\"%s\": not \"udp:HOST:PORT|HOST:PORT\" or "
				    "\"fd:N\"; Windows has no datagrams over Unix sockets", param);
	d = calloc(1, sizeof(*d));
	if (!d)
		return lkl_net_fail(why, -LKL_ERR_NOMEM, "no memory");
	d->base.ops = &dgram_ops;
	d->base.queues = 1;
	d->sock = LKL_NO_SOCK;
	d->waiter = lkl_sock_waiter_new();
	if (!d->waiter)
		err = lkl_net_fail(why, -LKL_ERR_NOMEM, "no memory or too many handles");
	else
		err = udp ? lkl_sock_udp(udp, &d->sock, why) :
			lkl_sock_given(param, SOCK_DGRAM, &d->sock, why);
	if (err) {
		d->sock = LKL_NO_SOCK;
		dgram_free(&d->base, 0);
		return err;
	}
	*b = &d->base;
	return 0;
}

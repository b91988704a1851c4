// SPDX-License-Identifier: GPL-2.0
/* Network devices whose operations are the application's (struct lkl_dev_net_ops). */
#include <stdlib.h>

#include "linux_errno.h"
#include "net_backend.h"

struct app {
	struct lkl_net_backend base;
	struct lkl_netdev *nd;
	/* For the thread while the driver has no buffers; at most one up. */
	struct lkl_sem *wake;
	int woken;
	int hup;
};

static struct app *to_app(struct lkl_net_backend *b)
{
	return (struct app *)b;
}

static int app_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		  size_t len)
{
	struct lkl_netdev *nd = to_app(b)->nd;

	return nd->ops->tx(nd, iov, n) < 0 ? -LKL_ERR_AGAIN : 0;
}

static long app_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct lkl_netdev *nd = to_app(b)->nd;
	int len = nd->ops->rx(nd, iov, n);

	return len < 0 ? -LKL_ERR_AGAIN : len;
}

static void app_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct app *a = to_app(b);
	int what;

	if (!w->rx || __atomic_load_n(&a->hup, __ATOMIC_ACQUIRE)) {
		/*
		 * poll() cannot be woken for good reasons only, and may tell of a
		 * frame once: wait for buffers, then look for what it told.
		 */
		lkl_host_ops.sem_down(a->wake);
		__atomic_store_n(&a->woken, 0, __ATOMIC_RELEASE);
		w->rx = 1;
		return;
	}
	what = a->nd->ops->poll(a->nd);
	if (what & LKL_DEV_NET_POLL_HUP) {
		__atomic_store_n(&a->hup, 1, __ATOMIC_RELEASE);
		lkl_net_link(b, 0);
	}
	w->rx = !!(what & LKL_DEV_NET_POLL_RX);
	w->tx = !!(what & LKL_DEV_NET_POLL_TX);
}

static void app_wake(struct lkl_net_backend *b)
{
	struct app *a = to_app(b);

	if (!__atomic_exchange_n(&a->woken, 1, __ATOMIC_ACQ_REL))
		lkl_host_ops.sem_up(a->wake);
}

static void app_hup(struct lkl_net_backend *b)
{
	struct lkl_netdev *nd = to_app(b)->nd;

	nd->ops->poll_hup(nd);
	app_wake(b);
}

static void app_free(struct lkl_net_backend *b, int forked)
{
	lkl_host_ops.sem_free(to_app(b)->wake);
	free(b);
}

static const struct lkl_net_backend_ops app_ops = {
	.name = "application",
	.tx = app_tx,
	.rx = app_rx,
	.wait = app_wait,
	.wake = app_wake,
	.hup = app_hup,
	.free = app_free,
};

struct lkl_net_backend *lkl_net_open_app(struct lkl_netdev *nd, int *err)
{
	struct lkl_dev_net_ops *ops = nd->ops;
	struct app *a;

	*err = -LKL_ERR_INVAL;
	if (!ops->tx || !ops->rx || !ops->poll || !ops->poll_hup)
		return NULL;
	*err = -LKL_ERR_NOMEM;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->wake = lkl_host_ops.sem_alloc(0);
	if (!a->wake) {
		free(a);
		return NULL;
	}
	a->nd = nd;
	a->base.ops = &app_ops;
	a->base.queues = 1;
	if (nd->has_vnet_hdr) {
		a->base.hdr_len = LKL_NET_HDR_LEN;
		a->base.offload = LKL_NET_OFFLOAD_ALL;
	}
	return &a->base;
}

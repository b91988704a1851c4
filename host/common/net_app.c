// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices whose operations are the application's (struct lkl_dev_net_ops).
 *
 * Its rx() may make system calls, which wait for the CPU token, or for anything. Meanwhile it can
 * neither hold a lock that others take with the token, nor the driver's buffers, which are other
 * memory as soon as the driver has reset the device. So it gets a buffer of our own, and frames
 * are copied from there.
 */
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
	/* The device's thread's: poll() may have told of more frames than rx() has given us. */
	int told;
	/* The frame that the driver had no room for; 0: none. */
	int len;
	size_t size;
	char frame[];
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

/* Receives what there is, as long as the driver has room. */
static void receive(struct app *a)
{
	struct iovec iov = { .iov_base = a->frame };
	struct lkl_net_wait w;

	while (a->told) {
		lkl_net_wants(&a->base, &w);
		if (!w.rx)
			return;
		if (!a->len) {
			iov.iov_len = a->size;
			a->len = a->nd->ops->rx(a->nd, &iov, 1);
		}
		a->told = a->len >= 0;
		iov.iov_len = a->len;
		/* One longer than the buffer is dropped, as are those that are none. */
		if (a->len > 0 && (size_t)a->len <= a->size &&
		    lkl_net_input(&a->base, 0, &iov, 1))
			return;
		a->len = 0;
	}
}

static void app_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct app *a = to_app(b);

	if (!w->rx || __atomic_load_n(&a->hup, __ATOMIC_ACQUIRE)) {
		/*
		 * poll() cannot be woken for good reasons only, and may tell of a
		 * frame once: wait for buffers, then look for what it told.
		 */
		lkl_host_ops.sem_down(a->wake);
		__atomic_store_n(&a->woken, 0, __ATOMIC_RELEASE);
		a->told = 1;
	} else if (!a->told) {
		int what = a->nd->ops->poll(a->nd);

		if (what & LKL_DEV_NET_POLL_HUP) {
			__atomic_store_n(&a->hup, 1, __ATOMIC_RELEASE);
			lkl_net_link(b, 0);
		}
		a->told = !!(what & LKL_DEV_NET_POLL_RX);
		w->tx = !!(what & LKL_DEV_NET_POLL_TX);
	}
	w->rx = 0;
	receive(a);
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
	.wait = app_wait,
	.wake = app_wake,
	.hup = app_hup,
	.free = app_free,
};

struct lkl_net_backend *lkl_net_open_app(struct lkl_netdev *nd, int *err)
{
	int hdr_len = nd->has_vnet_hdr ? LKL_NET_HDR_LEN : 0;
	/* Without the header that there is not. */
	size_t size = LKL_NET_FRAME_MAX - LKL_NET_HDR_LEN + hdr_len;
	struct lkl_dev_net_ops *ops = nd->ops;
	struct app *a;

	*err = -LKL_ERR_INVAL;
	if (!ops->tx || !ops->rx || !ops->poll || !ops->poll_hup)
		return NULL;
	*err = -LKL_ERR_NOMEM;
	a = calloc(1, sizeof(*a) + size);
	if (!a)
		return NULL;
	a->wake = lkl_host_ops.sem_alloc(0);
	if (!a->wake) {
		free(a);
		return NULL;
	}
	a->nd = nd;
	a->size = size;
	a->base.ops = &app_ops;
	a->base.queues = 1;
	a->base.hdr_len = hdr_len;
	a->base.offload = hdr_len ? LKL_NET_OFFLOAD_ALL : 0;
	return &a->base;
}

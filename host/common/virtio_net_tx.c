// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from the driver, sent by whoever notifies, with the CPU token held, since backends do
 * not block, or by a thread (virtio_net_sender.c); a frame for which there is no room waits here.
 */
#include <string.h>

#include "iov.h"
#include "linux_errno.h"
#include "virtio_net_dev.h"

/* More bytes cost more than waking the receiver. */
#define LARGE	4096

/* Sends @req; -EAGAIN if that is not possible now. */
static int send_frame(struct net_queue *q, struct lkl_virtio_req *req)
{
	struct lkl_virtio_net *net = q->net;
	struct lkl_net_backend *b = net->backend;
	struct iovec *iov = req->out;
	int n = req->n_out;
	size_t len = req->out_len;

	if (req->truncated || len < LKL_NET_HDR_LEN + 14 || len > LKL_NET_FRAME_MAX)
		return 0;
	if (net_is_set(&net->link_down) || net_is_set(&net->forked))
		return 0;
	if (b->hdr_len == LKL_NET_HDR_LEN)
		return b->ops->tx(b, q->index, iov, n, len);

	/*
	 * The driver's header is in the first buffer, alone or with data behind it.
	 * In the list there is room for one more, and a refused request stays whole.
	 */
	if (n > NET_IOV_CAP - 1 || iov[0].iov_len < LKL_NET_HDR_LEN)
		return 0;
	memcpy(q->tx_iov + 1, iov, n * sizeof(*iov));
	iov = q->tx_iov + 1;
	lkl_iov_advance(&iov, &n, LKL_NET_HDR_LEN);
	if (b->hdr_len) {
		iov--;
		n++;
		iov->iov_base = req->out[0].iov_base;
		iov->iov_len = b->hdr_len;
	}
	return b->ops->tx(b, q->index, iov, n, len - LKL_NET_HDR_LEN + b->hdr_len);
}

/* Under the lock. */
static void set_gathering(struct net_queue *q, int on)
{
	if (q->gathering == on)
		return;
	__atomic_fetch_add(&lkl_net_gathering, on ? 1 : -1, __ATOMIC_SEQ_CST);
	net_set(&q->gathering, on);
}

int lkl_virtio_net_gather(struct net_queue *q, int n)
{
	int wait;

	lkl_lock(q->tx_lock);
	wait = !q->stalled && !net_is_set(&q->net->stopped) &&
	       lkl_virtio_notify_later(net_tx_vq(q), n);
	set_gathering(q, wait);
	lkl_unlock(q->tx_lock);
	return wait;
}

unsigned int lkl_virtio_net_transmit(struct net_queue *q)
{
	struct lkl_virtio_req *req;
	unsigned int sent = 0;
	int large = 0;

	lkl_lock(q->tx_lock);
	/* Once it is empty each frame is told of. */
	set_gathering(q, 0);
	while (!net_is_set(&q->net->stopped)) {
		req = q->stalled;
		if (!req)
			req = lkl_virtio_pop(net_tx_vq(q));
		if (!req)
			break;
		large |= req->out_len > LARGE;
		if (send_frame(q, req) == -LKL_ERR_AGAIN) {
			q->stalled = req;
			break;
		}
		q->stalled = NULL;
		lkl_virtio_complete(req, 0);
		sent++;
	}
	net_set(&q->tx_full, !!q->stalled);
	/* Under the lock: once quiesced, the device's queues go. */
	if (sent) {
		net_set(&q->large, large);
		lkl_virtio_signal(net_tx_vq(q));
	}
	lkl_unlock(q->tx_lock);
	return sent;
}

void lkl_net_tx_again(struct lkl_net_backend *b, int queue)
{
	struct lkl_virtio_net *net = __atomic_load_n(&b->owner, __ATOMIC_ACQUIRE);

	if (net && net_is_set(&net->queue[queue].tx_full))
		lkl_virtio_net_transmit(&net->queue[queue]);
}

void lkl_virtio_net_quiesce_tx(struct net_queue *q)
{
	lkl_lock(q->tx_lock);
	if (q->stalled)
		lkl_virtio_complete(q->stalled, 0);
	q->stalled = NULL;
	net_set(&q->tx_full, 0);
	set_gathering(q, 0);
	lkl_unlock(q->tx_lock);
}

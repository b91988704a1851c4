// SPDX-License-Identifier: GPL-2.0
/*
 * Frames to the driver. They come through the device's thread, or another that looks after
 * it, straight into the driver's buffers. These are popped ahead, enough for the longest
 * frame, since a backend cannot say how long the next one is.
 */
#include <stdlib.h>
#include <string.h>

#include "iov.h"
#include "le.h"
#include "linux_errno.h"
#include "virtio_net_dev.h"

/*
 * Holds buffers of the driver for @need bytes. 0 if it has not that many; then its
 * next ones are notified.
 */
static int hold(struct net_queue *q, size_t need)
{
	struct lkl_virtio_req *req;

	while (q->held_len < need || !q->n_held) {
		if (q->n_held == HELD_MAX || (q->n_held && !q->mergeable))
			break;
		req = lkl_virtio_pop(net_rx_vq(q));
		if (!req) {
			/* Said before the last look, lest a notification be lost. */
			__atomic_exchange_n(&q->starved, 1, __ATOMIC_SEQ_CST);
			req = lkl_virtio_pop(net_rx_vq(q));
			if (!req)
				return 0;
			net_set(&q->starved, 0);
		}
		if (req->n_out || req->in_len < LKL_NET_HDR_LEN + 1) {
			lkl_virtio_complete(req, 0);
			lkl_virtio_broken(&q->net->dev, "receive buffer too small");
			return 0;
		}
		q->held[q->n_held++] = req;
		q->held_len += req->in_len;
	}
	return 1;
}

/*
 * The buffers held, as the backend fills them: its header, then the frame. Where it
 * has a shorter header than the driver, the rest of the driver's is left out.
 */
static int list_held(struct net_queue *q, int hdr_len)
{
	struct iovec *iov = q->iov;
	struct iovec skip;
	int i, n = 0, skip_n = 1;
	struct iovec *rest = &skip;

	for (i = 0; i < q->n_held; i++) {
		struct lkl_virtio_req *req = q->held[i];

		if (n + req->n_in > NET_IOV_CAP - 2)
			break;
		memcpy(&iov[n], req->in, req->n_in * sizeof(*iov));
		n += req->n_in;
	}
	if (hdr_len == LKL_NET_HDR_LEN)
		return n;
	/* The driver has its header in one piece; hold() saw that it is longer. */
	skip = iov[0];
	lkl_iov_advance(&rest, &skip_n, LKL_NET_HDR_LEN);
	if (hdr_len) {
		memmove(&iov[2], &iov[1], (n - 1) * sizeof(*iov));
		iov[0].iov_len = hdr_len;
		iov[1] = skip;
		n++;
	} else {
		iov[0] = skip;
	}
	if (skip_n)
		return n;
	/* The first buffer was the header alone. */
	i = hdr_len ? 1 : 0;
	n--;
	memmove(&iov[i], &iov[i + 1], (n - i) * sizeof(*iov));
	return n;
}

/* A driver's header has to lie in one buffer, as ours always does. */
static struct lkl_net_hdr *held_hdr(struct net_queue *q)
{
	return q->held[0]->in[0].iov_len >= LKL_NET_HDR_LEN ?
		q->held[0]->in[0].iov_base : NULL;
}

static uint32_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Adds the bytes from @start on in the list to a ones' complement sum. */
static uint32_t sum_from(const struct iovec *iov, int n, size_t start, size_t len)
{
	size_t pos = 0;
	uint64_t sum = 0;
	int i;

	for (i = 0; i < n; i++) {
		const uint8_t *p = iov[i].iov_base;
		size_t k;

		for (k = 0; k < iov[i].iov_len && pos < len; k++, pos++)
			if (pos >= start)
				sum += (uint32_t)p[k] << ((pos - start) & 1 ? 0 : 8);
	}
	return fold(sum);
}

/* Does what the other end left to a driver that has not offered to. 0 if bad. */
static int fill_checksum(struct net_queue *q, struct lkl_net_hdr *hdr,
			 const struct iovec *iov, int n, size_t len)
{
	size_t start = LKL_NET_HDR_LEN + lkl_le16(hdr->csum_start);
	size_t at = start + lkl_le16(hdr->csum_offset);
	uint16_t sum = ~sum_from(iov, n, start, len);
	uint8_t bytes[2];
	size_t pos = 0;
	int i, k;

	if (at + 2 > len)
		return 0;
	if (!sum)
		sum = 0xffff;
	bytes[0] = sum >> 8;
	bytes[1] = sum;
	for (i = 0, k = 0; i < n && k < 2; pos += iov[i].iov_len, i++)
		while (k < 2 && at + k < pos + iov[i].iov_len) {
			((uint8_t *)iov[i].iov_base)[at + k - pos] = bytes[k];
			k++;
		}
	hdr->flags = 0;
	return 1;
}

/* What a frame with this header needs of the driver. */
static uint32_t needed_offload(const struct lkl_net_hdr *hdr)
{
	uint32_t need = hdr->gso_type & LKL_NET_HDR_GSO_ECN ? LKL_NET_GUEST_ECN : 0;

	switch (hdr->gso_type & ~LKL_NET_HDR_GSO_ECN) {
	case LKL_NET_HDR_GSO_NONE:
		return need;
	case LKL_NET_HDR_GSO_TCPV4:
		return need | LKL_NET_GUEST_TSO4;
	case LKL_NET_HDR_GSO_TCPV6:
		return need | LKL_NET_GUEST_TSO6;
	case LKL_NET_HDR_GSO_UDP_L4:
		return need | LKL_NET_GUEST_USO;
	}
	return ~0u;
}

/* Whether the driver gets the frame of @len bytes in the buffers held. */
static int acceptable(struct net_queue *q, struct lkl_net_hdr *hdr, size_t len)
{
	struct lkl_virtio_net *net = q->net;
	uint8_t start[LKL_NET_HDR_LEN + LKL_NET_FILTER_BYTES];
	int n;

	/* An Ethernet header and something in it. */
	if (len < LKL_NET_HDR_LEN + 14 || net_is_set(&net->link_down) ||
	    q->index >= net_is_set(&net->active_queues))
		return 0;
	n = lkl_iov_read(q->iov, q->n_iov, start, sizeof(start) < len ?
			 sizeof(start) : len);
	if (!lkl_net_filter_pass(&net->filter, start + LKL_NET_HDR_LEN,
				 n - LKL_NET_HDR_LEN))
		return 0;
	if (!net->backend->hdr_len)
		return 1;
	if (needed_offload(hdr) & ~net->guest_offload)
		return 0;
	if (hdr->flags & LKL_NET_HDR_F_NEEDS_CSUM &&
	    !(net->guest_offload & LKL_NET_GUEST_CSUM))
		return fill_checksum(q, hdr, q->iov, q->n_iov, len);
	return 1;
}

/*
 * The buffers held have a frame of @len bytes, the driver's header included. They go
 * to the driver, or stay here if the frame is not for it. Returns whether they went.
 */
static int pass_on(struct net_queue *q, size_t len)
{
	uint32_t lens[HELD_MAX];
	struct lkl_net_hdr *hdr = held_hdr(q);
	size_t left = len;
	int n;

	if (len > q->held_len || !acceptable(q, hdr, len))
		return 0;
	for (n = 0; left; n++) {
		lens[n] = q->held[n]->in_len < left ? q->held[n]->in_len : left;
		left -= lens[n];
		q->held_len -= q->held[n]->in_len;
	}
	hdr->num_buffers = lkl_le16((uint16_t)n);
	lkl_virtio_complete_all(q->held, lens, n);
	q->n_held -= n;
	memmove(q->held, q->held + n, q->n_held * sizeof(q->held[0]));
	return 1;
}

/* Prepares the list of buffers held for a backend with @hdr_len bytes of header. */
static int prepare(struct net_queue *q, int hdr_len)
{
	struct lkl_net_hdr *hdr = held_hdr(q);

	if (!hdr) {
		lkl_virtio_broken(&q->net->dev, "receive header in pieces");
		return 0;
	}
	if (hdr_len < LKL_NET_HDR_LEN)
		memset(hdr, 0, sizeof(*hdr));
	q->n_iov = list_held(q, hdr_len);
	return 1;
}

/* For pass_on(), which looks at the frame behind the driver's header. */
static void relist(struct net_queue *q)
{
	q->n_iov = list_held(q, LKL_NET_HDR_LEN);
}

void lkl_virtio_net_receive(struct net_queue *q)
{
	struct lkl_net_backend *b = q->net->backend;
	int gap = LKL_NET_HDR_LEN - b->hdr_len;
	long len;

	lkl_lock(q->rx_lock);
	while (!net_is_set(&q->net->stopped) && hold(q, LKL_NET_FRAME_MAX) &&
	       prepare(q, b->hdr_len)) {
		len = b->ops->rx(b, q->index, q->iov, q->n_iov);
		if (len < 0)
			break;
		if (len <= b->hdr_len)
			continue;
		if (gap)
			relist(q);
		if (pass_on(q, len + gap))
			lkl_virtio_signal(net_rx_vq(q));
	}
	lkl_unlock(q->rx_lock);
}

/* Copies a frame behind what is missing of the driver's header. Uses the list up. */
static void copy_in(struct net_queue *q, const struct iovec *from, int n)
{
	struct iovec *iov = q->iov;
	int count = q->n_iov, i;

	for (i = 0; i < n; i++) {
		size_t done = lkl_iov_write(iov, count, from[i].iov_base,
					    from[i].iov_len);

		lkl_iov_advance(&iov, &count, done);
	}
}

int lkl_net_input(struct lkl_net_backend *b, int queue, const struct iovec *iov, int n)
{
	size_t len = lkl_iov_len(iov, n) + LKL_NET_HDR_LEN - b->hdr_len;
	struct lkl_virtio_net *net = __atomic_load_n(&b->owner, __ATOMIC_ACQUIRE);
	struct net_queue *q;
	int ret = 0;

	if (!net || len > LKL_NET_FRAME_MAX)
		return 0;
	q = &net->queue[queue];
	lkl_lock(q->rx_lock);
	if (net_is_set(&net->stopped) || net_is_set(&net->link_down)) {
		/* Nobody listens. */
	} else if (!hold(q, len)) {
		ret = -LKL_ERR_AGAIN;
	} else if (prepare(q, b->hdr_len)) {
		copy_in(q, iov, n);
		relist(q);
		if (pass_on(q, len))
			lkl_virtio_signal(net_rx_vq(q));
	}
	lkl_unlock(q->rx_lock);
	return ret;
}

void lkl_virtio_net_quiesce_rx(struct net_queue *q)
{
	int i;

	lkl_lock(q->rx_lock);
	for (i = 0; i < q->n_held; i++)
		lkl_virtio_complete(q->held[i], 0);
	q->n_held = 0;
	q->held_len = 0;
	net_set(&q->starved, 1);
	lkl_unlock(q->rx_lock);
}

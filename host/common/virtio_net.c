// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio network device: queues, and the thread that waits for the backend.
 *
 * Frames are sent by whoever notifies, with the CPU token held, since backends do not
 * block; a frame for which there is no room waits here. Frames come through the
 * device's thread, straight into the driver's buffers. These are popped ahead, enough
 * for the longest frame, since a backend cannot say how long the next one is.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iov.h"
#include "le.h"
#include "linux_errno.h"
#include "virtio_net_dev.h"

#define QUEUE_SIZE	256
/* As many as a system call takes. */
#define IOV_CAP		1024

static struct lkl_virtio_net *to_net(struct lkl_virtio_dev *dev)
{
	return (struct lkl_virtio_net *)dev;
}

static struct lkl_virtio_queue *rx_vq(struct net_queue *q)
{
	return &q->net->dev.queue[2 * q->index];
}

static struct lkl_virtio_queue *tx_vq(struct net_queue *q)
{
	return &q->net->dev.queue[2 * q->index + 1];
}

static int is_set(const int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

static int has_feature(const struct lkl_virtio_net *net, int bit)
{
	return net->dev.driver_features >> bit & 1;
}

static void wake_thread(struct lkl_virtio_net *net)
{
	if (net->thread)
		net->backend->ops->wake(net->backend);
}

/* ---- to the driver ----------------------------------------------------------- */

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
		req = lkl_virtio_pop(rx_vq(q));
		if (!req) {
			/* Said before the last look, lest a notification be lost. */
			__atomic_exchange_n(&q->starved, 1, __ATOMIC_SEQ_CST);
			req = lkl_virtio_pop(rx_vq(q));
			if (!req)
				return 0;
			set(&q->starved, 0);
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

/* Gives back what is held, empty: the queue is reset. */
static void let_go(struct net_queue *q)
{
	int i;

	for (i = 0; i < q->n_held; i++)
		lkl_virtio_complete(q->held[i], 0);
	q->n_held = 0;
	q->held_len = 0;
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

		if (n + req->n_in > IOV_CAP - 2)
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
	if (len < LKL_NET_HDR_LEN + 14 || is_set(&net->link_down) ||
	    q->index >= is_set(&net->active_queues))
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

/* Receives what there is, in the device's thread. */
static void receive(struct net_queue *q)
{
	struct lkl_net_backend *b = q->net->backend;
	int gap = LKL_NET_HDR_LEN - b->hdr_len;
	long len;

	lkl_lock(q->rx_lock);
	while (!is_set(&q->net->stopped) && hold(q, LKL_NET_FRAME_MAX) &&
	       prepare(q, b->hdr_len)) {
		len = b->ops->rx(b, q->index, q->iov, q->n_iov);
		if (len < 0)
			break;
		if (len <= b->hdr_len)
			continue;
		if (gap)
			relist(q);
		if (pass_on(q, len + gap))
			lkl_virtio_signal(rx_vq(q));
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
	if (is_set(&net->stopped) || is_set(&net->link_down)) {
		/* Nobody listens. */
	} else if (!hold(q, len)) {
		ret = -LKL_ERR_AGAIN;
	} else if (prepare(q, b->hdr_len)) {
		copy_in(q, iov, n);
		relist(q);
		if (pass_on(q, len))
			lkl_virtio_signal(rx_vq(q));
	}
	lkl_unlock(q->rx_lock);
	return ret;
}

/* ---- from the driver ------------------------------------------------------------ */

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
	if (is_set(&net->link_down) || is_set(&net->forked))
		return 0;
	if (b->hdr_len == LKL_NET_HDR_LEN)
		return b->ops->tx(b, q->index, iov, n, len);

	/*
	 * The driver's header is in the first buffer, alone or with data behind it.
	 * In the list there is room for one more, and a refused request stays whole.
	 */
	if (n > IOV_CAP - 1 || iov[0].iov_len < LKL_NET_HDR_LEN)
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

static void transmit(struct net_queue *q)
{
	struct lkl_virtio_req *req;
	int sent = 0;

	lkl_lock(q->tx_lock);
	while (!is_set(&q->net->stopped)) {
		req = q->stalled;
		if (!req)
			req = lkl_virtio_pop(tx_vq(q));
		if (!req)
			break;
		if (send_frame(q, req) == -LKL_ERR_AGAIN) {
			q->stalled = req;
			break;
		}
		q->stalled = NULL;
		lkl_virtio_complete(req, 0);
		sent = 1;
	}
	set(&q->tx_full, !!q->stalled);
	/* Under the lock: once quiesced, the device's queues go. */
	if (sent)
		lkl_virtio_signal(tx_vq(q));
	lkl_unlock(q->tx_lock);
}

void lkl_net_tx_again(struct lkl_net_backend *b, int queue)
{
	struct lkl_virtio_net *net = __atomic_load_n(&b->owner, __ATOMIC_ACQUIRE);

	if (net && is_set(&net->queue[queue].tx_full))
		transmit(&net->queue[queue]);
}

/* ---- the device's thread ----------------------------------------------------------- */

void lkl_net_wants(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct lkl_virtio_net *net = b->owner;
	int i;

	*w = (struct lkl_net_wait){ 0 };
	for (i = 0; i < b->queues; i++) {
		if (!is_set(&net->queue[i].starved))
			w->rx |= 1u << i;
		if (is_set(&net->queue[i].tx_full))
			w->tx |= 1u << i;
	}
}

void lkl_net_work(struct lkl_net_backend *b, const struct lkl_net_wait *w)
{
	struct lkl_virtio_net *net = b->owner;
	int i;

	for (i = 0; i < b->queues; i++) {
		if (w->rx >> i & 1)
			receive(&net->queue[i]);
		if (w->tx >> i & 1)
			transmit(&net->queue[i]);
	}
}

static void LKL_ABI net_thread(void *arg)
{
	struct lkl_virtio_net *net = arg;
	struct lkl_net_backend *b = net->backend;
	struct lkl_net_wait w;

	while (!is_set(&net->stop_thread)) {
		lkl_net_wants(b, &w);
		b->ops->wait(b, &w);
		lkl_net_work(b, &w);
	}
}

static int start_thread(struct lkl_virtio_net *net)
{
	if (!net->backend->ops->wait)
		return 0;
	net->thread = lkl_host_ops.thread_create(net_thread, net);
	return net->thread ? 0 : -LKL_ERR_NOMEM;
}

static void stop_thread(struct lkl_virtio_net *net)
{
	struct lkl_net_backend *b = net->backend;

	if (!net->thread)
		return;
	set(&net->stop_thread, 1);
	(b->ops->hup ? b->ops->hup : b->ops->wake)(b);
	lkl_host_ops.thread_join(net->thread);
	net->thread = 0;
}

/* ---- the model ------------------------------------------------------------------- */

static void net_notify(struct lkl_virtio_dev *dev, unsigned int index)
{
	struct lkl_virtio_net *net = to_net(dev);
	struct lkl_net_backend *b = net->backend;
	struct net_queue *q;

	if (index == lkl_virtio_net_ctrl_index(net)) {
		lkl_virtio_net_control(net, &dev->queue[index]);
		return;
	}
	if (index >= 2 * (unsigned int)b->queues)
		return;
	q = &net->queue[index / 2];
	if (index & 1) {
		if (!is_set(&q->tx_full))
			transmit(q);
		if (is_set(&q->tx_full))
			wake_thread(net);
		return;
	}
	if (!__atomic_exchange_n(&q->starved, 0, __ATOMIC_ACQ_REL))
		return;
	if (b->ops->rx_space)
		b->ops->rx_space(b, q->index);
	else
		wake_thread(net);
}

static uint32_t guest_offloads(uint64_t features)
{
	uint32_t guest = features & NET_GUEST_MASK;

	if (features & LKL_VIRTIO_BIT(NET_F_GUEST_USO4) &&
	    features & LKL_VIRTIO_BIT(NET_F_GUEST_USO6))
		guest |= LKL_NET_GUEST_USO;
	return guest;
}

int lkl_virtio_net_set_guest_offload(struct lkl_virtio_net *net, uint64_t features)
{
	struct lkl_net_backend *b = net->backend;
	uint32_t guest = guest_offloads(features);
	int ret = 0;

	if (b->ops->set_offload && !is_set(&net->forked))
		ret = b->ops->set_offload(b, guest);
	if (!ret)
		net->guest_offload = guest;
	return ret;
}

int lkl_virtio_net_set_queues(struct lkl_virtio_net *net, int n)
{
	struct lkl_net_backend *b = net->backend;

	if (b->ops->set_queues && !is_set(&net->forked) && b->ops->set_queues(b, n))
		return -LKL_ERR_IO;
	set(&net->active_queues, n);
	return 0;
}

static void net_set_features(struct lkl_virtio_dev *dev, uint64_t features)
{
	struct lkl_virtio_net *net = to_net(dev);
	int i;

	lkl_net_filter_reset(&net->filter);
	lkl_virtio_net_set_guest_offload(net, features);
	lkl_virtio_net_set_queues(net, 1);
	net->filter.active = has_feature(net, NET_F_CTRL_RX) && features;
	net->filter.vlan_active = has_feature(net, NET_F_CTRL_VLAN) && features;
	for (i = 0; i < net->backend->queues; i++)
		net->queue[i].mergeable = has_feature(net, NET_F_MRG_RXBUF);
	set(&net->stopped, !features);
	/* Nothing to receive into; the driver notifies when there is. */
	for (i = 0; i < net->backend->queues; i++)
		set(&net->queue[i].starved, 1);
}

/*
 * From here on no thread looks at buffers. The locks are held by threads that do not
 * wait for anything.
 */
static void net_quiesce(struct lkl_virtio_dev *dev)
{
	struct lkl_virtio_net *net = to_net(dev);
	int i;

	set(&net->stopped, 1);
	for (i = 0; i < net->backend->queues; i++) {
		struct net_queue *q = &net->queue[i];

		lkl_lock(q->rx_lock);
		let_go(q);
		set(&q->starved, 1);
		lkl_unlock(q->rx_lock);
		lkl_lock(q->tx_lock);
		if (q->stalled)
			lkl_virtio_complete(q->stalled, 0);
		q->stalled = NULL;
		set(&q->tx_full, 0);
		lkl_unlock(q->tx_lock);
	}
}

static void net_fork_prepare(struct lkl_virtio_dev *dev)
{
	struct lkl_virtio_net *net = to_net(dev);
	int i;

	for (i = 0; i < net->backend->queues; i++)
		lkl_lock(net->queue[i].tx_lock);
	for (i = 0; i < net->backend->queues; i++)
		lkl_lock(net->queue[i].rx_lock);
}

static void net_fork_done(struct lkl_virtio_dev *dev, int child)
{
	struct lkl_virtio_net *net = to_net(dev);
	int i;

	for (i = 0; i < net->backend->queues; i++) {
		lkl_unlock(net->queue[i].rx_lock);
		lkl_unlock(net->queue[i].tx_lock);
	}
	if (!child || net->backend->forkable)
		return;
	/* The other end is the parent's, and so was the thread. */
	net->thread = 0;
	set(&net->forked, 1);
	lkl_virtio_net_update_link(net);
}

static const struct lkl_virtio_model net_model = {
	.name = "net",
	.device_id = LKL_VIRTIO_ID_NET,
	.notify = net_notify,
	.set_features = net_set_features,
	.quiesce = net_quiesce,
	.fork_prepare = net_fork_prepare,
	.fork_done = net_fork_done,
};

/* ---- link ---------------------------------------------------------------------- */

void lkl_virtio_net_update_link(struct lkl_virtio_net *net)
{
	int up = is_set(&net->cable) && !is_set(&net->unplugged) && !is_set(&net->forked);
	uint16_t status = lkl_le16(net->config.status);
	uint16_t new = up ? status | NET_S_LINK_UP : status & ~NET_S_LINK_UP;

	set(&net->link_down, !up);
	if (new == status)
		return;
	/* Who is new at the other end does not know where we are. */
	if (up && has_feature(net, NET_F_GUEST_ANNOUNCE))
		new |= NET_S_ANNOUNCE;
	net->config.status = lkl_le16(new);
	lkl_virtio_config_changed(&net->dev);
}

void lkl_net_link(struct lkl_net_backend *b, int up)
{
	struct lkl_virtio_net *net = __atomic_load_n(&b->owner, __ATOMIC_ACQUIRE);

	b->no_link = !up;
	if (!net)
		return;
	set(&net->cable, up);
	lkl_virtio_net_update_link(net);
}

void lkl_virtio_net_set_cable(struct lkl_virtio_net *net, int in)
{
	set(&net->unplugged, !in);
	lkl_virtio_net_update_link(net);
}

/* ---- coming and going -------------------------------------------------------------- */

static uint64_t features_of(const struct lkl_virtio_net *net, uint32_t offload)
{
	const struct lkl_net_backend *b = net->backend;
	uint64_t f = LKL_VIRTIO_BIT(NET_F_STATUS) | LKL_VIRTIO_BIT(NET_F_CTRL_VQ) |
		     LKL_VIRTIO_BIT(NET_F_CTRL_RX) | LKL_VIRTIO_BIT(NET_F_CTRL_VLAN) |
		     LKL_VIRTIO_BIT(NET_F_CTRL_RX_EXTRA) |
		     LKL_VIRTIO_BIT(NET_F_GUEST_ANNOUNCE) |
		     LKL_VIRTIO_BIT(NET_F_CTRL_MAC_ADDR) |
		     LKL_VIRTIO_BIT(NET_F_MRG_RXBUF);

	/* Segments need checksums. */
	if (!(offload & LKL_NET_CSUM))
		offload &= ~NET_HOST_MASK & ~LKL_NET_HOST_USO;
	if (!(offload & LKL_NET_GUEST_CSUM))
		offload &= ~NET_GUEST_MASK & ~LKL_NET_GUEST_USO;
	f |= offload & (NET_HOST_MASK | NET_GUEST_MASK);
	if (offload & LKL_NET_HOST_USO)
		f |= LKL_VIRTIO_BIT(NET_F_HOST_USO);
	if (offload & LKL_NET_GUEST_USO)
		f |= LKL_VIRTIO_BIT(NET_F_GUEST_USO4) | LKL_VIRTIO_BIT(NET_F_GUEST_USO6);
	/* The driver may want less at any time, if the other end can be told. */
	if (offload & NET_GUEST_MASK && b->ops->set_offload)
		f |= LKL_VIRTIO_BIT(NET_F_CTRL_GUEST_OFFLOADS);
	if (b->queues > 1)
		f |= LKL_VIRTIO_BIT(NET_F_MQ);
	return f;
}

static void free_net(struct lkl_virtio_net *net)
{
	int i;

	for (i = 0; i < LKL_NET_QUEUES_MAX; i++) {
		lkl_lock_free(net->queue[i].rx_lock);
		lkl_lock_free(net->queue[i].tx_lock);
		free(net->queue[i].iov);
		free(net->queue[i].tx_iov);
	}
	free(net);
}

static int init_queues(struct lkl_virtio_net *net)
{
	int i;

	for (i = 0; i < net->backend->queues; i++) {
		struct net_queue *q = &net->queue[i];

		q->net = net;
		q->index = i;
		q->rx_lock = lkl_lock_new();
		q->tx_lock = lkl_lock_new();
		/* Not on the stack: kernel threads, which send too, have little. */
		q->iov = malloc(IOV_CAP * sizeof(*q->iov));
		q->tx_iov = malloc(IOV_CAP * sizeof(*q->tx_iov));
		q->starved = 1;
		if (!q->rx_lock || !q->tx_lock || !q->iov || !q->tx_iov)
			return -LKL_ERR_NOMEM;
	}
	return 0;
}

static struct lkl_virtio_net *new_net(struct lkl_net_backend *b, struct lkl_netdev *nd,
				      const uint8_t *mac, uint32_t offload)
{
	struct lkl_virtio_net *net = calloc(1, sizeof(*net));

	if (!net)
		return NULL;
	net->backend = b;
	net->nd = nd;
	net->stopped = 1;
	net->active_queues = 1;
	net->cable = !b->no_link;
	net->link_down = b->no_link;
	net->config.status = lkl_le16(b->no_link ? 0 : NET_S_LINK_UP);
	net->config.max_virtqueue_pairs = lkl_le16((uint16_t)b->queues);
	net->dev.model = &net_model;
	net->dev.queue_count = 2 * b->queues + 1;
	net->dev.queue_num_max = QUEUE_SIZE;
	net->dev.config = &net->config;
	net->dev.config_len = sizeof(net->config);
	net->dev.device_features = features_of(net, offload & b->offload);
	if (mac) {
		net->dev.device_features |= LKL_VIRTIO_BIT(NET_F_MAC);
		memcpy(net->config.mac, mac, 6);
		memcpy(net->filter.mac, mac, 6);
		memmove(nd->mac, mac, 6);
	}
	if (!init_queues(net))
		return net;
	free_net(net);
	return NULL;
}

struct lkl_virtio_net *lkl_virtio_net_add(struct lkl_net_backend *b,
					  struct lkl_netdev *nd, const uint8_t *mac,
					  uint32_t offload, int *id, int *err)
{
	struct lkl_virtio_net *net;

	*err = -LKL_ERR_NOMEM;
	net = new_net(b, nd, mac, offload);
	if (!net)
		return NULL;
	__atomic_store_n(&b->owner, net, __ATOMIC_RELEASE);
	if (b->ops->attach)
		b->ops->attach(b);
	*err = start_thread(net);
	if (*err)
		goto fail;
	*id = lkl_virtio_add(&net->dev);
	if (*id >= 0)
		return net;
	*err = *id;
	stop_thread(net);
fail:
	if (b->ops->detach)
		b->ops->detach(b);
	__atomic_store_n(&b->owner, NULL, __ATOMIC_RELEASE);
	free_net(net);
	return NULL;
}

int lkl_virtio_net_remove(struct lkl_virtio_net *net)
{
	struct lkl_net_backend *b = net->backend;
	int ret = lkl_virtio_remove(&net->dev);

	if (ret)
		return ret;
	stop_thread(net);
	if (b->ops->detach && !is_set(&net->forked))
		b->ops->detach(b);
	__atomic_store_n(&b->owner, NULL, __ATOMIC_RELEASE);
	free_net(net);
	return 0;
}

struct lkl_net_backend *lkl_virtio_net_backend(const struct lkl_virtio_net *net)
{
	return net->backend;
}

struct lkl_netdev *lkl_virtio_net_netdev(const struct lkl_virtio_net *net)
{
	return net->nd;
}

int lkl_virtio_net_platform_id(const struct lkl_virtio_net *net)
{
	return net->dev.platform_id;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio network device: what the driver tells it, its link, its thread, which waits for
 * the backend, and its coming and going. Frames are in virtio_net_rx.c, virtio_net_tx.c and
 * virtio_net_sender.c.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "linux_errno.h"
#include "virtio_net_dev.h"

#define QUEUE_SIZE	256

static struct lkl_virtio_net *to_net(struct lkl_virtio_dev *dev)
{
	return (struct lkl_virtio_net *)dev;
}

static int has_feature(const struct lkl_virtio_net *net, int bit)
{
	return __atomic_load_n(&net->dev.driver_features, __ATOMIC_RELAXED) >> bit & 1;
}

static void wake_thread(struct lkl_virtio_net *net)
{
	if (net->thread)
		net->backend->ops->wake(net->backend);
}

void lkl_virtio_net_wait_room(struct net_queue *q)
{
	if (net_is_set(&q->tx_full))
		wake_thread(q->net);
}

/* ---- the device's thread ----------------------------------------------------------- */

void lkl_net_wants(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct lkl_virtio_net *net = b->owner;
	int i;

	*w = (struct lkl_net_wait){ 0 };
	for (i = 0; i < b->queues; i++) {
		if (!net_is_set(&net->queue[i].starved))
			w->rx |= 1u << i;
		if (net_is_set(&net->queue[i].tx_full))
			w->tx |= 1u << i;
	}
}

void lkl_net_work(struct lkl_net_backend *b, const struct lkl_net_wait *w)
{
	struct lkl_virtio_net *net = b->owner;
	int i;

	for (i = 0; i < b->queues; i++) {
		if (w->rx >> i & 1)
			lkl_virtio_net_receive(&net->queue[i]);
		if (w->tx >> i & 1)
			lkl_virtio_net_transmit(&net->queue[i]);
	}
}

static void LKL_ABI net_thread(void *arg)
{
	struct lkl_virtio_net *net = arg;
	struct lkl_net_backend *b = net->backend;
	struct lkl_net_wait w;

	while (!net_is_set(&net->stop_thread)) {
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

static void stop_threads(struct lkl_virtio_net *net)
{
	struct lkl_net_backend *b = net->backend;
	int i;

	for (i = 0; i < b->queues; i++)
		lkl_virtio_net_stop_sender(&net->queue[i]);
	if (!net->thread)
		return;
	net_set(&net->stop_thread, 1);
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
		if (!net_is_set(&q->tx_full))
			lkl_virtio_net_send(q);
		lkl_virtio_net_wait_room(q);
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

	if (b->ops->set_offload && !net_is_set(&net->forked))
		ret = b->ops->set_offload(b, guest);
	if (!ret)
		net->guest_offload = guest;
	return ret;
}

int lkl_virtio_net_set_queues(struct lkl_virtio_net *net, int n)
{
	struct lkl_net_backend *b = net->backend;

	if (b->ops->set_queues && !net_is_set(&net->forked) && b->ops->set_queues(b, n))
		return -LKL_ERR_IO;
	net_set(&net->active_queues, n);
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
	net_set(&net->stopped, !features);
	/* Nothing to receive into; the driver notifies when there is. */
	for (i = 0; i < net->backend->queues; i++)
		net_set(&net->queue[i].starved, 1);
}

/*
 * From here on no thread looks at buffers. The locks are held by threads that do not
 * wait for anything.
 */
static void net_quiesce(struct lkl_virtio_dev *dev)
{
	struct lkl_virtio_net *net = to_net(dev);
	int i;

	net_set(&net->stopped, 1);
	for (i = 0; i < net->backend->queues; i++) {
		lkl_virtio_net_quiesce_rx(&net->queue[i]);
		lkl_virtio_net_quiesce_tx(&net->queue[i]);
	}
}

/* Who sends to another device may hold a sending lock and want a receiving one. */
static void net_fork_prepare(struct lkl_virtio_dev *dev, int round)
{
	struct lkl_virtio_net *net = to_net(dev);
	struct lkl_net_backend *b = net->backend;
	int i;

	/* The child has no thread that would send it. */
	if (!round)
		lkl_net_flush(b);
	for (i = 0; i < b->queues; i++)
		lkl_lock(round ? net->queue[i].rx_lock : net->queue[i].tx_lock);
	/* Who holds a lock of the backend's may want to give us frames. */
	if (!round && b->ops->fork_prepare)
		b->ops->fork_prepare(b);
}

static void net_fork_done(struct lkl_virtio_dev *dev, int child)
{
	struct lkl_virtio_net *net = to_net(dev);
	struct lkl_net_backend *b = net->backend;
	int i;

	for (i = 0; i < b->queues; i++) {
		lkl_unlock(net->queue[i].rx_lock);
		lkl_unlock(net->queue[i].tx_lock);
	}
	for (i = 0; child && i < b->queues; i++)
		lkl_virtio_net_forget_sender(&net->queue[i]);
	if (child && !b->forkable) {
		/* The other end is the parent's, and so was the thread. */
		net->thread = 0;
		b->forked = 1;
		net_set(&net->forked, 1);
		lkl_virtio_net_update_link(net);
	}
	if (b->ops->fork_done)
		b->ops->fork_done(b, child);
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

static int is_up(const struct lkl_virtio_net *net)
{
	return net_is_set(&net->cable) && !net_is_set(&net->unplugged) &&
	       !net_is_set(&net->forked);
}

/*
 * Where the driver sees it. Not all processors can change 16 bits at once, but all can store
 * them; of several threads the last one that stores finds that it is right.
 */
static void show_status(struct lkl_virtio_net *net)
{
	uint16_t *shown = (uint16_t *)((char *)&net->config + offsetof(struct net_config, status));
	uint32_t status;

	do {
		status = __atomic_load_n(&net->status, __ATOMIC_SEQ_CST);
		__atomic_store_n(shown, lkl_le16((uint16_t)status), __ATOMIC_SEQ_CST);
	} while (__atomic_load_n(&net->status, __ATOMIC_SEQ_CST) != status);
}

void lkl_virtio_net_announced(struct lkl_virtio_net *net)
{
	__atomic_fetch_and(&net->status, ~NET_S_ANNOUNCE, __ATOMIC_SEQ_CST);
	show_status(net);
}

/* One end may go while the other comes, in two threads: who looks last is right. */
void lkl_virtio_net_update_link(struct lkl_virtio_net *net)
{
	uint32_t old, new;
	int up, done, changed = 0;

	do {
		up = is_up(net);
		net_set(&net->link_down, !up);
		old = __atomic_load_n(&net->status, __ATOMIC_ACQUIRE);
		new = up ? old | NET_S_LINK_UP : old & ~NET_S_LINK_UP;
		/* Who is new at the other end does not know where we are. */
		if (new != old && up && has_feature(net, NET_F_GUEST_ANNOUNCE))
			new |= NET_S_ANNOUNCE;
		done = __atomic_compare_exchange_n(&net->status, &old, new, 0,
						   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
		changed |= done && new != old;
	} while (!done || up != is_up(net));
	if (!changed)
		return;
	show_status(net);
	lkl_virtio_config_changed(&net->dev);
}

void lkl_net_link(struct lkl_net_backend *b, int up)
{
	struct lkl_virtio_net *net = __atomic_load_n(&b->owner, __ATOMIC_ACQUIRE);

	b->no_link = !up;
	if (!net)
		return;
	net_set(&net->cable, up);
	lkl_virtio_net_update_link(net);
}

void lkl_virtio_net_set_cable(struct lkl_virtio_net *net, int in)
{
	net_set(&net->unplugged, !in);
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
		q->iov = malloc(NET_IOV_CAP * sizeof(*q->iov));
		q->tx_iov = malloc(NET_IOV_CAP * sizeof(*q->tx_iov));
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
	net->status = b->no_link ? 0 : NET_S_LINK_UP;
	net->config.status = lkl_le16((uint16_t)net->status);
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
	stop_threads(net);
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
	stop_threads(net);
	if (b->ops->detach && !net_is_set(&net->forked))
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

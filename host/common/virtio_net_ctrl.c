// SPDX-License-Identifier: GPL-2.0
/* Commands of the driver to its network device. */
#include <string.h>

#include "iov.h"
#include "le.h"
#include "linux_errno.h"
#include "virtio_net_dev.h"

#define ACK_OK	0
#define ACK_ERR	1

enum {
	CLASS_RX,
	CLASS_MAC,
	CLASS_VLAN,
	CLASS_ANNOUNCE,
	CLASS_MQ,
	CLASS_GUEST_OFFLOADS,
};

enum {
	RX_PROMISC,
	RX_ALL_MULTI,
	RX_ALL_UNI,
	RX_NO_MULTI,
	RX_NO_UNI,
	RX_NO_BCAST,
};

/* What is left of a command. */
struct command {
	struct iovec *iov;
	int n;
};

/* 0 or -EINVAL: the command is too short. */
static int take(struct command *c, void *to, size_t len)
{
	if (lkl_iov_read(c->iov, c->n, to, len) != len)
		return -LKL_ERR_INVAL;
	lkl_iov_advance(&c->iov, &c->n, len);
	return 0;
}

static int set_rx_mode(struct lkl_virtio_net *net, uint8_t cmd, struct command *c)
{
	struct lkl_net_filter *f = &net->filter;
	uint8_t *const modes[] = {
		[RX_PROMISC] = &f->promisc,
		[RX_ALL_MULTI] = &f->all_multi,
		[RX_ALL_UNI] = &f->all_uni,
		[RX_NO_MULTI] = &f->no_multi,
		[RX_NO_UNI] = &f->no_uni,
		[RX_NO_BCAST] = &f->no_bcast,
	};
	uint8_t on;

	if (cmd > RX_NO_BCAST || take(c, &on, 1))
		return -LKL_ERR_INVAL;
	*modes[cmd] = on;
	return 0;
}

static int take_macs(struct command *c, struct lkl_net_macs *macs)
{
	uint32_t n, i;
	uint8_t mac[6];

	if (take(c, &n, sizeof(n)))
		return -LKL_ERR_INVAL;
	n = lkl_le32(n);
	macs->n = 0;
	macs->all = n > LKL_NET_MACS_MAX;
	for (i = 0; i < n; i++) {
		if (take(c, mac, 6))
			return -LKL_ERR_INVAL;
		if (!macs->all)
			memcpy(macs->mac[macs->n++], mac, 6);
	}
	return 0;
}

/* No frame is looked at meanwhile. */
static void lock_rx(struct lkl_virtio_net *net)
{
	int i;

	for (i = 0; i < net->backend->queues; i++)
		lkl_lock(net->queue[i].rx_lock);
}

static void unlock_rx(struct lkl_virtio_net *net)
{
	int i;

	for (i = 0; i < net->backend->queues; i++)
		lkl_unlock(net->queue[i].rx_lock);
}

static int set_mac(struct lkl_virtio_net *net, uint8_t cmd, struct command *c)
{
	struct lkl_net_macs uni, multi;

	switch (cmd) {
	case 0:
		if (take_macs(c, &uni) || take_macs(c, &multi))
			return -LKL_ERR_INVAL;
		net->filter.uni = uni;
		net->filter.multi = multi;
		return 0;
	case 1:
		if (take(c, net->config.mac, 6))
			return -LKL_ERR_INVAL;
		memcpy(net->filter.mac, net->config.mac, 6);
		memcpy(net->nd->mac, net->config.mac, 6);
		return 0;
	}
	return -LKL_ERR_INVAL;
}

static int set_vlan(struct lkl_virtio_net *net, uint8_t cmd, struct command *c)
{
	uint16_t vid;

	if (cmd > 1 || take(c, &vid, sizeof(vid)) || lkl_le16(vid) > 4095)
		return -LKL_ERR_INVAL;
	lkl_net_filter_vlan(&net->filter, lkl_le16(vid), !cmd);
	return 0;
}

static int announced(struct lkl_virtio_net *net)
{
	lkl_virtio_net_announced(net);
	return 0;
}

static int set_pairs(struct lkl_virtio_net *net, uint8_t cmd, struct command *c)
{
	uint16_t n;

	if (cmd || take(c, &n, sizeof(n)))
		return -LKL_ERR_INVAL;
	n = lkl_le16(n);
	if (!n || n > net->backend->queues)
		return -LKL_ERR_INVAL;
	return lkl_virtio_net_set_queues(net, n);
}

static int set_offloads(struct lkl_virtio_net *net, uint8_t cmd, struct command *c)
{
	uint64_t features;

	if (cmd || take(c, &features, sizeof(features)))
		return -LKL_ERR_INVAL;
	features = lkl_le64(features);
	if (features & ~net->dev.driver_features)
		return -LKL_ERR_INVAL;
	return lkl_virtio_net_set_guest_offload(net, features);
}

static int execute(struct lkl_virtio_net *net, struct command *c)
{
	uint8_t hdr[2];

	if (take(c, hdr, sizeof(hdr)))
		return -LKL_ERR_INVAL;
	switch (hdr[0]) {
	case CLASS_RX:
		return set_rx_mode(net, hdr[1], c);
	case CLASS_MAC:
		return set_mac(net, hdr[1], c);
	case CLASS_VLAN:
		return set_vlan(net, hdr[1], c);
	case CLASS_ANNOUNCE:
		return hdr[1] ? -LKL_ERR_INVAL : announced(net);
	case CLASS_MQ:
		return set_pairs(net, hdr[1], c);
	case CLASS_GUEST_OFFLOADS:
		return set_offloads(net, hdr[1], c);
	}
	return -LKL_ERR_INVAL;
}

void lkl_virtio_net_control(struct lkl_virtio_net *net, struct lkl_virtio_queue *vq)
{
	struct lkl_virtio_req *req;

	while ((req = lkl_virtio_pop(vq))) {
		struct command c = { .iov = req->out, .n = req->n_out };
		uint8_t ack;

		lock_rx(net);
		ack = execute(net, &c) ? ACK_ERR : ACK_OK;
		unlock_rx(net);
		lkl_virtio_complete(req, lkl_iov_write(req->in, req->n_in, &ack, 1));
	}
	lkl_virtio_signal(vq);
}

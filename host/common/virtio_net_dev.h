/* SPDX-License-Identifier: GPL-2.0 */
/* The insides of the virtio network device, which its files share. */
#ifndef LKL_COMMON_VIRTIO_NET_DEV_H
#define LKL_COMMON_VIRTIO_NET_DEV_H

#include "lock.h"
#include "net_filter.h"
#include "virtio.h"
#include "virtio_net.h"

/* Features beyond those of lkl_netdev.h. */
#define NET_F_CTRL_GUEST_OFFLOADS	2
#define NET_F_MAC			5
#define NET_F_MRG_RXBUF			15
#define NET_F_STATUS			16
#define NET_F_CTRL_VQ			17
#define NET_F_CTRL_RX			18
#define NET_F_CTRL_VLAN			19
#define NET_F_CTRL_RX_EXTRA		20
#define NET_F_GUEST_ANNOUNCE		21
#define NET_F_MQ			22
#define NET_F_CTRL_MAC_ADDR		23
#define NET_F_GUEST_USO4		54
#define NET_F_GUEST_USO6		55
#define NET_F_HOST_USO			56

#define NET_HOST_MASK	(LKL_NET_CSUM | LKL_NET_HOST_TSO4 | LKL_NET_HOST_TSO6 | \
			 LKL_NET_HOST_ECN)
#define NET_GUEST_MASK	(LKL_NET_GUEST_CSUM | LKL_NET_GUEST_TSO4 | \
			 LKL_NET_GUEST_TSO6 | LKL_NET_GUEST_ECN)

#define NET_S_LINK_UP	1
#define NET_S_ANNOUNCE	2

/* As many as a system call takes. */
#define NET_IOV_CAP	1024
/* Buffers of the driver that are popped ahead. */
#define HELD_MAX	256

struct net_config {
	uint8_t mac[6];
	uint16_t status;
	uint16_t max_virtqueue_pairs;
} __attribute__((packed));

/* See virtio_net_sender.c. */
struct net_sender {
	lkl_thread_t thread;
	struct lkl_sem *sem;
	/* Who notifies may count on it to send; atomic, as what follows. */
	int active;
	/* ... or to look whether what was gathered is sent. */
	int watching;
	int stop;
	/* How many thick sends call for it. */
	int needed;
	/* How often frames were gathered. */
	int gathered;
	/* The thread's: how often it looked since frames were gathered. */
	int watches;
	/* The token's: */
	int streak;
	unsigned long long last_sent;
	unsigned int idled;
	int failed;
};

struct net_queue {
	struct lkl_virtio_net *net;
	int index;

	lkl_lock_t rx_lock;
	/* Under @rx_lock. */
	int mergeable;
	struct lkl_virtio_req *held[HELD_MAX];
	int n_held;
	size_t held_len;
	struct iovec *iov;
	int n_iov;
	/* The driver has no more buffers; cleared by its notification. Atomic. */
	int starved;

	lkl_lock_t tx_lock;
	struct iovec *tx_iov;
	/* Under @tx_lock: the frame for which there is no room. */
	struct lkl_virtio_req *stalled;
	/* There is one; atomic, as the next two. */
	int tx_full;
	/* The driver tells of some frames at once; changed under @tx_lock. */
	int gathering;
	/* There was a large frame among the last ones. */
	int large;
	struct net_sender sender;
};

struct lkl_virtio_net {
	struct lkl_virtio_dev dev;
	/* Its status is stored by device threads too: atomic. */
	struct net_config config __attribute__((aligned(8)));
	struct lkl_net_backend *backend;
	struct lkl_netdev *nd;
	struct net_queue queue[LKL_NET_QUEUES_MAX];
	struct lkl_net_filter filter;
	/* LKL_NET_GUEST_x that may come now. */
	uint32_t guest_offload;
	lkl_thread_t thread;

	/* Atomic. */
	uint32_t status;	/* NET_S_x, as in @config */
	int stop_thread;
	int stopped;		/* no driver, or it resets the device */
	int active_queues;
	int cable;		/* there is an other end */
	int unplugged;		/* at our end */
	int forked;		/* in a child, and the backend is the parent's */
	int link_down;		/* one of them */
};

/* The control queue comes last of those that the driver knows. */
static inline unsigned int lkl_virtio_net_ctrl_index(const struct lkl_virtio_net *net)
{
	return net->dev.driver_features >> NET_F_MQ & 1 ? 2 * net->backend->queues : 2;
}

static inline struct lkl_virtio_queue *net_rx_vq(struct net_queue *q)
{
	return &q->net->dev.queue[2 * q->index];
}

static inline struct lkl_virtio_queue *net_tx_vq(struct net_queue *q)
{
	return &q->net->dev.queue[2 * q->index + 1];
}

/* Of those members that are atomic. */
static inline int net_is_set(const int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static inline void net_set(int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

/* virtio_net.c */

/* 0 or a negative errno of the backend. */
int lkl_virtio_net_set_guest_offload(struct lkl_virtio_net *net, uint64_t features);
int lkl_virtio_net_set_queues(struct lkl_virtio_net *net, int n);
void lkl_virtio_net_update_link(struct lkl_virtio_net *net);
/* The driver has announced where we are. */
void lkl_virtio_net_announced(struct lkl_virtio_net *net);
/* If there is no room to send: the device's thread waits for it. Any thread. */
void lkl_virtio_net_wait_room(struct net_queue *q);

/* virtio_net_rx.c */

/* Receives what there is. Any thread without the token. */
void lkl_virtio_net_receive(struct net_queue *q);
/* Gives back what is held, empty: the queue is reset. */
void lkl_virtio_net_quiesce_rx(struct net_queue *q);

/* virtio_net_tx.c */

/* Sends what there is room for; returns how many frames. Any thread. */
unsigned int lkl_virtio_net_transmit(struct net_queue *q);
/* Has the driver notify of @n frames, not of each; 0 if there are so many, or it cannot. token. */
int lkl_virtio_net_gather(struct net_queue *q, int n);
void lkl_virtio_net_quiesce_tx(struct net_queue *q);

/* virtio_net_sender.c */

/* There is something to send. token. */
void lkl_virtio_net_send(struct net_queue *q);
/* Waits for its end. free. */
void lkl_virtio_net_stop_sender(struct net_queue *q);
/* In a child of fork(), where the thread is not. */
void lkl_virtio_net_forget_sender(struct net_queue *q);

/* virtio_net_ctrl.c */

/* Does what lies in the control queue. token. */
void lkl_virtio_net_control(struct lkl_virtio_net *net, struct lkl_virtio_queue *vq);

#endif

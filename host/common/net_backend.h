/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands behind a virtio network device: the interface between the device model
 * and the backends.
 *
 * A frame passes as a list of buffers, with a virtio network header of
 * lkl_net_backend::hdr_len bytes in front. The model has a lock for each direction of
 * each queue, so a backend sees one tx() and one rx() of a queue at a time. It gives
 * the device one thread, in which wait() sleeps.
 */
#ifndef LKL_COMMON_NET_BACKEND_H
#define LKL_COMMON_NET_BACKEND_H

#include <stdint.h>
#include <lkl_host.h>

/* Pairs of queues; each is two virtqueues, and there is one for control. */
#define LKL_NET_QUEUES_MAX	7
#define LKL_NET_HDR_LEN		12
/* The longest frame with its header: 64 KiB of IP, Ethernet, a VLAN tag or two. */
#define LKL_NET_FRAME_MAX	(LKL_NET_HDR_LEN + 14 + 8 + 65535)

#define LKL_NET_HDR_F_NEEDS_CSUM	1
#define LKL_NET_HDR_F_DATA_VALID	2
#define LKL_NET_HDR_GSO_NONE		0
#define LKL_NET_HDR_GSO_TCPV4		1
#define LKL_NET_HDR_GSO_UDP		3
#define LKL_NET_HDR_GSO_TCPV6		4
#define LKL_NET_HDR_GSO_UDP_L4		5
#define LKL_NET_HDR_GSO_ECN		0x80

/* Little-endian. num_buffers is not part of the short form, of ten bytes. */
struct lkl_net_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
};

struct lkl_net_backend;

/* Bit masks of queues. Asked for, and then true. */
struct lkl_net_wait {
	uint32_t rx;
	uint32_t tx;
};

struct lkl_net_backend_ops {
	const char *name;
	/*
	 * Sends a frame of @len bytes. 0 if it was sent, or dropped as a wire may;
	 * -EAGAIN if there is no room: then wait() is asked for it. The list may be
	 * changed. token (but see lkl_net_backend::slow_tx): must not block.
	 */
	int (*tx)(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		  size_t len);
	/*
	 * Receives a frame, returns its length: 0 if there was one to be dropped,
	 * -EAGAIN if there is none. Must not block. NULL: lkl_net_input() is called.
	 */
	long (*rx)(struct lkl_net_backend *b, int queue, struct iovec *iov, int n);
	/*
	 * In the device's thread: waits for what @w asks, stores what is true, or
	 * returns early after wake(). NULL: the device has no thread. free.
	 */
	void (*wait)(struct lkl_net_backend *b, struct lkl_net_wait *w);
	/* Makes wait() return, now or, if it was not called yet, then. Any context. */
	void (*wake)(struct lkl_net_backend *b);
	/* wait() is not to wait any more. May be NULL, then wake() is called. */
	void (*hup)(struct lkl_net_backend *b);
	/* After lkl_net_input() returned -EAGAIN: there is room. May be NULL. token. */
	void (*rx_space)(struct lkl_net_backend *b, int queue);
	/* The first @n queues are in use. May be NULL. token. */
	int (*set_queues)(struct lkl_net_backend *b, int n);
	/* What may come now, LKL_NET_GUEST_x. May be NULL. token. */
	int (*set_offload)(struct lkl_net_backend *b, uint32_t guest);
	/* The device was added, or removed and its thread has ended. May be NULL. free. */
	void (*attach)(struct lkl_net_backend *b);
	void (*detach)(struct lkl_net_backend *b);
	/*
	 * Around fork() while the device is added. After prepare no thread is amid anything
	 * that the child has to find whole. In a child, unless it is forkable, done closes
	 * what the backend has of the host, lest the parent's cable stay plugged in; what
	 * follows is free(), or another fork(). May be NULL. token, on the stack of the
	 * application.
	 */
	void (*fork_prepare)(struct lkl_net_backend *b);
	void (*fork_done)(struct lkl_net_backend *b, int child);
	/* Frees @b; in a child of fork() it is the parent's, but for the memory. free. */
	void (*free)(struct lkl_net_backend *b, int forked);
};

struct lkl_net_backend {
	const struct lkl_net_backend_ops *ops;
	/* Of the device model; NULL while the device is not added. */
	void *owner;

	/* Filled by whoever makes the backend. */
	int queues;
	/* 0, 10 or 12. */
	int hdr_len;
	/* LKL_NET_x; none without a header. */
	uint32_t offload;
	/* What is sent was agreed on with the other end: nothing can be left out. */
	int offload_fixed;
	int has_mac;
	uint8_t mac[6];
	/* There is no other end yet; lkl_net_link() tells when there is. */
	int no_link;
	/* A child of fork() can go on using it. */
	int forkable;
	/* This is such a child, the device was added in the parent, and is the parent's. */
	int forked;
	/* tx() takes longer than to make a frame: a thread may be made to call it. */
	int slow_tx;
};

/*
 * A frame for the device. 0 if it was taken or dropped, -EAGAIN if the driver has no
 * buffers now: rx_space() will be called. Any thread.
 */
int lkl_net_input(struct lkl_net_backend *b, int queue, const struct iovec *iov, int n);
/* tx() refused a frame, and now there is room. Any thread but inside tx(). */
void lkl_net_tx_again(struct lkl_net_backend *b, int queue);
/* The other end came or went. Any thread. */
void lkl_net_link(struct lkl_net_backend *b, int up);

/* How many queues have frames that wait for more, to be sent together; atomic. */
extern int lkl_net_gathering;
/* Counted up by the host whenever the kernel has nothing to do: a burst has ended. Atomic. */
extern unsigned int lkl_net_idled;
/* Sends what waits for more: the kernel has nothing else to do. Any thread but inside tx(). */
void lkl_net_flush(struct lkl_net_backend *b);

/* For wait(), and for others who wait in its place: what the queues want now ... */
void lkl_net_wants(struct lkl_net_backend *b, struct lkl_net_wait *w);
/* ... and doing what is possible. Any thread without the CPU token. */
void lkl_net_work(struct lkl_net_backend *b, const struct lkl_net_wait *w);

/* Backend over nd->ops. net_app.c */
struct lkl_net_backend *lkl_net_open_app(struct lkl_netdev *nd, int *err);

/*
 * A device made by the library: its operations are those of struct
 * lkl_net_backend_ops, and its netdev has lkl_net_own_ops to tell.
 */
struct lkl_net_own {
	struct lkl_netdev nd;
	struct lkl_net_backend *backend;
	/* Who opened it or, if that was another, added it. */
	long process;
};

extern struct lkl_dev_net_ops lkl_net_own_ops;

/* The device of @b, which is freed with it; NULL without memory (@b is then freed). */
struct lkl_netdev *lkl_net_own(struct lkl_net_backend *b);

/* Why a backend cannot be made. */
struct lkl_net_why {
	char *text;
	size_t size;
};

/* Describes the error @err and returns it. */
int lkl_net_fail(struct lkl_net_why *why, int err, const char *fmt, ...)
	LKL_PRINTF(3, 4);

/* A type of lkl_netdev_open(). */
struct lkl_net_type {
	const char *name;
	/* 0 or a negative errno, described in @why. */
	int (*open)(const char *param, uint32_t offload, struct lkl_net_why *why,
		    struct lkl_net_backend **b);
};

/* The host's; ends with a NULL name. */
extern const struct lkl_net_type lkl_net_types[];

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device side of virtio 1.x over MMIO (version 2 registers) with split
 * queues: what a device model needs. Addresses in the rings are host pointers.
 *
 * A model fills a struct lkl_virtio_dev, adds it with lkl_virtio_add() and gets
 * notify() calls. It pops requests, works on them wherever and in whichever
 * order it likes, completes each one and signals the queue.
 *
 * Threads: registers are accessed by whoever holds the CPU token, one at a time.
 * Popping, completing and signalling are safe from any thread.
 */
#ifndef LKL_COMMON_VIRTIO_H
#define LKL_COMMON_VIRTIO_H

#include <stdint.h>
#include <lkl_host.h>

#include "lock.h"

#define LKL_VIRTIO_QUEUES_MAX	16
#define LKL_VIRTIO_FORK_ROUNDS	2

#define LKL_VIRTIO_ID_NET	1
#define LKL_VIRTIO_ID_BLOCK	2
#define LKL_VIRTIO_ID_CONSOLE	3
#define LKL_VIRTIO_ID_RNG	4
#define LKL_VIRTIO_ID_BALLOON	5
#define LKL_VIRTIO_ID_9P	9
#define LKL_VIRTIO_ID_FS	26

#define LKL_VIRTIO_BIT(n)	(1ULL << (n))

#define LKL_VIRTIO_F_INDIRECT_DESC	28
#define LKL_VIRTIO_F_EVENT_IDX		29
#define LKL_VIRTIO_F_VERSION_1		32

#define LKL_VIRTIO_S_DRIVER_OK		0x04
#define LKL_VIRTIO_S_FEATURES_OK	0x08
#define LKL_VIRTIO_S_NEEDS_RESET	0x40

struct lkl_virtio_dev;
struct lkl_virtio_queue;
struct lkl_virtio_pool;

/* A chain of descriptors taken off a queue. */
struct lkl_virtio_req {
	struct lkl_virtio_queue *queue;
	/* What the driver sends; empty buffers are left out. */
	struct iovec *out;
	int n_out;
	/* Where the driver wants the answer. */
	struct iovec *in;
	int n_in;
	uint64_t out_len;
	uint64_t in_len;
	/*
	 * There was no memory for the lists: they have the first and the last buffer
	 * only, enough to answer that it cannot be done.
	 */
	int truncated;

	/* Of the queue. @out and @in point into @iov, or into @ends without memory. */
	struct lkl_virtio_pool *pool;
	struct iovec *iov;
	int iov_cap;
	struct iovec ends[2];
	uint16_t head;
	uint8_t busy;

	/* lkl_virtio_model::req_size bytes for the model, zeroed at first. */
	uint64_t priv[];
};

struct lkl_virtio_model {
	const char *name;
	uint32_t device_id;
	/* Bytes that follow each request. */
	unsigned int req_size;

	/*
	 * The driver added requests to @queue. token: must not block. May be
	 * called without any request there.
	 */
	void (*notify)(struct lkl_virtio_dev *dev, unsigned int queue);
	/*
	 * The driver writes @len bytes at @offset of the device's configuration;
	 * the model stores what it accepts. May be NULL. token.
	 */
	void (*config_write)(struct lkl_virtio_dev *dev, unsigned int offset,
			     const void *val, unsigned int len);
	/*
	 * The driver agreed on @features, or resets the device (0). May be NULL.
	 * token.
	 */
	void (*set_features)(struct lkl_virtio_dev *dev, uint64_t features);
	/*
	 * The driver resets the device: stop touching its buffers as far as that
	 * is possible without waiting for the kernel. May be NULL. token.
	 */
	void (*quiesce)(struct lkl_virtio_dev *dev);
	/*
	 * The device was reset, no request comes any more: return when no thread
	 * of the model works on one or will touch the queues. NULL if there are
	 * no such threads. free.
	 */
	void (*drain)(struct lkl_virtio_dev *dev);
	/*
	 * fork() is near, the kernel is quiet: wait until no thread of the model
	 * works or holds a lock (prepare), and go on afterwards. Preparing goes through all
	 * devices in two rounds, 0 and 1, so that locks of one kind come before those of
	 * another. May be NULL. free.
	 */
	void (*fork_prepare)(struct lkl_virtio_dev *dev, int round);
	void (*fork_done)(struct lkl_virtio_dev *dev, int child);
};

struct lkl_virtio_queue {
	struct lkl_virtio_dev *dev;
	unsigned int index;

	/* Written by register accesses while the queue is not ready. */
	uint32_t num_max;
	uint32_t num;
	uint64_t desc_addr;
	uint64_t driver_addr;
	uint64_t device_addr;

	/* Everything below: under @lock. */
	lkl_lock_t lock;
	int ready;
	int event_idx;
	/* Interrupt at the next signal whatever the driver's event index says. */
	int signalled_valid;
	uint16_t last_avail;
	uint16_t used_idx;
	uint16_t signalled;
	struct lkl_virtio_pool *pool;
	/*
	 * What becomes that when the driver enables the queue: it is not told if there is no
	 * memory then, and waits for answers.
	 */
	struct lkl_virtio_pool *spare;
	/* Requests popped and not completed, of this and earlier pools. */
	unsigned int inflight;
	unsigned int idle_waiters;
	struct lkl_sem *idle;
};

struct lkl_virtio_dev {
	/* Set by the model before lkl_virtio_add(). */
	const struct lkl_virtio_model *model;
	uint64_t device_features;
	unsigned int queue_count;
	uint32_t queue_num_max;
	void *config;
	unsigned int config_len;

	/* Of the transport. */
	struct lkl_virtio_queue queue[LKL_VIRTIO_QUEUES_MAX];
	uint64_t driver_features;
	uint32_t device_features_sel;
	uint32_t driver_features_sel;
	uint32_t queue_sel;
	/* Atomic: device threads set bits. */
	uint32_t status;
	uint32_t isr;
	uint32_t config_generation;
	int irq;	/* atomic */
	int slot;
	/* The kernel's number for the device; -1: it has none. */
	int platform_id;
};

/*
 * Makes @dev known: at once if the kernel runs, at its start otherwise. Returns
 * the device's number (the kernel calls it virtio-mmio.NUMBER) or a negative
 * errno. May block; not with the CPU token held.
 */
int lkl_virtio_add(struct lkl_virtio_dev *dev);
/*
 * Takes @dev from the kernel, waits for requests still at work and frees what
 * lkl_virtio_add() allocated. 0 or the error of the kernel, which then keeps the
 * device. May block; as above.
 */
int lkl_virtio_remove(struct lkl_virtio_dev *dev);

/*
 * For lkl_start_kernel(), when the image is mapped and its interrupts can be
 * taken, before it boots: gives every device an interrupt and sets
 * lkl_host_ops.virtio_devices. 0 or a negative errno.
 */
int lkl_virtio_start(void);
/*
 * For the halt, when no thread is in the kernel any more and before its memory
 * is unmapped: waits for all requests and resets the devices, which stay added.
 */
void lkl_virtio_stop(void);
/*
 * Around fork() of a process with a quiet kernel. prepare returns when nothing
 * is at work any more. Between lkl_kernel_keep() and lkl_kernel_let_go(), as adding and
 * removing devices are, so that both find the same ones.
 */
void lkl_virtio_fork_prepare(void);
void lkl_virtio_fork_done(int child);

/*
 * The configuration changed under the driver: the model calls it after it wrote
 * dev->config. Any thread.
 */
void lkl_virtio_config_changed(struct lkl_virtio_dev *dev);
/* The driver broke the rules; nothing more happens until it resets the device. */
void lkl_virtio_broken(struct lkl_virtio_dev *dev, const char *why);

/* virtqueue.c */

/*
 * The next request, NULL if there is none or the ring is bad. Before it returns
 * NULL it asks the driver for a notification of the next request.
 */
struct lkl_virtio_req *lkl_virtio_pop(struct lkl_virtio_queue *q);
/*
 * Gives @req back with @len bytes written to its in buffers. The memory of @req
 * is the queue's again. The driver hears of it at the next lkl_virtio_signal().
 */
void lkl_virtio_complete(struct lkl_virtio_req *req, uint32_t len);
/*
 * Asks for a notification once there are @n requests, until lkl_virtio_pop() asks anew. 0 if
 * there are so many, or the driver would not do so.
 */
int lkl_virtio_notify_later(struct lkl_virtio_queue *q, int n);
/*
 * Gives @n requests of one queue back, the first with @lens[0] bytes and so on; the
 * driver sees all of them or none.
 */
void lkl_virtio_complete_all(struct lkl_virtio_req **reqs, const uint32_t *lens,
			     int n);
/* Puts a request back that was popped last; undoes lkl_virtio_pop(). */
void lkl_virtio_unpop(struct lkl_virtio_req *req);
/* Interrupts the driver if it wants to hear of what was completed. */
void lkl_virtio_signal(struct lkl_virtio_queue *q);
/* Waits until no request of @q is at work. Not with the CPU token held. */
void lkl_virtio_wait_idle(struct lkl_virtio_queue *q);

/* Between virtio.c and virtqueue.c. */
int lkl_virtqueue_init(struct lkl_virtio_dev *dev, unsigned int index);
void lkl_virtqueue_destroy(struct lkl_virtio_queue *q);
/* 0, or a negative errno if the driver's addresses cannot be a ring. */
int lkl_virtqueue_enable(struct lkl_virtio_queue *q);
void lkl_virtqueue_reset(struct lkl_virtio_queue *q);
void lkl_virtio_interrupt(struct lkl_virtio_dev *dev, uint32_t isr);

static inline uint32_t lkl_virtio_status(struct lkl_virtio_dev *dev)
{
	return __atomic_load_n(&dev->status, __ATOMIC_ACQUIRE);
}

#endif

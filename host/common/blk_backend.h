/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands behind a virtio disk: the interface between the device model and
 * the backends (files, application-supplied operations).
 */
#ifndef LKL_COMMON_BLK_BACKEND_H
#define LKL_COMMON_BLK_BACKEND_H

#include <stdint.h>
#include <lkl_host.h>

#include "workers.h"

struct lkl_blk_backend;

enum lkl_blk_op {
	LKL_BLK_READ,
	LKL_BLK_WRITE,
	LKL_BLK_FLUSH,
	LKL_BLK_DISCARD,
	LKL_BLK_ZERO,
};

/* WRITE, ZERO: complete only when it is durable. */
#define LKL_BLK_F_FUA	1
/* ZERO: the space may be given back. */
#define LKL_BLK_F_UNMAP	2
/* READ, WRITE: of the class for real time (ioprio_set(2)); who made it does nothing else. */
#define LKL_BLK_F_URGENT	4

/* One request to a backend; inside the virtio request that it came from. */
struct lkl_blk_io {
	enum lkl_blk_op op;
	unsigned int flags;
	/* In bytes. The range is inside the disk. */
	uint64_t offset;
	uint64_t len;
	/* READ and WRITE: @len bytes in all. The backend may change the list. */
	struct iovec *iov;
	int n_iov;

	/* For the backend. */
	struct lkl_blk_backend *backend;
	struct lkl_blk_io *next;
	struct lkl_job job;
};

struct lkl_blk_backend_ops {
	const char *name;
	/*
	 * Starts @io, or does it. Ends in lkl_blk_complete(), now or later, in
	 * any order, on any thread. A flush covers what completed before it was
	 * submitted. token: must not block.
	 */
	void (*submit)(struct lkl_blk_backend *b, struct lkl_blk_io *io);
	/* The last submit() of a batch was made. May be NULL. token. */
	void (*kick)(struct lkl_blk_backend *b);
	/* Waits until nothing is at work and no thread is in lkl_blk_*(). free. */
	void (*drain)(struct lkl_blk_backend *b);
	/*
	 * Opens what would otherwise be opened when it is first needed. May be
	 * NULL. free.
	 */
	void (*start)(struct lkl_blk_backend *b);
	/*
	 * drain() never waits for the kernel, so it may be called when the driver
	 * resets a device that is still at work.
	 */
	int drain_with_token;
	/* As in struct lkl_virtio_model. */
	void (*fork_prepare)(struct lkl_blk_backend *b);
	void (*fork_done)(struct lkl_blk_backend *b, int child);
	/* Waits until nothing is at work, frees @b. free. */
	void (*close)(struct lkl_blk_backend *b);
};

struct lkl_blk_backend {
	const struct lkl_blk_backend_ops *ops;
	/* Of the device model; for lkl_blk_complete() and lkl_blk_signal(). */
	void *owner;

	/* Filled by whoever opens the backend. */
	uint64_t sectors;		/* of 512 bytes */
	uint32_t logical_block_size;	/* bytes, power of two, at least 512 */
	uint32_t physical_block_size;
	int read_only;
	/* A child of fork() has the same data, not a copy. */
	int is_shared;
	int can_discard;
	uint32_t discard_granularity;	/* bytes */
	int can_zero;
};

/*
 * @io is done with @status, LKL_DEV_BLK_STATUS_x. The driver hears of it at the
 * next signal, which submit() and kick() need not give. Any thread.
 */
void lkl_blk_complete(struct lkl_blk_io *io, int status);
void lkl_blk_signal(struct lkl_blk_backend *b);

/* Backend over disk->ops. blk_app.c, and blk_async.c if it has submit(). */
struct lkl_blk_backend *lkl_blk_open_app(const struct lkl_disk *disk, int *err);
struct lkl_blk_backend *lkl_blk_open_async(const struct lkl_disk *disk, int *err);
/* Asks disk->ops for the size and the limits of @b. 0 or a negative errno. blk_app.c */
int lkl_blk_app_limits(const struct lkl_disk *disk, struct lkl_blk_backend *b);
/*
 * Backend over disk->fd (or handle). Each host has one. NULL with a negative
 * errno in @err.
 */
struct lkl_blk_backend *lkl_blk_open_file(const struct lkl_disk *disk, int *err);
/* lkl_disk_set_engine(), of the host. */
int lkl_blk_set_engine(const char *name);

#endif

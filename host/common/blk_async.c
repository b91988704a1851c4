// SPDX-License-Identifier: GPL-2.0
/*
 * Disks whose operations are the application's and do several requests at a time:
 * submit() of struct lkl_dev_blk_ops, and lkl_disk_complete().
 */
#include <stddef.h>
#include <stdlib.h>

#include "blk_backend.h"
#include "linux_errno.h"
#include "lock.h"

#define SECTOR 512

struct async {
	struct lkl_blk_backend base;
	struct lkl_disk disk;
	lkl_lock_t lock;
	/* Under @lock: requests under way, and who waits for their end. */
	unsigned int inflight;
	unsigned int waiters;
	struct lkl_sem *idle;
};

/* What the application sees of a request, and what it came from. */
struct async_req {
	struct lkl_blk_req req;
	struct lkl_blk_io *io;
	/* Of a range without contents. */
	struct iovec range;
	/* The write is done, its flush is under way. */
	int flushing;
};

static struct async *to_async(struct lkl_blk_backend *b)
{
	return (struct async *)b;
}

static const unsigned int types[] = {
	[LKL_BLK_READ] = LKL_DEV_BLK_TYPE_READ,
	[LKL_BLK_WRITE] = LKL_DEV_BLK_TYPE_WRITE,
	[LKL_BLK_FLUSH] = LKL_DEV_BLK_TYPE_FLUSH,
	[LKL_BLK_DISCARD] = LKL_DEV_BLK_TYPE_DISCARD,
	[LKL_BLK_ZERO] = LKL_DEV_BLK_TYPE_WRITE_ZEROES,
};

static void fill(struct async_req *r, struct lkl_blk_io *io)
{
	r->io = io;
	r->req.type = types[io->op];
	r->req.sector = io->offset / SECTOR;
	if (io->op == LKL_BLK_READ || io->op == LKL_BLK_WRITE) {
		r->req.buf = io->iov;
		r->req.count = io->n_iov;
	} else if (io->op != LKL_BLK_FLUSH) {
		r->range.iov_len = io->len;
		r->req.buf = &r->range;
		r->req.count = 1;
	}
}

static void async_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	struct async *a = to_async(b);
	struct async_req *r = calloc(1, sizeof(*r));

	if (!r) {
		lkl_blk_complete(io, LKL_DEV_BLK_STATUS_IOERR);
		lkl_blk_signal(b);
		return;
	}
	fill(r, io);
	lkl_lock(a->lock);
	a->inflight++;
	lkl_unlock(a->lock);
	a->disk.ops->submit(a->disk, &r->req);
}

/* The last thing that a completing thread does with the disk. */
static void leave(struct async *a)
{
	lkl_lock(a->lock);
	if (!--a->inflight)
		for (; a->waiters; a->waiters--)
			lkl_host_ops.sem_up(a->idle);
	lkl_unlock(a->lock);
}

void lkl_disk_complete(struct lkl_blk_req *req, int status)
{
	struct async_req *r = (struct async_req *)req;
	struct lkl_blk_io *io = r->io;
	struct async *a = to_async(io->backend);

	if (r->flushing && status == LKL_DEV_BLK_STATUS_UNSUP)
		status = LKL_DEV_BLK_STATUS_OK;
	if (status == LKL_DEV_BLK_STATUS_OK && io->flags & LKL_BLK_F_FUA && !r->flushing) {
		r->flushing = 1;
		r->req.type = LKL_DEV_BLK_TYPE_FLUSH;
		r->req.buf = NULL;
		r->req.count = 0;
		a->disk.ops->submit(a->disk, &r->req);
		return;
	}
	/* Without a flush, writes are durable when they are complete. */
	if (io->op == LKL_BLK_FLUSH && status == LKL_DEV_BLK_STATUS_UNSUP)
		status = LKL_DEV_BLK_STATUS_OK;
	free(r);
	lkl_blk_complete(io, status);
	lkl_blk_signal(&a->base);
	leave(a);
}

/* Returns with the lock held. */
static void drain_and_lock(struct async *a)
{
	lkl_lock(a->lock);
	while (a->inflight) {
		a->waiters++;
		lkl_unlock(a->lock);
		lkl_host_ops.sem_down(a->idle);
		lkl_lock(a->lock);
	}
}

static void async_drain(struct lkl_blk_backend *b)
{
	drain_and_lock(to_async(b));
	lkl_unlock(to_async(b)->lock);
}

static void async_fork_prepare(struct lkl_blk_backend *b)
{
	drain_and_lock(to_async(b));
}

static void async_fork_done(struct lkl_blk_backend *b, int child)
{
	(void)child;
	lkl_unlock(to_async(b)->lock);
}

static void async_close(struct lkl_blk_backend *b)
{
	struct async *a = to_async(b);

	async_drain(b);
	lkl_host_ops.sem_free(a->idle);
	lkl_lock_free(a->lock);
	free(a);
}

static const struct lkl_blk_backend_ops async_ops = {
	.name = "asynchronous",
	.submit = async_submit,
	.drain = async_drain,
	.drain_with_token = 1,
	.fork_prepare = async_fork_prepare,
	.fork_done = async_fork_done,
	.close = async_close,
};

struct lkl_blk_backend *lkl_blk_open_async(const struct lkl_disk *disk, int *err)
{
	struct async *a = calloc(1, sizeof(*a));

	*err = -LKL_ERR_NOMEM;
	if (!a)
		return NULL;
	*err = lkl_blk_app_limits(disk, &a->base);
	if (*err) {
		free(a);
		return NULL;
	}
	a->base.ops = &async_ops;
	a->disk = *disk;
	a->lock = lkl_lock_new();
	a->idle = lkl_host_ops.sem_alloc(0);
	if (a->lock && a->idle)
		return &a->base;
	if (a->idle)
		lkl_host_ops.sem_free(a->idle);
	lkl_lock_free(a->lock);
	free(a);
	*err = -LKL_ERR_NOMEM;
	return NULL;
}

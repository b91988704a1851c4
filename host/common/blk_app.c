// SPDX-License-Identifier: GPL-2.0
/*
 * Disks whose operations are the application's (struct lkl_dev_blk_ops).
 *
 * They may block and may call lkl_sys_*, so they run on a thread of the disk's
 * own, one at a time and in the order in which the kernel gave them.
 */
#include <stddef.h>
#include <stdlib.h>

#include "blk_backend.h"
#include "linux_errno.h"
#include "workers.h"

#define SECTOR		512
#define ZERO_CHUNK	(64 * 1024)
#define ZERO_IOVS	16

struct app {
	struct lkl_blk_backend base;
	struct lkl_disk disk;
	struct lkl_workers *worker;
	/* What the operations answered LKL_DEV_BLK_STATUS_UNSUP to. Worker only. */
	int no_flush;
	int no_discard;
	int no_zero;
};

static struct app *to_app(struct lkl_blk_backend *b)
{
	return (struct app *)b;
}

static int request(struct app *a, unsigned int type, uint64_t sector,
		   struct iovec *iov, int count)
{
	struct lkl_blk_req req = {
		.type = type,
		.sector = sector,
		.buf = iov,
		.count = count,
	};
	int ret = a->disk.ops->request(a->disk, &req);

	if (ret != LKL_DEV_BLK_STATUS_OK && ret != LKL_DEV_BLK_STATUS_UNSUP)
		return LKL_DEV_BLK_STATUS_IOERR;
	return ret;
}

/* Operations that know no flush promise durable writes. */
static int flush(struct app *a)
{
	int ret;

	if (a->no_flush)
		return LKL_DEV_BLK_STATUS_OK;
	ret = request(a, LKL_DEV_BLK_TYPE_FLUSH, 0, NULL, 0);
	if (ret != LKL_DEV_BLK_STATUS_UNSUP)
		return ret;
	a->no_flush = 1;
	return LKL_DEV_BLK_STATUS_OK;
}

static int range(struct app *a, unsigned int type, struct lkl_blk_io *io)
{
	struct iovec iov = { .iov_len = io->len };

	return request(a, type, io->offset / SECTOR, &iov, 1);
}

static int discard(struct app *a, struct lkl_blk_io *io)
{
	int ret = LKL_DEV_BLK_STATUS_UNSUP;

	if (!a->no_discard)
		ret = range(a, LKL_DEV_BLK_TYPE_DISCARD, io);
	if (ret == LKL_DEV_BLK_STATUS_UNSUP)
		a->no_discard = 1;
	return ret;
}

static int write_zero_buffers(struct app *a, uint64_t offset, uint64_t len)
{
	void *zeroes = calloc(1, ZERO_CHUNK);
	int ret = LKL_DEV_BLK_STATUS_OK;

	if (!zeroes)
		return LKL_DEV_BLK_STATUS_IOERR;
	while (len && ret == LKL_DEV_BLK_STATUS_OK) {
		struct iovec iov[ZERO_IOVS];
		uint64_t part = 0;
		int n = 0;

		while (n < ZERO_IOVS && part < len) {
			size_t chunk = ZERO_CHUNK;

			if (chunk > len - part)
				chunk = len - part;
			iov[n].iov_base = zeroes;
			iov[n].iov_len = chunk;
			part += chunk;
			n++;
		}
		ret = request(a, LKL_DEV_BLK_TYPE_WRITE, offset / SECTOR, iov, n);
		offset += part;
		len -= part;
	}
	free(zeroes);
	return ret;
}

static int zero(struct app *a, struct lkl_blk_io *io)
{
	int ret = LKL_DEV_BLK_STATUS_UNSUP;

	if (!a->no_zero)
		ret = range(a, LKL_DEV_BLK_TYPE_WRITE_ZEROES, io);
	if (ret != LKL_DEV_BLK_STATUS_UNSUP)
		return ret;
	a->no_zero = 1;
	return write_zero_buffers(a, io->offset, io->len);
}

static int do_io(struct app *a, struct lkl_blk_io *io)
{
	switch (io->op) {
	case LKL_BLK_READ:
		return request(a, LKL_DEV_BLK_TYPE_READ, io->offset / SECTOR,
			       io->iov, io->n_iov);
	case LKL_BLK_WRITE:
		return request(a, LKL_DEV_BLK_TYPE_WRITE, io->offset / SECTOR,
			       io->iov, io->n_iov);
	case LKL_BLK_FLUSH:
		return flush(a);
	case LKL_BLK_DISCARD:
		return discard(a, io);
	case LKL_BLK_ZERO:
		return zero(a, io);
	}
	return LKL_DEV_BLK_STATUS_UNSUP;
}

static void run(struct lkl_job *job)
{
	struct lkl_blk_io *io = (struct lkl_blk_io *)
		((char *)job - offsetof(struct lkl_blk_io, job));
	struct app *a = to_app(io->backend);
	int ret = do_io(a, io);

	if (ret == LKL_DEV_BLK_STATUS_OK && io->flags & LKL_BLK_F_FUA)
		ret = flush(a);
	lkl_blk_complete(io, ret);
	lkl_blk_signal(&a->base);
}

static void app_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	io->job.run = run;
	if (lkl_workers_queue(to_app(b)->worker, &io->job))
		lkl_blk_complete(io, LKL_DEV_BLK_STATUS_IOERR);
}

static void app_drain(struct lkl_blk_backend *b)
{
	lkl_workers_drain(to_app(b)->worker);
}

static void app_fork_prepare(struct lkl_blk_backend *b)
{
	lkl_workers_fork_prepare(to_app(b)->worker);
}

static void app_fork_done(struct lkl_blk_backend *b, int child)
{
	lkl_workers_fork_done(to_app(b)->worker, child);
}

static void app_close(struct lkl_blk_backend *b)
{
	lkl_workers_free(to_app(b)->worker);
	free(b);
}

static const struct lkl_blk_backend_ops app_ops = {
	.name = "application",
	.submit = app_submit,
	.drain = app_drain,
	.fork_prepare = app_fork_prepare,
	.fork_done = app_fork_done,
	.close = app_close,
};

static int is_block_size(unsigned int size)
{
	return size >= SECTOR && !(size & (size - 1));
}

int lkl_blk_app_limits(const struct lkl_disk *disk, struct lkl_blk_backend *b)
{
	struct lkl_disk_limits limits = {
		.can_discard = 1,
		.can_zero = 1,
		.logical_block_size = SECTOR,
		.physical_block_size = SECTOR,
		.discard_granularity = SECTOR,
	};
	unsigned long long bytes = 0;
	int ret;

	if (!disk->ops->get_capacity)
		return -LKL_ERR_INVAL;
	ret = disk->ops->get_capacity(*disk, &bytes);
	if (!ret && disk->ops->get_limits)
		ret = disk->ops->get_limits(*disk, &limits);
	if (ret)
		return ret < 0 ? ret : -LKL_ERR_IO;
	if (!is_block_size(limits.logical_block_size) ||
	    !is_block_size(limits.physical_block_size) ||
	    limits.discard_granularity % SECTOR)
		return -LKL_ERR_INVAL;
	b->sectors = bytes / SECTOR;
	b->read_only = !!limits.read_only;
	b->logical_block_size = limits.logical_block_size;
	b->physical_block_size = limits.physical_block_size;
	b->can_discard = limits.can_discard && !limits.read_only;
	b->discard_granularity = limits.discard_granularity;
	b->can_zero = limits.can_zero && !limits.read_only;
	return 0;
}

struct lkl_blk_backend *lkl_blk_open_app(const struct lkl_disk *disk, int *err)
{
	struct app *a = calloc(1, sizeof(*a));

	*err = a ? -LKL_ERR_INVAL : -LKL_ERR_NOMEM;
	if (!a || !disk->ops->request)
		goto fail;
	*err = lkl_blk_app_limits(disk, &a->base);
	if (*err)
		goto fail;
	/* It calls the kernel if it likes, so it stays as long as the disk. */
	a->worker = lkl_workers_new(1, 0);
	if (!a->worker) {
		*err = -LKL_ERR_NOMEM;
		goto fail;
	}
	a->disk = *disk;
	a->base.ops = &app_ops;
	return &a->base;
fail:
	free(a);
	return NULL;
}

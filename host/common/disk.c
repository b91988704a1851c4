// SPDX-License-Identifier: GPL-2.0
/*
 * lkl_disk_add() and its kin: which disks there are. Disks are few, so they live
 * in a table; entries are claimed with atomics because any thread may call.
 */
#include <stdlib.h>

#include "blk_backend.h"
#include "disk.h"
#include "linux_errno.h"
#include "iomem.h"
#include "kernel.h"
#include "virtio.h"
#include "virtio_blk.h"

/* What disk->dev points to. */
struct disk {
	struct lkl_virtio_blk *blk;
	int id;
	/* Its buffers come to the application. */
	int is_app;
};

static struct disk *disks[LKL_IOMEM_SLOTS];
static int queues = 1;

int lkl_disk_set_queues(int n)
{
	if (n < 1 || n > LKL_VIRTIO_QUEUES_MAX)
		return -LKL_ERR_INVAL;
	queues = n;
	return 0;
}

int lkl_disk_set_engine(const char *name)
{
	return lkl_blk_set_engine(name);
}

static int lend(const struct disk *d, int more)
{
	return d->is_app ? lkl_lend_memory(more) : 0;
}

int lkl_disk_add(struct lkl_disk *disk)
{
	struct lkl_blk_backend *backend;
	struct disk *d;
	int err;

	if (!disk)
		return -LKL_ERR_INVAL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -LKL_ERR_NOMEM;

	disk->dev = d;
	d->is_app = !!disk->ops;
	err = lend(d, 1);
	if (err)
		goto fail;
	if (!disk->ops)
		backend = lkl_blk_open_file(disk, &err);
	else if (disk->ops->submit)
		backend = lkl_blk_open_async(disk, &err);
	else
		backend = lkl_blk_open_app(disk, &err);
	if (!backend)
		goto fail_lent;
	d->blk = lkl_virtio_blk_add(backend, queues, &d->id, &err);
	if (!d->blk) {
		backend->ops->close(backend);
		goto fail_lent;
	}
	__atomic_store_n(&disks[d->id], d, __ATOMIC_RELEASE);
	return d->id;
fail_lent:
	lend(d, -1);
fail:
	disk->dev = NULL;
	free(d);
	return err;
}

int lkl_disk_remove(struct lkl_disk disk)
{
	int id, ret;

	if (!disk.dev)
		return -LKL_ERR_NOENT;
	for (id = 0; id < LKL_IOMEM_SLOTS; id++) {
		struct disk *d = disk.dev;

		/* Whoever takes it out of the table removes it. */
		if (!__atomic_compare_exchange_n(&disks[id], &d, NULL, 0,
						 __ATOMIC_ACQ_REL,
						 __ATOMIC_RELAXED))
			continue;
		ret = lkl_virtio_blk_remove(d->blk);
		if (ret) {
			__atomic_store_n(&disks[id], d, __ATOMIC_RELEASE);
			return ret;
		}
		lend(d, -1);
		free(d);
		return 0;
	}
	return -LKL_ERR_NOENT;
}

/* NULL if it was not added, or was removed. */
static struct disk *find(struct lkl_disk disk)
{
	struct disk *d;

	for (int id = 0; id < LKL_IOMEM_SLOTS; id++) {
		d = __atomic_load_n(&disks[id], __ATOMIC_ACQUIRE);
		if (d && d == disk.dev)
			return d;
	}
	return NULL;
}

int lkl_disk_start(struct lkl_disk disk)
{
	struct disk *d = find(disk);

	if (!d)
		return -LKL_ERR_NOENT;
	lkl_virtio_blk_start(d->blk);
	return 0;
}

int lkl_disk_take_over(struct lkl_disk disk)
{
	struct disk *d = find(disk);

	if (!d)
		return -LKL_ERR_NOENT;
	lkl_virtio_blk_take_over(d->blk);
	return 0;
}

int lkl_disk_platform_id(int id)
{
	struct disk *d;
	int ret;

	if (id < 0 || id >= LKL_IOMEM_SLOTS)
		return -LKL_ERR_NOENT;
	d = __atomic_load_n(&disks[id], __ATOMIC_ACQUIRE);
	if (!d)
		return -LKL_ERR_NOENT;
	ret = lkl_virtio_blk_platform_id(d->blk);
	return ret < 0 ? -LKL_ERR_NODEV : ret;
}

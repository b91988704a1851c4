// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <lkl.h>
#include <lkl_host.h>

#include <message.h>

#include "disk.h"

#define SECTOR	512
#define PAGE	4096UL

static struct disk *the_disk(struct lkl_disk d)
{
	return d.handle;
}

static int capacity(struct lkl_disk d, unsigned long long *res)
{
	*res = the_disk(d)->size;
	return 0;
}

static int limits(struct lkl_disk d, struct lkl_disk_limits *l)
{
	l->read_only = the_disk(d)->read_only;
	return 0;
}

static int copy(struct disk *disk, const struct lkl_blk_req *req)
{
	unsigned long long at = req->sector * SECTOR;

	for (int i = 0; i < req->count; i++) {
		const struct iovec *v = &req->buf[i];

		if (at > disk->size || v->iov_len > disk->size - at)
			return LKL_DEV_BLK_STATUS_IOERR;
		if (req->type == LKL_DEV_BLK_TYPE_READ)
			memcpy(v->iov_base, disk->memory + at, v->iov_len);
		else
			memcpy(disk->memory + at, v->iov_base, v->iov_len);
		at += v->iov_len;
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int clear(struct disk *disk, const struct lkl_blk_req *req)
{
	unsigned long long at = req->sector * SECTOR;

	if (at > disk->size || req->buf->iov_len > disk->size - at)
		return LKL_DEV_BLK_STATUS_IOERR;
	memset(disk->memory + at, 0, req->buf->iov_len);
	return LKL_DEV_BLK_STATUS_OK;
}

static void submit(struct lkl_disk d, struct lkl_blk_req *req)
{
	int status = LKL_DEV_BLK_STATUS_UNSUP;

	switch (req->type) {
	case LKL_DEV_BLK_TYPE_READ:
	case LKL_DEV_BLK_TYPE_WRITE:
		status = copy(the_disk(d), req);
		break;
	case LKL_DEV_BLK_TYPE_DISCARD:
	case LKL_DEV_BLK_TYPE_WRITE_ZEROES:
		status = clear(the_disk(d), req);
		break;
	case LKL_DEV_BLK_TYPE_FLUSH:
		status = LKL_DEV_BLK_STATUS_OK;
		break;
	}
	lkl_disk_complete(req, status);
}

static struct lkl_dev_blk_ops ops = {
	.get_capacity = capacity,
	.get_limits = limits,
	.submit = submit,
};

void disk_init(struct disk *disk, size_t size, int read_only)
{
	disk->size = (size + PAGE - 1) & ~(PAGE - 1);
	disk->read_only = read_only;
	disk->memory = mmap(NULL, disk->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (disk->memory == MAP_FAILED)
		die("no memory for a disk of %zu bytes: %s", size, strerror(errno));
}

void disk_attach(struct disk *disk)
{
	struct lkl_disk d = { .handle = disk, .ops = &ops };
	long ret = lkl_disk_add(&d);

	if (ret >= 0)
		ret = lkl_get_virtio_blkdev(ret, 0, &disk->devno);
	if (ret < 0)
		die("the disk cannot be attached: %s", lkl_strerror(ret));
}

int disk_clear(const struct disk *disk)
{
	void *to = disk->memory;

	if (mmap(to, disk->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE | MAP_FIXED, -1, 0) != to)
		return -errno;
	return 0;
}

int disk_map(const struct disk *disk, int fd, size_t len)
{
	void *to = disk->memory;

	if (len && mmap(to, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) != to)
		return -errno;
	return 0;
}

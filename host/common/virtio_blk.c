// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio block device: takes requests apart, checks them, hands them to the
 * backend, and answers.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "linux_errno.h"
#include "iov.h"
#include "virtio.h"
#include "virtio_blk.h"

enum {
	BLK_F_SIZE_MAX		= 1,
	BLK_F_SEG_MAX		= 2,
	BLK_F_RO		= 5,
	BLK_F_BLK_SIZE		= 6,
	BLK_F_FLUSH		= 9,
	BLK_F_TOPOLOGY		= 10,
	BLK_F_CONFIG_WCE	= 11,
	BLK_F_MQ		= 12,
	BLK_F_DISCARD		= 13,
	BLK_F_WRITE_ZEROES	= 14,
};

enum {
	TYPE_IN			= 0,
	TYPE_OUT		= 1,
	TYPE_FLUSH		= 4,
	TYPE_GET_ID		= 8,
	TYPE_DISCARD		= 11,
	TYPE_WRITE_ZEROES	= 13,
};

/* Above a priority in the class, of the request's submitter. */
#define IOPRIO_CLASS_SHIFT	13
#define IOPRIO_CLASS_RT		1

#define SECTOR		512
#define QUEUE_SIZE	256
/* A request of 1280 KiB, the block layer's most, out of single pages and more. */
#define SEG_MAX		510
#define SIZE_MAX_SEG	0x40000000
/* In sectors; keeps byte counts of one range well inside 64 bits and off_t. */
#define RANGE_MAX	0x7fffff80
/* Two of these are the kernel's least readahead. */
#define OPT_IO		(512 * 1024)
#define ID_LEN		20

struct req_header {
	uint32_t type;
	uint32_t ioprio;
	uint64_t sector;
};

struct req_range {
	uint64_t sector;
	uint32_t sectors;
	uint32_t flags;
};

#define RANGE_F_UNMAP	1

struct config {
	uint64_t capacity;
	uint32_t size_max;
	uint32_t seg_max;
	uint16_t cylinders;
	uint8_t heads;
	uint8_t track_sectors;
	uint32_t blk_size;
	uint8_t physical_block_exp;
	uint8_t alignment_offset;
	uint16_t min_io_size;
	uint32_t opt_io_size;
	uint8_t writeback;
	uint8_t unused0;
	uint16_t num_queues;
	uint32_t max_discard_sectors;
	uint32_t max_discard_seg;
	uint32_t discard_sector_alignment;
	uint32_t max_write_zeroes_sectors;
	uint32_t max_write_zeroes_seg;
	uint8_t write_zeroes_may_unmap;
	uint8_t unused1[3];
} __attribute__((packed));

struct lkl_virtio_blk {
	struct lkl_virtio_dev dev;
	struct lkl_blk_backend *backend;
	struct config config;
	/* Every write is durable before it completes. token. */
	int write_through;
	/* The data are the parent's, which may write them. Any thread. */
	int refuses_writes;
	/* That has been said. token. */
	int said;
	char id[ID_LEN];
};

/* Behind each virtio request. */
struct blk_req {
	struct lkl_blk_io io;
	uint8_t *status;
	/* Bytes that a success writes into the in buffers, without the status. */
	uint32_t in_len;
};

static struct lkl_virtio_blk *to_blk(struct lkl_virtio_dev *dev)
{
	return (struct lkl_virtio_blk *)dev;
}

static struct lkl_virtio_req *to_req(struct blk_req *br)
{
	return (struct lkl_virtio_req *)((char *)br -
					 offsetof(struct lkl_virtio_req, priv));
}

static void finish(struct lkl_virtio_req *req, int status)
{
	struct blk_req *br = (struct blk_req *)req->priv;

	*br->status = status;
	/* On an error the buffers hold nothing; the status is what we wrote. */
	lkl_virtio_complete(req, status ? 1 : br->in_len + 1);
}

void lkl_blk_complete(struct lkl_blk_io *io, int status)
{
	finish(to_req((struct blk_req *)io), status);
}

void lkl_blk_signal(struct lkl_blk_backend *b)
{
	struct lkl_virtio_blk *blk = b->owner;
	unsigned int i;

	for (i = 0; i < blk->dev.queue_count; i++)
		lkl_virtio_signal(&blk->dev.queue[i]);
}

static int in_range(const struct lkl_virtio_blk *blk, uint64_t sector,
		    uint64_t sectors)
{
	return sector <= blk->backend->sectors &&
	       sectors <= blk->backend->sectors - sector;
}

static void submit(struct lkl_virtio_blk *blk, struct blk_req *br)
{
	struct lkl_blk_io *io = &br->io;

	io->backend = blk->backend;
	io->next = NULL;
	blk->backend->ops->submit(blk->backend, io);
}

/* Of the host's files the child of a fork() has no copy. */
static int may_write(struct lkl_virtio_blk *blk)
{
	if (blk->backend->read_only)
		return 0;
	if (!__atomic_load_n(&blk->refuses_writes, __ATOMIC_ACQUIRE))
		return 1;
	if (!blk->said)
		lkl_printf("lkl: disk %d: writes fail, this is a child of fork() and the data are its parent's; see lkl_disk_take_over()\n",
			   blk->dev.slot);
	blk->said = 1;
	return 0;
}

static int start_rw(struct lkl_virtio_blk *blk, struct lkl_virtio_req *req,
		    const struct req_header *header, int write)
{
	struct blk_req *br = (struct blk_req *)req->priv;
	uint64_t sector = lkl_le64(header->sector);
	struct lkl_blk_io *io = &br->io;

	io->op = write ? LKL_BLK_WRITE : LKL_BLK_READ;
	io->flags = write && blk->write_through ? LKL_BLK_F_FUA : 0;
	if (lkl_le32(header->ioprio) >> IOPRIO_CLASS_SHIFT == IOPRIO_CLASS_RT)
		io->flags |= LKL_BLK_F_URGENT;
	io->iov = write ? req->out : req->in;
	io->n_iov = write ? req->n_out : req->n_in;
	io->len = lkl_iov_len(io->iov, io->n_iov);
	io->offset = sector * SECTOR;
	if (!io->len || io->len % SECTOR || io->len > UINT32_MAX - 1)
		return LKL_DEV_BLK_STATUS_IOERR;
	if (!in_range(blk, sector, io->len / SECTOR))
		return LKL_DEV_BLK_STATUS_IOERR;
	if (write && !may_write(blk))
		return LKL_DEV_BLK_STATUS_IOERR;
	br->in_len = write ? 0 : io->len;
	submit(blk, br);
	return LKL_DEV_BLK_STATUS_OK;
}

/*
 * Not refused with the writes: what completed, if only in the parent, is durable then, and no
 * more is said. What was refused has its error.
 */
static int start_flush(struct lkl_virtio_blk *blk, struct lkl_virtio_req *req)
{
	struct blk_req *br = (struct blk_req *)req->priv;

	br->io = (struct lkl_blk_io){ .op = LKL_BLK_FLUSH };
	submit(blk, br);
	return LKL_DEV_BLK_STATUS_OK;
}

static int start_range(struct lkl_virtio_blk *blk, struct lkl_virtio_req *req,
		       enum lkl_blk_op op)
{
	struct blk_req *br = (struct blk_req *)req->priv;
	int able = op == LKL_BLK_ZERO ? blk->backend->can_zero :
					blk->backend->can_discard;
	struct req_range range;
	uint32_t flags;
	uint64_t sector;
	uint32_t sectors;

	if (!able)
		return LKL_DEV_BLK_STATUS_UNSUP;
	if (!may_write(blk))
		return LKL_DEV_BLK_STATUS_IOERR;
	/* The configuration allows one range. */
	if (lkl_iov_len(req->out, req->n_out) != sizeof(range))
		return LKL_DEV_BLK_STATUS_IOERR;
	lkl_iov_read(req->out, req->n_out, &range, sizeof(range));
	sector = lkl_le64(range.sector);
	sectors = lkl_le32(range.sectors);
	flags = lkl_le32(range.flags);
	if (flags & ~(op == LKL_BLK_ZERO ? RANGE_F_UNMAP : 0u))
		return LKL_DEV_BLK_STATUS_UNSUP;
	if (!sectors || sectors > RANGE_MAX || !in_range(blk, sector, sectors))
		return LKL_DEV_BLK_STATUS_IOERR;

	br->io = (struct lkl_blk_io){
		.op = op,
		.flags = (flags & RANGE_F_UNMAP ? LKL_BLK_F_UNMAP : 0) |
			 (blk->write_through ? LKL_BLK_F_FUA : 0),
		.offset = sector * SECTOR,
		.len = (uint64_t)sectors * SECTOR,
	};
	submit(blk, br);
	return LKL_DEV_BLK_STATUS_OK;
}

static int get_id(struct lkl_virtio_blk *blk, struct lkl_virtio_req *req)
{
	struct blk_req *br = (struct blk_req *)req->priv;

	br->in_len = lkl_iov_write(req->in, req->n_in, blk->id, ID_LEN);
	finish(req, LKL_DEV_BLK_STATUS_OK);
	return LKL_DEV_BLK_STATUS_OK;
}

/* Takes @len bytes off the front of the out list. 0 if they are not there. */
static int take_header(struct lkl_virtio_req *req, struct req_header *header)
{
	if (lkl_iov_read(req->out, req->n_out, header, sizeof(*header)) !=
	    sizeof(*header))
		return 0;
	lkl_iov_advance(&req->out, &req->n_out, sizeof(*header));
	return 1;
}

/* Takes the last byte off the in list. NULL if there is none. */
static uint8_t *take_status(struct lkl_virtio_req *req)
{
	struct iovec *last;

	if (!req->n_in)
		return NULL;
	last = &req->in[req->n_in - 1];
	last->iov_len--;
	if (!last->iov_len)
		req->n_in--;
	return (uint8_t *)last->iov_base + last->iov_len;
}

/*
 * Starts @req, or answers it. Returns 0 if it is no block request at all: then
 * there is not even a place for an error.
 */
static int start(struct lkl_virtio_blk *blk, struct lkl_virtio_req *req)
{
	struct blk_req *br = (struct blk_req *)req->priv;
	struct req_header header;
	int ret;

	br->in_len = 0;
	br->status = take_status(req);
	if (!br->status || !take_header(req, &header))
		return 0;
	if (req->truncated) {
		finish(req, LKL_DEV_BLK_STATUS_IOERR);
		return 1;
	}

	switch (lkl_le32(header.type)) {
	case TYPE_IN:
		ret = start_rw(blk, req, &header, 0);
		break;
	case TYPE_OUT:
		ret = start_rw(blk, req, &header, 1);
		break;
	case TYPE_FLUSH:
		ret = start_flush(blk, req);
		break;
	case TYPE_GET_ID:
		ret = get_id(blk, req);
		break;
	case TYPE_DISCARD:
		ret = start_range(blk, req, LKL_BLK_DISCARD);
		break;
	case TYPE_WRITE_ZEROES:
		ret = start_range(blk, req, LKL_BLK_ZERO);
		break;
	default:
		ret = LKL_DEV_BLK_STATUS_UNSUP;
	}
	/* The start functions return an error only if they did nothing. */
	if (ret)
		finish(req, ret);
	return 1;
}

static void blk_notify(struct lkl_virtio_dev *dev, unsigned int queue)
{
	struct lkl_virtio_blk *blk = to_blk(dev);
	struct lkl_virtio_queue *q = &dev->queue[queue];
	struct lkl_virtio_req *req;

	while ((req = lkl_virtio_pop(q))) {
		if (start(blk, req))
			continue;
		lkl_virtio_complete(req, 0);
		lkl_virtio_broken(dev, "request without header or status");
	}
	if (blk->backend->ops->kick)
		blk->backend->ops->kick(blk->backend);
	lkl_virtio_signal(q);
}

static void set_write_through(struct lkl_virtio_blk *blk)
{
	uint64_t features = blk->dev.driver_features;

	/* A driver that cannot flush expects writes to be durable at once. */
	if (features & LKL_VIRTIO_BIT(BLK_F_CONFIG_WCE))
		blk->write_through = !blk->config.writeback;
	else
		blk->write_through = !(features & LKL_VIRTIO_BIT(BLK_F_FLUSH));
}

static void blk_set_features(struct lkl_virtio_dev *dev, uint64_t features)
{
	struct lkl_virtio_blk *blk = to_blk(dev);

	if (!features)
		blk->config.writeback = 1;
	set_write_through(blk);
}

/* The only writable field is the cache mode. */
static void blk_config_write(struct lkl_virtio_dev *dev, unsigned int offset,
			     const void *val, unsigned int len)
{
	struct lkl_virtio_blk *blk = to_blk(dev);

	if (offset != offsetof(struct config, writeback) || len != 1)
		return;
	blk->config.writeback = *(const uint8_t *)val & 1;
	set_write_through(blk);
}

static void blk_quiesce(struct lkl_virtio_dev *dev)
{
	struct lkl_blk_backend *b = to_blk(dev)->backend;

	if (b->ops->drain_with_token)
		b->ops->drain(b);
}

static void blk_drain(struct lkl_virtio_dev *dev)
{
	struct lkl_blk_backend *b = to_blk(dev)->backend;

	b->ops->drain(b);
}

static void blk_fork_prepare(struct lkl_virtio_dev *dev, int round)
{
	struct lkl_blk_backend *b = to_blk(dev)->backend;

	if (!round && b->ops->fork_prepare)
		b->ops->fork_prepare(b);
}

static void blk_fork_done(struct lkl_virtio_dev *dev, int child)
{
	struct lkl_virtio_blk *blk = to_blk(dev);
	struct lkl_blk_backend *b = blk->backend;

	if (b->ops->fork_done)
		b->ops->fork_done(b, child);
	if (!child)
		return;
	blk->said = 0;
	__atomic_store_n(&blk->refuses_writes, b->is_shared, __ATOMIC_RELEASE);
}

static const struct lkl_virtio_model blk_model = {
	.name = "blk",
	.device_id = LKL_VIRTIO_ID_BLOCK,
	.req_size = sizeof(struct blk_req),
	.notify = blk_notify,
	.config_write = blk_config_write,
	.set_features = blk_set_features,
	.quiesce = blk_quiesce,
	.drain = blk_drain,
	.fork_prepare = blk_fork_prepare,
	.fork_done = blk_fork_done,
};

static unsigned int log2_of(uint32_t x)
{
	return x ? 31 - __builtin_clz(x) : 0;
}

static void fill_config(struct lkl_virtio_blk *blk, int queues)
{
	const struct lkl_blk_backend *b = blk->backend;
	struct config *c = &blk->config;
	uint32_t exp = log2_of(b->physical_block_size / b->logical_block_size);

	c->capacity = lkl_le64(b->sectors);
	c->size_max = lkl_le32(SIZE_MAX_SEG);
	c->seg_max = lkl_le32(SEG_MAX);
	c->blk_size = lkl_le32(b->logical_block_size);
	c->physical_block_exp = exp;
	c->min_io_size = lkl_le16(1 << exp);
	c->opt_io_size = lkl_le32(OPT_IO / b->logical_block_size);
	c->writeback = 1;
	c->num_queues = lkl_le16(queues);
	c->max_discard_sectors = lkl_le32(RANGE_MAX);
	c->max_discard_seg = lkl_le32(1);
	c->discard_sector_alignment = lkl_le32(b->discard_granularity / SECTOR);
	c->max_write_zeroes_sectors = lkl_le32(RANGE_MAX);
	c->max_write_zeroes_seg = lkl_le32(1);
	c->write_zeroes_may_unmap = b->can_discard;
}

static uint64_t features_of(const struct lkl_blk_backend *b, int queues)
{
	uint64_t f = LKL_VIRTIO_BIT(BLK_F_SIZE_MAX) |
		     LKL_VIRTIO_BIT(BLK_F_SEG_MAX) |
		     LKL_VIRTIO_BIT(BLK_F_BLK_SIZE) |
		     LKL_VIRTIO_BIT(BLK_F_FLUSH) |
		     LKL_VIRTIO_BIT(BLK_F_TOPOLOGY) |
		     LKL_VIRTIO_BIT(BLK_F_CONFIG_WCE);

	if (queues > 1)
		f |= LKL_VIRTIO_BIT(BLK_F_MQ);
	if (b->read_only)
		return f | LKL_VIRTIO_BIT(BLK_F_RO);
	if (b->can_discard)
		f |= LKL_VIRTIO_BIT(BLK_F_DISCARD);
	if (b->can_zero)
		f |= LKL_VIRTIO_BIT(BLK_F_WRITE_ZEROES);
	return f;
}

struct lkl_virtio_blk *lkl_virtio_blk_add(struct lkl_blk_backend *backend,
					  int queues, int *id, int *err)
{
	struct lkl_virtio_blk *blk = calloc(1, sizeof(*blk));
	static unsigned int serial;
	int ret;

	if (!blk) {
		*err = -LKL_ERR_NOMEM;
		return NULL;
	}
	blk->backend = backend;
	blk->dev.model = &blk_model;
	blk->dev.queue_count = queues;
	blk->dev.queue_num_max = QUEUE_SIZE;
	blk->dev.config = &blk->config;
	blk->dev.config_len = sizeof(blk->config);
	blk->dev.device_features = features_of(backend, queues);
	fill_config(blk, queues);
	snprintf(blk->id, sizeof(blk->id), "lkl-%u",
		 __atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED));
	backend->owner = blk;

	ret = lkl_virtio_add(&blk->dev);
	if (ret < 0) {
		free(blk);
		*err = ret;
		return NULL;
	}
	*id = ret;
	return blk;
}

int lkl_virtio_blk_remove(struct lkl_virtio_blk *blk)
{
	int ret = lkl_virtio_remove(&blk->dev);

	if (ret)
		return ret;
	blk->backend->ops->close(blk->backend);
	free(blk);
	return 0;
}

void lkl_virtio_blk_start(struct lkl_virtio_blk *blk)
{
	if (blk->backend->ops->start)
		blk->backend->ops->start(blk->backend);
}

void lkl_virtio_blk_take_over(struct lkl_virtio_blk *blk)
{
	__atomic_store_n(&blk->refuses_writes, 0, __ATOMIC_RELEASE);
}

int lkl_virtio_blk_platform_id(const struct lkl_virtio_blk *blk)
{
	return blk->dev.platform_id;
}

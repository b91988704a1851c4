// SPDX-License-Identifier: GPL-2.0
/*
 * Disks in files and block devices: opening them, and doing a request in a plain
 * blocking way. Engines use the latter for all they cannot do better.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../common/iov.h"
#include "blk_file.h"

#define ZERO_CHUNK	(64 * 1024)
#define ZERO_IOVS	16
#define THREADS		4

/* In order of preference. */
const struct blk_engine *const lkl_blk_engines[] = {
	&lkl_blk_engine_inline,
	&lkl_blk_engine_sync,
#ifdef BLK_OS_ENGINE
	&BLK_OS_ENGINE,
#endif
	&lkl_blk_engine_threads,
	NULL
};

static int get(const int *hint)
{
	return __atomic_load_n(hint, __ATOMIC_RELAXED);
}

static void clear(int *hint)
{
	__atomic_store_n(hint, 0, __ATOMIC_RELAXED);
}

void lkl_blk_file_advance(struct lkl_blk_io *io, uint64_t len)
{
	lkl_iov_advance(&io->iov, &io->n_iov, len);
	io->offset += len;
	io->len -= len;
}

int lkl_blk_file_end(struct blk_file *f, struct lkl_blk_io *io)
{
	if (io->offset < f->size)
		return LKL_DEV_BLK_STATUS_IOERR;
	lkl_iov_zero(io->iov, io->n_iov);
	return LKL_DEV_BLK_STATUS_OK;
}

static int iov_count(const struct lkl_blk_io *io)
{
	return io->n_iov < IOV_MAX ? io->n_iov : IOV_MAX;
}

int lkl_blk_file_read_now(struct blk_file *f, struct lkl_blk_io *io)
{
	long n;

	if (!get(&f->can_read_now))
		return 0;
	n = lkl_blk_os_read_now(f->fd, io->iov, iov_count(io), io->offset);
	if (n == -EOPNOTSUPP)
		clear(&f->can_read_now);
	/* Errors and the end of the file are for the slow path. */
	if (n <= 0)
		return 0;
	lkl_blk_file_advance(io, n);
	return !io->len;
}

static int do_read(struct blk_file *f, struct lkl_blk_io *io)
{
	while (io->len) {
		ssize_t n = preadv(f->fd, io->iov, iov_count(io), io->offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return LKL_DEV_BLK_STATUS_IOERR;
		if (!n)
			return lkl_blk_file_end(f, io);
		lkl_blk_file_advance(io, n);
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int do_write(struct blk_file *f, struct lkl_blk_io *io)
{
	while (io->len) {
		ssize_t n = pwritev(f->fd, io->iov, iov_count(io), io->offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return LKL_DEV_BLK_STATUS_IOERR;
		lkl_blk_file_advance(io, n);
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int do_flush(struct blk_file *f)
{
	int ret;

	do {
		ret = fdatasync(f->fd);
	} while (ret && errno == EINTR);
	return ret ? LKL_DEV_BLK_STATUS_IOERR : LKL_DEV_BLK_STATUS_OK;
}

static int do_discard(struct blk_file *f, struct lkl_blk_io *io)
{
	int ret = -EOPNOTSUPP;

	if (get(&f->can_punch))
		ret = lkl_blk_os_punch(f, io->offset, io->len);
	if (ret == -EOPNOTSUPP) {
		clear(&f->can_punch);
		return LKL_DEV_BLK_STATUS_UNSUP;
	}
	return ret ? LKL_DEV_BLK_STATUS_IOERR : LKL_DEV_BLK_STATUS_OK;
}

static int write_zero_buffers(struct blk_file *f, struct lkl_blk_io *io)
{
	/* Aligned for files opened with O_DIRECT. */
	static const char zeroes[ZERO_CHUNK] __attribute__((aligned(4096)));
	uint64_t left = io->len;
	struct lkl_blk_io part = { .offset = io->offset };

	while (left) {
		struct iovec iov[ZERO_IOVS];
		int ret;

		part.iov = iov;
		part.n_iov = 0;
		part.len = 0;
		while (part.n_iov < ZERO_IOVS && part.len < left) {
			size_t chunk = ZERO_CHUNK;

			if (chunk > left - part.len)
				chunk = left - part.len;
			iov[part.n_iov].iov_base = (void *)zeroes;
			iov[part.n_iov].iov_len = chunk;
			part.n_iov++;
			part.len += chunk;
		}
		left -= part.len;
		ret = do_write(f, &part);
		if (ret)
			return ret;
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int do_zero(struct blk_file *f, struct lkl_blk_io *io)
{
	int ret = -EOPNOTSUPP;

	/* A hole reads as zeroes; a discarded device need not. */
	if (io->flags & LKL_BLK_F_UNMAP && !f->block_dev && get(&f->can_punch)) {
		ret = lkl_blk_os_punch(f, io->offset, io->len);
		if (ret == -EOPNOTSUPP)
			clear(&f->can_punch);
	} else if (get(&f->can_zero_range)) {
		ret = lkl_blk_os_zero(f, io->offset, io->len);
		if (ret == -EOPNOTSUPP)
			clear(&f->can_zero_range);
	}
	if (ret == -EOPNOTSUPP)
		return write_zero_buffers(f, io);
	return ret ? LKL_DEV_BLK_STATUS_IOERR : LKL_DEV_BLK_STATUS_OK;
}

int lkl_blk_file_do(struct blk_file *f, struct lkl_blk_io *io)
{
	int ret = LKL_DEV_BLK_STATUS_UNSUP;

	switch (io->op) {
	case LKL_BLK_READ:
		return do_read(f, io);
	case LKL_BLK_FLUSH:
		return do_flush(f);
	case LKL_BLK_WRITE:
		ret = do_write(f, io);
		break;
	case LKL_BLK_DISCARD:
		ret = do_discard(f, io);
		break;
	case LKL_BLK_ZERO:
		ret = do_zero(f, io);
		break;
	}
	if (ret == LKL_DEV_BLK_STATUS_OK && io->flags & LKL_BLK_F_FUA)
		ret = do_flush(f);
	return ret;
}

/* What the descriptor lets us do. 0 or a negative errno. */
static int check_fd(struct blk_file *f)
{
	int flags = fcntl(f->fd, F_GETFL);

	if (flags < 0)
		return -errno;
	/* With O_PATH it is there, but not for reading. */
	if ((flags & O_ACCMODE) == O_WRONLY || flags & O_PATH)
		return -EBADF;
	/* Writes would all go to the end of the file. */
	if (flags & O_APPEND)
		return -EINVAL;
	f->base.read_only = (flags & O_ACCMODE) == O_RDONLY;
	/* With O_DIRECT a read waits for the disk whatever one asks for. */
	f->can_read_now = !(flags & O_DIRECT);
	return 0;
}

int lkl_blk_file_open(struct blk_file *f, const struct lkl_disk *disk)
{
	int err;

	f->fd = disk->fd;
	err = check_fd(f);
	if (!err)
		err = lkl_blk_os_probe(f);
	f->base.can_discard = f->can_punch && !f->base.read_only;
	return err;
}

/* The descriptor is the application's. */
void lkl_blk_file_close(struct blk_file *f)
{
}

/* Writers of a file in memory would only spin for its lock. */
int lkl_blk_file_threads(const struct blk_file *f)
{
	return f->in_memory ? 1 : THREADS;
}

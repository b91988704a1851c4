/* SPDX-License-Identifier: GPL-2.0 */
/* Disks in files and block devices, see host/common/blk_engine.h. */
#ifndef LKL_POSIX_BLK_FILE_H
#define LKL_POSIX_BLK_FILE_H

#include <stdint.h>

#include "../common/blk_engine.h"

struct blk_file {
	struct lkl_blk_backend base;
	int fd;
	/* Bytes, when the disk was added. */
	uint64_t size;
	int block_dev;
	/* The file lives in memory: reading and writing never wait. */
	int in_memory;
	/* For engines: how many can be used when the disk is added. */
	int processors;
	/* Set and cleared by any thread, hints only. */
	int can_read_now;
	int can_punch;
	int can_zero_range;
	/* Do what may block, for every engine. */
	struct lkl_workers *workers;
	/* The engine's own. */
	void *engine;
};

extern const struct blk_engine lkl_blk_engine_inline;
extern const struct blk_engine lkl_blk_engine_sync;
/* The best that the system has, if it has one: lkl_blk_engine_uring, for instance. */
#ifdef BLK_OS_ENGINE
extern const struct blk_engine BLK_OS_ENGINE;
#endif

/* blk_file.c */

/* @len bytes of @io are done. */
void lkl_blk_file_advance(struct lkl_blk_io *io, uint64_t len);
/*
 * Reading found the end of the file at io->offset: zeroes, where the file's last
 * sector is not a whole one, an error where the file was cut off. The status.
 */
int lkl_blk_file_end(struct blk_file *f, struct lkl_blk_io *io);
/* blk_os.c of each system: for what there is no POSIX */

/* Fills block_dev, size, block sizes and abilities. 0 or a negative errno. */
int lkl_blk_os_probe(struct blk_file *f);
/*
 * As preadv(), but gives up where it would wait. -EAGAIN, or -EOPNOTSUPP if the
 * file cannot do so.
 */
long lkl_blk_os_read_now(int fd, const struct iovec *iov, int n, uint64_t offset);
/* 0 or a negative errno, -EOPNOTSUPP if the file or device has no such thing. */
int lkl_blk_os_punch(const struct blk_file *f, uint64_t offset, uint64_t len);
int lkl_blk_os_zero(const struct blk_file *f, uint64_t offset, uint64_t len);

#endif

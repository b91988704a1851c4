/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disks in files and block devices: what the engines share. An engine decides
 * where and when a request is done; how is in blk_file.c.
 */
#ifndef LKL_POSIX_BLK_FILE_H
#define LKL_POSIX_BLK_FILE_H

#include <stdint.h>

#include "../common/blk_backend.h"

struct blk_file {
	struct lkl_blk_backend base;
	int fd;
	/* Bytes, when the disk was added. */
	uint64_t size;
	int block_dev;
	/* The file lives in memory: reading and writing never wait. */
	int in_memory;
	/* For engines: a thread would only take turns with the kernel. */
	int one_processor;
	/* Set and cleared by any thread, hints only. */
	int can_read_now;
	int can_punch;
	int can_zero_range;
	/* Do what may block, for every engine. */
	struct lkl_workers *workers;
	/* The engine's own. */
	void *engine;
};

struct blk_engine {
	struct lkl_blk_backend_ops ops;
	/* Whether the engine suits the file when the user does not choose. */
	int (*suits)(const struct blk_file *f);
	/* Fills f->engine. May be NULL. 0 or a negative errno. */
	int (*open)(struct blk_file *f);
};

extern const struct blk_engine lkl_blk_engine_inline;
extern const struct blk_engine lkl_blk_engine_sync;
/* The best that the system has, if it has one: lkl_blk_engine_uring, for instance. */
#ifdef BLK_OS_ENGINE
extern const struct blk_engine BLK_OS_ENGINE;
#endif
extern const struct blk_engine lkl_blk_engine_threads;

static inline struct blk_file *to_file(struct lkl_blk_backend *b)
{
	return (struct blk_file *)b;
}

/* blk_file.c */

/* Does the rest of @io, however long it takes. Returns its status. */
int lkl_blk_file_do(struct blk_file *f, struct lkl_blk_io *io);
/* @len bytes of @io are done. */
void lkl_blk_file_advance(struct lkl_blk_io *io, uint64_t len);
/*
 * Reading found the end of the file at io->offset: zeroes, where the file's last
 * sector is not a whole one, an error where the file was cut off. The status.
 */
int lkl_blk_file_end(struct blk_file *f, struct lkl_blk_io *io);
/*
 * Tries to read without waiting; 1 if @io is complete, 0 if some or all of it is
 * left to do.
 */
int lkl_blk_file_read_now(struct blk_file *f, struct lkl_blk_io *io);

/* blk_threads.c: what every engine does with requests that it cannot do itself. */
void lkl_blk_threads_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io);
void lkl_blk_threads_drain(struct lkl_blk_backend *b);
void lkl_blk_threads_fork_prepare(struct lkl_blk_backend *b);
void lkl_blk_threads_fork_done(struct lkl_blk_backend *b, int child);
void lkl_blk_threads_close(struct lkl_blk_backend *b);

/* blk_linux.c: what only Linux has. Other POSIX hosts have a file like it. */

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

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disks in files and physical drives: what the engines share. An engine decides
 * where and when a request is done; how is in blk_file.c.
 */
#ifndef LKL_MINGW_BLK_FILE_H
#define LKL_MINGW_BLK_FILE_H

#include <stdint.h>
#include <windows.h>

#include "blk_backend.h"

struct blk_file {
	struct lkl_blk_backend base;
	/* The same file opened again, so that its offset and modes are ours. */
	HANDLE handle;
	/* That is the application's own: it could not be opened again. */
	int borrowed;
	/* Operations may complete later. */
	int overlapped;
	/* Bytes, when the disk was added. */
	uint64_t size;
	int drive;
	/* Set and cleared by any thread, hints only. */
	int can_punch;
	int is_sparse;
	/* Do what may block, for every engine. */
	struct lkl_workers *workers;
	/* The engine's own. */
	void *engine;
};

struct blk_engine {
	struct lkl_blk_backend_ops ops;
	int (*suits)(const struct blk_file *f);
	/* Fills f->engine. May be NULL. 0 or a negative errno. */
	int (*open)(struct blk_file *f);
};

extern const struct blk_engine lkl_blk_engine_iocp;
extern const struct blk_engine lkl_blk_engine_threads;

static inline struct blk_file *to_file(struct lkl_blk_backend *b)
{
	return (struct blk_file *)b;
}

/* blk_file.c */

/* Does all of @io, however long it takes. Returns its status. */
int lkl_blk_file_do(struct blk_file *f, struct lkl_blk_io *io);
/*
 * @done bytes of a read of @len at @offset came, less than asked for: zeroes the rest,
 * where the file's last sector is not a whole one. The status: an error where the
 * file was cut off.
 */
int lkl_blk_file_short(const struct blk_file *f, uint64_t offset, char *buf, size_t len,
		       size_t done);
/* The engine is done with @f. */
void lkl_blk_file_free(struct blk_file *f);

/* blk_threads.c: what every engine does with requests that it cannot do itself. */
void lkl_blk_threads_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io);
void lkl_blk_threads_drain(struct lkl_blk_backend *b);
void lkl_blk_threads_fork_prepare(struct lkl_blk_backend *b);
void lkl_blk_threads_fork_done(struct lkl_blk_backend *b, int child);
void lkl_blk_threads_close(struct lkl_blk_backend *b);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disks in files: what is the same on every host. An engine decides where and when a
 * request is done; how is the host's blk_file.c, whose blk_file.h has struct blk_file with
 * these members, and includes this file:
 *
 *	struct lkl_blk_backend base;	the first
 *	uint64_t size;			bytes, when the disk was added
 *	struct lkl_workers *workers;	do what may block, for every engine
 *	void *engine;			the engine's own
 */
#ifndef LKL_COMMON_BLK_ENGINE_H
#define LKL_COMMON_BLK_ENGINE_H

#include "blk_backend.h"

struct blk_file;

struct blk_engine {
	struct lkl_blk_backend_ops ops;
	/* Whether the engine suits the file when the user does not choose. */
	int (*suits)(const struct blk_file *f);
	/* Fills f->engine. May be NULL. 0 or a negative errno. */
	int (*open)(struct blk_file *f);
};

static inline struct blk_file *to_file(struct lkl_blk_backend *b)
{
	return (struct blk_file *)b;
}

/* blk_threads.c: what every engine does with requests that it cannot do itself. */
void lkl_blk_threads_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io);
void lkl_blk_threads_drain(struct lkl_blk_backend *b);
void lkl_blk_threads_fork_prepare(struct lkl_blk_backend *b);
void lkl_blk_threads_fork_done(struct lkl_blk_backend *b, int child);
void lkl_blk_threads_close(struct lkl_blk_backend *b);

extern const struct blk_engine lkl_blk_engine_threads;

/* ---- the host's ------------------------------------------------------------------ */

/* In order of preference; the last, of threads, suits every file. Ends with NULL. */
extern const struct blk_engine *const lkl_blk_engines[];

/*
 * Fills @f, zeroed before: the file, its size, and what lkl_blk_backend says of block sizes
 * and abilities where that differs from blocks of 512 bytes and none. 0 or a negative errno,
 * and nothing to close.
 */
int lkl_blk_file_open(struct blk_file *f, const struct lkl_disk *disk);
/* Undoes that. */
void lkl_blk_file_close(struct blk_file *f);
/* How many threads can be of use. */
int lkl_blk_file_threads(const struct blk_file *f);
/*
 * Tries to read without waiting; 1 if @io is complete, 0 if some or all of it is
 * left to do.
 */
int lkl_blk_file_read_now(struct blk_file *f, struct lkl_blk_io *io);
/* Does the rest of @io, however long it takes. Returns its status. */
int lkl_blk_file_do(struct blk_file *f, struct lkl_blk_io *io);

#endif

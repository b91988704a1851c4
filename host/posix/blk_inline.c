// SPDX-License-Identifier: GPL-2.0
/*
 * The engine for files that live in memory (tmpfs, memfd): a copy never waits, so
 * requests are done where they are submitted. Large ones are left to a thread if
 * there is a processor for it: the kernel prepares the next, or works on the last,
 * in the time of the copy. With two processors that is not so for urgent ones: the
 * other one is the application's.
 */
#include <unistd.h>

#include "blk_file.h"

/* Copying this much takes longer than waking a thread up. */
#define COPY_NOW_MAX	(128 * 1024)
/* Freeing or filling more than this is left to a thread anyway. */
#define RANGE_NOW_MAX	(1024 * 1024)

static int is_short(const struct blk_file *f, const struct lkl_blk_io *io)
{
	switch (io->op) {
	case LKL_BLK_READ:
	case LKL_BLK_WRITE:
		return f->processors <= (io->flags & LKL_BLK_F_URGENT ? 2 : 1) ||
		       io->len <= COPY_NOW_MAX;
	case LKL_BLK_FLUSH:
		return 1;
	default:
		return io->len <= RANGE_NOW_MAX;
	}
}

static void inline_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	struct blk_file *f = to_file(b);

	if (is_short(f, io))
		lkl_blk_complete(io, lkl_blk_file_do(f, io));
	else
		lkl_blk_threads_submit(b, io);
}

static int inline_open(struct blk_file *f)
{
	f->processors = sysconf(_SC_NPROCESSORS_ONLN);
	return 0;
}

static int inline_suits(const struct blk_file *f)
{
	return f->in_memory;
}

const struct blk_engine lkl_blk_engine_inline = {
	.ops = {
		.name = "inline",
		.submit = inline_submit,
		.drain = lkl_blk_threads_drain,
		.drain_with_token = 1,
		.fork_prepare = lkl_blk_threads_fork_prepare,
		.fork_done = lkl_blk_threads_fork_done,
		.close = lkl_blk_threads_close,
	},
	.suits = inline_suits,
	.open = inline_open,
};

/* ---- the same without threads ------------------------------------------------- */

/* For those who want every run to take the same course, and can wait. */
static void sync_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	lkl_blk_complete(io, lkl_blk_file_do(to_file(b), io));
}

/* Only if it is asked for. */
static int sync_suits(const struct blk_file *f)
{
	return 0;
}

const struct blk_engine lkl_blk_engine_sync = {
	.ops = {
		.name = "sync",
		.submit = sync_submit,
		.drain = lkl_blk_threads_drain,
		.drain_with_token = 1,
		.fork_prepare = lkl_blk_threads_fork_prepare,
		.fork_done = lkl_blk_threads_fork_done,
		.close = lkl_blk_threads_close,
	},
	.suits = sync_suits,
};

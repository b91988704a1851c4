// SPDX-License-Identifier: GPL-2.0
/*
 * The engine for files that live in memory (tmpfs, memfd): a copy never waits,
 * so requests are done where they are submitted, without any other thread.
 */
#include "blk_file.h"

/* Freeing or filling more than this is left to a thread. */
#define RANGE_NOW_MAX	(1024 * 1024)

static int is_short(const struct lkl_blk_io *io)
{
	return io->op == LKL_BLK_READ || io->op == LKL_BLK_WRITE ||
	       io->op == LKL_BLK_FLUSH || io->len <= RANGE_NOW_MAX;
}

static void inline_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	struct blk_file *f = to_file(b);

	if (is_short(io))
		lkl_blk_complete(io, lkl_blk_file_do(f, io));
	else
		lkl_blk_threads_submit(b, io);
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
};

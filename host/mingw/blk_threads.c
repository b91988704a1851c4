// SPDX-License-Identifier: GPL-2.0
/*
 * The engine that works with every handle: a few threads for each disk, which do
 * one request at a time.
 */
#include <stddef.h>

#include "blk_file.h"

static void run(struct lkl_job *job)
{
	struct lkl_blk_io *io = (struct lkl_blk_io *)
		((char *)job - offsetof(struct lkl_blk_io, job));
	struct blk_file *f = to_file(io->backend);

	lkl_blk_complete(io, lkl_blk_file_do(f, io));
	lkl_blk_signal(&f->base);
}

void lkl_blk_threads_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	io->job.run = run;
	if (lkl_workers_queue(to_file(b)->workers, &io->job)) {
		lkl_blk_complete(io, LKL_DEV_BLK_STATUS_IOERR);
		lkl_blk_signal(b);
	}
}

void lkl_blk_threads_drain(struct lkl_blk_backend *b)
{
	lkl_workers_drain(to_file(b)->workers);
}

void lkl_blk_threads_fork_prepare(struct lkl_blk_backend *b)
{
	lkl_workers_fork_prepare(to_file(b)->workers);
}

void lkl_blk_threads_fork_done(struct lkl_blk_backend *b, int child)
{
	lkl_workers_fork_done(to_file(b)->workers, child);
}

void lkl_blk_threads_close(struct lkl_blk_backend *b)
{
	lkl_blk_file_free(to_file(b));
}

static int threads_suit(const struct blk_file *f)
{
	return 1;
}

const struct blk_engine lkl_blk_engine_threads = {
	.ops = {
		.name = "threads",
		.submit = lkl_blk_threads_submit,
		.drain = lkl_blk_threads_drain,
		.drain_with_token = 1,
		.fork_prepare = lkl_blk_threads_fork_prepare,
		.fork_done = lkl_blk_threads_fork_done,
		.close = lkl_blk_threads_close,
	},
	.suits = threads_suit,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * The engine that works everywhere: a few threads for each disk, which do one
 * request at a time in the plain way.
 */
#include <stddef.h>
#include <stdlib.h>

#include "blk_file.h"

/* Copying this much takes about as long as waking a thread up. */
#define READ_NOW_MAX	(128 * 1024)

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
	struct blk_file *f = to_file(b);

	lkl_workers_free(f->workers);
	lkl_blk_file_close(f);
	free(f);
}

static void threads_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	if (io->op == LKL_BLK_READ && io->len <= READ_NOW_MAX &&
	    lkl_blk_file_read_now(to_file(b), io))
		lkl_blk_complete(io, LKL_DEV_BLK_STATUS_OK);
	else
		lkl_blk_threads_submit(b, io);
}

static int threads_suit(const struct blk_file *f)
{
	return 1;
}

const struct blk_engine lkl_blk_engine_threads = {
	.ops = {
		.name = "threads",
		.submit = threads_submit,
		.drain = lkl_blk_threads_drain,
		.drain_with_token = 1,
		.fork_prepare = lkl_blk_threads_fork_prepare,
		.fork_done = lkl_blk_threads_fork_done,
		.close = lkl_blk_threads_close,
	},
	.suits = threads_suit,
};

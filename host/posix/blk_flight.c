// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "blk_flight.h"
#include "posix.h"

void lkl_blk_flight_init(struct blk_flight *f)
{
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->idle, NULL);
}

void lkl_blk_flight_destroy(struct blk_flight *f)
{
	pthread_cond_destroy(&f->idle);
	pthread_mutex_destroy(&f->lock);
}

/* Not the C library's way: in a child of fork() that takes stacks which are in use. */
void lkl_blk_flight_start(struct blk_flight *f, void (LKL_ABI *run)(void *), void *arg)
{
	f->thread = lkl_posix_thread_create(run, arg);
	f->state = f->thread ? BLK_STARTED : BLK_UNUSABLE;
}

void lkl_blk_flight_join(struct blk_flight *f)
{
	lkl_posix_thread_join(f->thread);
}

void lkl_blk_flight_left(struct blk_flight *f, unsigned int n)
{
	f->count -= n;
	if (!f->count)
		pthread_cond_broadcast(&f->idle);
}

static void wait_locked(struct blk_flight *f)
{
	while (f->count)
		pthread_cond_wait(&f->idle, &f->lock);
}

/* The engine first: it may pass requests on to the workers, they never pass back. */
void lkl_blk_flight_drain(struct blk_flight *f, struct lkl_blk_backend *b)
{
	pthread_mutex_lock(&f->lock);
	wait_locked(f);
	pthread_mutex_unlock(&f->lock);
	lkl_blk_threads_drain(b);
}

void lkl_blk_flight_fork_prepare(struct blk_flight *f, struct lkl_blk_backend *b)
{
	pthread_mutex_lock(&f->lock);
	wait_locked(f);
	lkl_blk_threads_fork_prepare(b);
}

void lkl_blk_flight_forked(struct blk_flight *f)
{
	f->state = BLK_NOT_STARTED;
	pthread_cond_init(&f->idle, NULL);
}

int lkl_blk_flight_judge(struct blk_file *file, struct lkl_blk_io *io, long res, int *status)
{
	int rw = io->op == LKL_BLK_READ || io->op == LKL_BLK_WRITE;

	*status = LKL_DEV_BLK_STATUS_IOERR;
	/* Refused by the way rather than by the file: try the plain one. */
	if (res == -EINTR || res == -EAGAIN || res == -ECANCELED || res == -EOPNOTSUPP ||
	    res == -EINVAL)
		return -1;
	if (res < 0)
		return 1;
	if (rw && !res) {
		if (io->op == LKL_BLK_READ)
			*status = lkl_blk_file_end(file, io);
		return 1;
	}
	if (rw) {
		lkl_blk_file_advance(io, res);
		if (io->len)
			return 0;
	}
	*status = LKL_DEV_BLK_STATUS_OK;
	return 1;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>

#include "blk_flight.h"

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

/* The application's signals are none of the thread's business. */
void lkl_blk_flight_start(struct blk_flight *f, void *(*run)(void *), void *arg)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&f->thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	f->state = err ? BLK_UNUSABLE : BLK_STARTED;
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

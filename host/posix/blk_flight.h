/* SPDX-License-Identifier: GPL-2.0 */
/* Engines with a thread for each disk: the thread, and what is under way. */
#ifndef LKL_POSIX_BLK_FLIGHT_H
#define LKL_POSIX_BLK_FLIGHT_H

#include <pthread.h>

#include "blk_file.h"

struct blk_flight {
	/* For the engine, too. */
	pthread_mutex_t lock;
	/* All under @lock. */
	pthread_cond_t idle;
	enum {
		BLK_NOT_STARTED,
		BLK_STARTED,
		/* No thread, or the system has not what it needs; requests go to the workers. */
		BLK_UNUSABLE,
	} state;
	/* Submitted to the engine and not completed. */
	unsigned int count;

	lkl_thread_t thread;
};

void lkl_blk_flight_init(struct blk_flight *f);
void lkl_blk_flight_destroy(struct blk_flight *f);

/* With the lock held: starts the thread, which says the state. */
void lkl_blk_flight_start(struct blk_flight *f, void (LKL_ABI *run)(void *), void *arg);
/* Without the lock: waits for the end of the thread. */
void lkl_blk_flight_join(struct blk_flight *f);
/* With the lock held: @n requests have left the engine. */
void lkl_blk_flight_left(struct blk_flight *f, unsigned int n);

/* drain() and fork_prepare() of engines. The latter keeps the lock. */
void lkl_blk_flight_drain(struct blk_flight *f, struct lkl_blk_backend *b);
void lkl_blk_flight_fork_prepare(struct blk_flight *f, struct lkl_blk_backend *b);
/* With that lock held: a child has no thread, and starts its own when it needs one. */
void lkl_blk_flight_forked(struct blk_flight *f);

/*
 * What to do with the result of @io, bytes or a negative errno. Returns 1 if it is complete
 * with *@status, 0 if the rest of it goes the same way again, -1 if it is for the workers.
 */
int lkl_blk_flight_judge(struct blk_file *file, struct lkl_blk_io *io, long res, int *status);

#endif

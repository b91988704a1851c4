/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads that wait in the kernel look after network devices themselves: a frame then
 * wakes the thread that needs it, instead of the device's thread that would wake it.
 *
 * A device's thread stands by while that works: while frames come when a thread waits,
 * and not when all are busy. Then it looks once in a while whether somebody still waits
 * from time to time, and takes over if not.
 */
#ifndef LKL_POSIX_NET_IDLE_H
#define LKL_POSIX_NET_IDLE_H

#include <semaphore.h>
#include <stdint.h>

#include <lkl_ops.h>

#include "../common/net_backend.h"

/* How a device is waited for: by one of the two. */
struct net_idle_ops {
	/* What poll() takes for @queue, or -1. */
	int (*fd)(struct lkl_net_backend *b, int queue);
	/*
	 * The other end, another process maybe, is to change a word when what @w asks for is
	 * there. Returns it, and what it is, in *@seen; NULL if there is something already.
	 */
	uint32_t *(*word)(struct lkl_net_backend *b, const struct lkl_net_wait *w, uint32_t *seen);
};

/* A device. */
struct net_idle {
	struct lkl_net_backend *backend;
	const struct net_idle_ops *ops;
	/* eventfd: wakes its thread while that stands by. */
	int wake_fd;
	/* How long that sleeps at most while others wait, in ms; -1: for ever. */
	int look_ms;

	/* Of net_idle.c. Atomic: */
	int stands_by;
	int deep;
	/* The device's thread's: */
	int streak;
	int needed;
	int looks;
	unsigned int ended;
	/* Its place in the list, from 1 on; 0: it has none. */
	int slot;
};

/* The device was added, and is about to be removed. free. */
void lkl_net_idle_add(struct net_idle *d);
void lkl_net_idle_remove(struct net_idle *d);

/* In the device's thread: 1 if it is to stand by; then it slept for its turn. */
int lkl_net_idle_stand_by(struct net_idle *d);
/* In the device's thread: frames came while it waited for them. */
void lkl_net_idle_frames(struct net_idle *d);
/* What the queues want has changed. Returns whether the device's thread need not know. */
int lkl_net_idle_wake(struct net_idle *d);

/*
 * Around the waiting of a thread that waits on behalf of the kernel: 1 if it is to look after
 * devices meanwhile, by lkl_net_idle_wait(), which waits for @sem until @deadline and
 * returns whether it was taken.
 */
int lkl_net_idle_begin(void);
int lkl_net_idle_wait(sem_t *sem, unsigned long long deadline);
void lkl_net_idle_end(int guest);
/* For struct lkl_host_operations. */
void LKL_ABI lkl_net_idle_poll(void);
/* @sem was posted: wakes the thread that may be in lkl_net_idle_wait() for it. */
void lkl_net_idle_posted(const sem_t *sem);

#endif

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

#include <lkl_ops.h>

struct net_fd;

/* The device was added, and is about to be removed. free. */
void lkl_net_idle_add(struct net_fd *f);
void lkl_net_idle_remove(struct net_fd *f);

/* In the device's thread: 1 if it is to stand by; then it slept for its turn. */
int lkl_net_idle_stand_by(struct net_fd *f);
/* In the device's thread: frames came while it waited for them. */
void lkl_net_idle_frames(struct net_fd *f);
/* What the queues want has changed. Returns whether the device's thread need not know. */
int lkl_net_idle_wake(struct net_fd *f);

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

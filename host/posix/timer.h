/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_POSIX_TIMER_H
#define LKL_POSIX_TIMER_H

#include <stdint.h>
#include <time.h>

#include "posix.h"

struct lkl_timer {
	struct lkl_timer *next;
	/* Never used twice, so one that is gone is known to be. */
	uintptr_t id;
	void (LKL_ABI *fn)(void *);
	void *arg;
	/* The system's, if it has such. */
	timer_t system;
	/* Whether it is there; not so in a child of fork() until it is set. Atomic. */
	int made;
};

/* timer_os.c of each system. 0, or -1 with errno. */

/* Before it is set for the first time; not called by two threads at once. */
int lkl_posix_timer_make(struct lkl_timer *timer);
/* lkl_posix_timer_expired() is to be called in @delta_ns, and at no time said before. */
int lkl_posix_timer_set(struct lkl_timer *timer, unsigned long long delta_ns);
/* It need not be called any more. It may be, once. */
void lkl_posix_timer_unmake(struct lkl_timer *timer);

/* timer.c */
void lkl_posix_timer_expired(uintptr_t id);

#endif

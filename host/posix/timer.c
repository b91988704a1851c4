// SPDX-License-Identifier: GPL-2.0
/* Timers of the application and of device models. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "posix.h"

struct lkl_timer {
	timer_t timer;
	void (LKL_ABI *fn)(void *);
	void *arg;
};

static void expired(union sigval val)
{
	struct lkl_timer *timer = val.sival_ptr;

	timer->fn(timer->arg);
}

struct lkl_timer *LKL_ABI lkl_posix_timer_alloc(void (LKL_ABI *fn)(void *), void *arg)
{
	struct lkl_timer *timer = malloc(sizeof(*timer));
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD,
		.sigev_notify_function = expired,
		.sigev_value.sival_ptr = timer,
	};

	if (!timer)
		return NULL;
	timer->fn = fn;
	timer->arg = arg;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer->timer)) {
		free(timer);
		return NULL;
	}
	return timer;
}

int LKL_ABI lkl_posix_timer_set_oneshot(struct lkl_timer *timer,
					unsigned long long delta_ns)
{
	const struct itimerspec when = {
		.it_value = {
			.tv_sec = delta_ns / 1000000000,
			/* All zero would disarm it. */
			.tv_nsec = delta_ns ? delta_ns % 1000000000 : 1,
		},
	};

	return timer_settime(timer->timer, 0, &when, NULL) ? -1 : 0;
}

void LKL_ABI lkl_posix_timer_free(struct lkl_timer *timer)
{
	if (timer)
		timer_delete(timer->timer);
	free(timer);
}

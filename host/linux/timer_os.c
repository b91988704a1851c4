// SPDX-License-Identifier: GPL-2.0
/* Timers by timer_create(), which calls them in threads of their own. */
#include <signal.h>

#include "timer.h"

static void expired(union sigval val)
{
	lkl_posix_timer_expired((uintptr_t)val.sival_ptr);
}

int lkl_posix_timer_make(struct lkl_timer *timer)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD,
		.sigev_notify_function = expired,
		.sigev_value.sival_ptr = (void *)timer->id,
	};

	return timer_create(CLOCK_MONOTONIC, &event, &timer->system);
}

int lkl_posix_timer_set(struct lkl_timer *timer, unsigned long long delta_ns)
{
	const struct itimerspec when = {
		.it_value = {
			.tv_sec = delta_ns / 1000000000,
			/* All zero would disarm it. */
			.tv_nsec = delta_ns ? delta_ns % 1000000000 : 1,
		},
	};

	return timer_settime(timer->system, 0, &when, NULL);
}

void lkl_posix_timer_unmake(struct lkl_timer *timer)
{
	timer_delete(timer->system);
}

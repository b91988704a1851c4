// SPDX-License-Identifier: GPL-2.0
/* Timers of the application and of device models. */
#include <stdlib.h>
#include <windows.h>

#include "mingw.h"

struct lkl_timer {
	PTP_TIMER timer;
	void (LKL_ABI *fn)(void *);
	void *arg;
};

static void CALLBACK expired(PTP_CALLBACK_INSTANCE instance, void *arg, PTP_TIMER unused)
{
	struct lkl_timer *timer = arg;

	timer->fn(timer->arg);
}

struct lkl_timer *LKL_ABI lkl_mingw_timer_alloc(void (LKL_ABI *fn)(void *), void *arg)
{
	struct lkl_timer *timer = malloc(sizeof(*timer));

	if (!timer)
		return NULL;
	timer->fn = fn;
	timer->arg = arg;
	timer->timer = CreateThreadpoolTimer(expired, timer, NULL);
	if (!timer->timer) {
		free(timer);
		return NULL;
	}
	return timer;
}

int LKL_ABI lkl_mingw_timer_set_oneshot(struct lkl_timer *timer,
					unsigned long long delta_ns)
{
	/* Negative: from now on. */
	LARGE_INTEGER due = { .QuadPart = -(long long)((delta_ns + 99) / 100) };
	FILETIME when = { due.LowPart, due.HighPart };

	SetThreadpoolTimer(timer->timer, &when, 0, 0);
	return 0;
}

void LKL_ABI lkl_mingw_timer_free(struct lkl_timer *timer)
{
	if (!timer)
		return;
	SetThreadpoolTimer(timer->timer, NULL, 0, 0);
	WaitForThreadpoolTimerCallbacks(timer->timer, TRUE);
	CloseThreadpoolTimer(timer->timer);
	free(timer);
}

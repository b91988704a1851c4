// SPDX-License-Identifier: GPL-2.0
/* Clocks and timers. */
#include <stdlib.h>
#include <windows.h>

#include "mingw.h"

#define NS_PER_S	1000000000ULL
/* From 1601, where Windows begins, to 1970, in units of 100 ns. */
#define EPOCH		116444736000000000ULL

struct lkl_timer {
	PTP_TIMER timer;
	void (LKL_ABI *fn)(void *);
	void *arg;
};

unsigned long long LKL_ABI lkl_mingw_time(void)
{
	/* The same for as long as the machine runs; whoever comes first asks. */
	static unsigned long long frequency;
	LARGE_INTEGER now;

	if (!frequency) {
		QueryPerformanceFrequency(&now);
		frequency = now.QuadPart;
	}
	QueryPerformanceCounter(&now);
	if (frequency == 10000000)
		return now.QuadPart * 100;
	return now.QuadPart / frequency * NS_PER_S +
	       now.QuadPart % frequency * NS_PER_S / frequency;
}

unsigned long long LKL_ABI lkl_mingw_wall_time(void)
{
	FILETIME t;

	GetSystemTimePreciseAsFileTime(&t);
	return (((unsigned long long)t.dwHighDateTime << 32 | t.dwLowDateTime) - EPOCH) * 100;
}

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

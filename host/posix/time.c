// SPDX-License-Identifier: GPL-2.0
/* Clocks. */
#include <time.h>

#include "posix.h"

static unsigned long long read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

unsigned long long LKL_ABI lkl_posix_time(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

unsigned long long LKL_ABI lkl_posix_wall_time(void)
{
	return read_clock(CLOCK_REALTIME);
}

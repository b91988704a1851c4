// SPDX-License-Identifier: GPL-2.0
/* A mistake that valgrind is to find beside a running kernel: memory is read after free(). */
#include <stdlib.h>

#include <lkl.h>
#include <lkl_host.h>

int main(void)
{
	struct lkl_timespec *volatile now = malloc(sizeof(*now));
	int odd;

	if (!now || lkl_start_kernel("mem=64M loglevel=1") ||
	    lkl_sys_clock_gettime(LKL_CLOCK_MONOTONIC, now))
		return 2;
	free(now);
	odd = *(volatile long long *)&now->tv_nsec % 2;
	return lkl_sys_halt() ? 2 : odd;
}

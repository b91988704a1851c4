// SPDX-License-Identifier: GPL-2.0
/*
 * stuck SECONDS: a kernel that does nothing else any more than to look at the clock, as one does
 * with some broken images, and a watchdog that allows it SECONDS. Ends with status 3 if nobody
 * ends it.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include <lkl.h>
#include <lkl_host.h>

#include "kernel.h"
#include "message.h"
#include "watchdog.h"

static unsigned long long (LKL_ABI *host_time)(void);
static atomic_bool stuck;

static unsigned long long LKL_ABI time_when_free(void)
{
	while (stuck)
		;
	return host_time();
}

int main(int argc, char **argv)
{
	struct lkl_timespec now;

	message_init(argv[0]);
	if (argc != 2)
		die("usage: %s SECONDS", argv[0]);
	host_time = lkl_host_ops.time;
	lkl_host_ops.time = time_when_free;
	if (kernel_start(0, 0))
		return 2;
	watchdog_stop();
	watchdog_start(atoi(argv[1]));
	stuck = true;
	lkl_sys_clock_gettime(LKL_CLOCK_MONOTONIC, &now);
	return 3;
}

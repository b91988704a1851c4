// SPDX-License-Identifier: GPL-2.0
/* There is no fork(). */
#include "host.h"

void lkl_host_fork_start(void)
{
}

long lkl_host_process(void)
{
	return 0;
}

int lkl_host_memory_fork_prepare(void)
{
	return 0;
}

int lkl_host_memory_fork_done(int child)
{
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* fork() takes the kernel along. */
#include <pthread.h>

#include "host.h"
#include "kernel.h"
#include "posix.h"

static void in_parent(void)
{
	lkl_kernel_fork_done(0);
}

static void in_child(void)
{
	lkl_posix_thread_forked();
	lkl_kernel_fork_done(1);
}

static void start(void)
{
	pthread_atfork(lkl_kernel_fork_prepare, in_parent, in_child);
}

void lkl_host_fork_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	/* There is no way to take a handler back. */
	pthread_once(&once, start);
}

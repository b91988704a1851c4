// SPDX-License-Identifier: GPL-2.0
/* Threads: what each system has its own calls for. */
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"
#include "posix.h"

void *LKL_ABI lkl_posix_thread_stack(unsigned long long *size)
{
	pthread_attr_t attr;
	void *addr = NULL;
	size_t n = 0;

	if (!pthread_getattr_np(pthread_self(), &attr)) {
		pthread_attr_getstack(&attr, &addr, &n);
		pthread_attr_destroy(&attr);
	}
	*size = n;
	return addr;
}

long long LKL_ABI lkl_posix_gettid(void)
{
	return syscall(SYS_gettid);
}

void lkl_host_fence_all(void)
{
	const long cmd = MEMBARRIER_CMD_PRIVATE_EXPEDITED;

	if (!syscall(SYS_membarrier, cmd, 0, 0))
		return;
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	/* Without it, some scheduling ticks do as well. */
	if (syscall(SYS_membarrier, cmd, 0, 0))
		usleep(20000);
}

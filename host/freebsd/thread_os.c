// SPDX-License-Identifier: GPL-2.0
/* Threads: what each system has its own calls for. */
#include <pthread.h>
#include <pthread_np.h>
#include <sys/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"
#include "posix.h"

void *LKL_ABI lkl_posix_thread_stack(unsigned long long *size)
{
	pthread_attr_t attr;
	void *addr = NULL;
	size_t n = 0;

	if (!pthread_attr_init(&attr)) {
		if (!pthread_attr_get_np(pthread_self(), &attr))
			pthread_attr_getstack(&attr, &addr, &n);
		pthread_attr_destroy(&attr);
	}
	*size = n;
	return addr;
}

long long LKL_ABI lkl_posix_gettid(void)
{
	return pthread_getthreadid_np();
}

/*
 * Taking away the right to write to a page in use makes the system interrupt every
 * processor that runs a thread of this process, to flush its translation buffers.
 */
static void interrupt_all(void)
{
	static _Alignas(4096) char page[4096];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	mprotect(page, sizeof(page), PROT_READ | PROT_WRITE);
	__atomic_store_n(page, 1, __ATOMIC_SEQ_CST);
	mprotect(page, sizeof(page), PROT_READ);
	pthread_mutex_unlock(&lock);
}

/* Systems before 14.1 have no membarrier(). */
void lkl_host_fence_all(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) &&
	    (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) ||
	     syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0)))
		interrupt_all();
}

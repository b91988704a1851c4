// SPDX-License-Identifier: GPL-2.0
/* Threads. A thread's number is its name; those of ours are on a list by it. */
#include <process.h>
#include <stdlib.h>
#include <windows.h>

#include "host.h"
#include "mingw.h"

struct thread {
	struct thread *next;
	HANDLE handle;
	DWORD id;
	void (LKL_ABI *f)(void *);
	void *arg;
};

static SRWLOCK lock = SRWLOCK_INIT;
/* Threads that nobody has joined or detached yet. Under @lock. */
static struct thread *threads;

static unsigned int __stdcall run(void *data)
{
	struct thread *t = data;
	void (LKL_ABI *f)(void *);
	void *arg;

	/* It is on the list by then; whoever joins us frees it after our end. */
	AcquireSRWLockShared(&lock);
	f = t->f;
	arg = t->arg;
	ReleaseSRWLockShared(&lock);
	f(arg);
	return 0;
}

lkl_thread_t LKL_ABI lkl_mingw_thread_create(void (LKL_ABI *f)(void *), void *arg)
{
	struct thread *t = calloc(1, sizeof(*t));
	lkl_thread_t id = 0;
	unsigned int number;

	if (!t)
		return 0;
	t->f = f;
	t->arg = arg;
	AcquireSRWLockExclusive(&lock);
	t->handle = (HANDLE)_beginthreadex(NULL, 0, run, t, 0, &number);
	if (t->handle) {
		id = number;
		t->id = number;
		t->next = threads;
		threads = t;
	}
	ReleaseSRWLockExclusive(&lock);
	if (!id)
		free(t);
	return id;
}

/* Off the list: it is the caller's now. NULL if there is no such thread. */
static struct thread *take(lkl_thread_t id)
{
	struct thread **p, *t;

	AcquireSRWLockExclusive(&lock);
	for (p = &threads; *p && (*p)->id != id; p = &(*p)->next)
		;
	t = *p;
	if (t)
		*p = t->next;
	ReleaseSRWLockExclusive(&lock);
	return t;
}

void LKL_ABI lkl_mingw_thread_detach(void)
{
	struct thread *t = take(GetCurrentThreadId());

	if (t)
		CloseHandle(t->handle);
	free(t);
}

void LKL_ABI lkl_mingw_thread_exit(void)
{
	_endthreadex(0);
}

int LKL_ABI lkl_mingw_thread_join(lkl_thread_t tid)
{
	struct thread *t = take(tid);

	if (!t)
		return -1;
	WaitForSingleObject(t->handle, INFINITE);
	CloseHandle(t->handle);
	free(t);
	return 0;
}

lkl_thread_t LKL_ABI lkl_mingw_thread_self(void)
{
	return GetCurrentThreadId();
}

int LKL_ABI lkl_mingw_thread_equal(lkl_thread_t a, lkl_thread_t b)
{
	return a == b;
}

void *LKL_ABI lkl_mingw_thread_stack(unsigned long long *size)
{
	ULONG_PTR low, high;

	GetCurrentThreadStackLimits(&low, &high);
	*size = high - low;
	return (void *)low;
}

long long LKL_ABI lkl_mingw_gettid(void)
{
	return GetCurrentThreadId();
}

/*
 * Taking away the right to write to a page in use makes the system interrupt every
 * processor that runs a thread of this process, to flush its translation buffers.
 */
static void interrupt_all(void)
{
	static _Alignas(4096) char page[4096];
	static SRWLOCK lock = SRWLOCK_INIT;
	DWORD old;

	AcquireSRWLockExclusive(&lock);
	VirtualProtect(page, sizeof(page), PAGE_READWRITE, &old);
	__atomic_store_n(page, 1, __ATOMIC_SEQ_CST);
	VirtualProtect(page, sizeof(page), PAGE_READONLY, &old);
	ReleaseSRWLockExclusive(&lock);
}

/* Under Wine the first alone was seen not to do it. */
void lkl_host_fence_all(void)
{
	FlushProcessWriteBuffers();
	interrupt_all();
}

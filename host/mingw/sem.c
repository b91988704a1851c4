// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphores and mutexes.
 *
 * A wait on an address costs nothing until somebody has to sleep, and is told by
 * its waker alone. But it ends at a tick of the system's clock, up to 16 ms late.
 * So a wait with a deadline goes its last stretch on an event and a timer of high
 * resolution; where waits are exact anyway (Wine), that is not needed.
 */
#include <stdlib.h>
#include <windows.h>

#include "mingw.h"

#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 2
#endif

/* A tick of the clock, with some reserve. */
#define TICK_NS		17000000ULL
/* What the calls below count in. */
#define UNIT_NS		100
/* Waits are split: nothing overflows, and a clock that was set is noticed. */
#define WAIT_MAX_NS	1000000000000ULL

struct lkl_sem {
	volatile LONG count;
	/* Threads that wait for @count to change, and for @event. */
	volatile LONG sleepers;
	volatile LONG timed;
	HANDLE event;
};

struct lkl_mutex {
	int recursive;
	union {
		SRWLOCK lock;
		CRITICAL_SECTION section;
	};
};

static NTSTATUS (NTAPI *wait_on_address)(volatile void *addr, const void *old, SIZE_T size,
					 const LARGE_INTEGER *timeout);
static int exact_waits;
/* Timers of high resolution, of the threads that needed one. */
static DWORD timer_slot;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

static void CALLBACK close_timer(void *timer)
{
	if (timer)
		CloseHandle(timer);
}

static BOOL CALLBACK find_functions(INIT_ONCE *unused, void *arg, void **context)
{
	HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

	wait_on_address = (void *)GetProcAddress(ntdll, "RtlWaitOnAddress");
	exact_waits = !!GetProcAddress(ntdll, "wine_get_version");
	timer_slot = FlsAlloc(close_timer);
	return TRUE;
}

struct lkl_sem *LKL_ABI lkl_mingw_sem_alloc(int count)
{
	struct lkl_sem *sem = calloc(1, sizeof(*sem));

	InitOnceExecuteOnce(&once, find_functions, NULL, NULL);
	if (!sem)
		return NULL;
	sem->count = count;
	if (exact_waits)
		return sem;
	sem->event = CreateEventW(NULL, FALSE, FALSE, NULL);
	if (!sem->event) {
		free(sem);
		sem = NULL;
	}
	return sem;
}

void LKL_ABI lkl_mingw_sem_free(struct lkl_sem *sem)
{
	if (sem && sem->event)
		CloseHandle(sem->event);
	free(sem);
}

void LKL_ABI lkl_mingw_sem_up(struct lkl_sem *sem)
{
	InterlockedIncrement(&sem->count);
	if (sem->timed)
		SetEvent(sem->event);
	if (sem->sleepers)
		WakeByAddressSingle((void *)&sem->count);
}

static int try_down(struct lkl_sem *sem)
{
	LONG count = sem->count;

	while (count > 0) {
		LONG seen = InterlockedCompareExchange(&sem->count, count - 1, count);

		if (seen == count)
			return 1;
		count = seen;
	}
	return 0;
}

/* Waits until @count is no longer 0, at most @ns, perhaps for less. */
static void sleep_on_address(struct lkl_sem *sem, unsigned long long ns)
{
	LARGE_INTEGER timeout = { .QuadPart = -(long long)(ns / UNIT_NS + 1) };
	const LONG none = 0;

	InterlockedIncrement(&sem->sleepers);
	if (wait_on_address)
		wait_on_address(&sem->count, &none, sizeof(none), &timeout);
	else
		WaitOnAddress(&sem->count, (void *)&none, sizeof(none), ns / 1000000 + 1);
	InterlockedDecrement(&sem->sleepers);
}

static HANDLE own_timer(void)
{
	HANDLE timer = FlsGetValue(timer_slot);

	if (timer)
		return timer;
	timer = CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION,
				       TIMER_ALL_ACCESS);
	/* Before Windows 10 1803 there are plain ones, as late as the ticks. */
	if (!timer)
		timer = CreateWaitableTimerExW(NULL, NULL, 0, TIMER_ALL_ACCESS);
	FlsSetValue(timer_slot, timer);
	return timer;
}

/* The same on the event, and to the point. */
static void sleep_on_event(struct lkl_sem *sem, unsigned long long ns)
{
	LARGE_INTEGER due = { .QuadPart = -(long long)(ns / UNIT_NS + 1) };
	HANDLE handles[2] = { sem->event, own_timer() };
	DWORD n = 1;

	if (handles[1] && SetWaitableTimer(handles[1], &due, 0, NULL, NULL, FALSE))
		n = 2;
	InterlockedIncrement(&sem->timed);
	if (sem->count <= 0)
		WaitForMultipleObjects(n, handles, FALSE, n == 2 ? INFINITE : ns / 1000000 + 1);
	InterlockedDecrement(&sem->timed);
}

/* Taken. Events do not count: another one may have been meant for the next. */
static int taken(struct lkl_sem *sem)
{
	if (sem->timed && sem->count > 0)
		SetEvent(sem->event);
	return 1;
}

void LKL_ABI lkl_mingw_sem_down(struct lkl_sem *sem)
{
	while (!try_down(sem))
		sleep_on_address(sem, WAIT_MAX_NS);
	taken(sem);
}

int LKL_ABI lkl_mingw_sem_down_until(struct lkl_sem *sem,
				     unsigned long long deadline)
{
	while (!try_down(sem)) {
		unsigned long long now = lkl_mingw_time(), left;

		if (now >= deadline)
			return 0;
		left = deadline - now;
		if (left > WAIT_MAX_NS)
			left = WAIT_MAX_NS;
		if (exact_waits)
			sleep_on_address(sem, left);
		else if (left > TICK_NS)
			sleep_on_address(sem, left - TICK_NS);
		else
			sleep_on_event(sem, left);
	}
	return taken(sem);
}

struct lkl_mutex *LKL_ABI lkl_mingw_mutex_alloc(int recursive)
{
	struct lkl_mutex *mutex = calloc(1, sizeof(*mutex));

	if (!mutex)
		return NULL;
	mutex->recursive = recursive;
	if (recursive)
		InitializeCriticalSection(&mutex->section);
	else
		InitializeSRWLock(&mutex->lock);
	return mutex;
}

void LKL_ABI lkl_mingw_mutex_free(struct lkl_mutex *mutex)
{
	if (mutex && mutex->recursive)
		DeleteCriticalSection(&mutex->section);
	free(mutex);
}

void LKL_ABI lkl_mingw_mutex_lock(struct lkl_mutex *mutex)
{
	if (mutex->recursive)
		EnterCriticalSection(&mutex->section);
	else
		AcquireSRWLockExclusive(&mutex->lock);
}

void LKL_ABI lkl_mingw_mutex_unlock(struct lkl_mutex *mutex)
{
	if (mutex->recursive)
		LeaveCriticalSection(&mutex->section);
	else
		ReleaseSRWLockExclusive(&mutex->lock);
}

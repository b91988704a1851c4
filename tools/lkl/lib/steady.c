// SPDX-License-Identifier: GPL-2.0
/*
 * Works by the host operations of the kernel. Two threads run it: the caller's, and the
 * helper that the kernel has for what is due while the caller is outside. The helper is
 * the one that waits for a semaphore and is not the caller.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <lkl.h>
#include <lkl_host.h>

#include "steady.h"

/* Timekeeping starts above 0. */
#define BEGIN_NS 1000000000ULL

static struct {
	int on;
	time_t now;
	pthread_t caller;
	/* ns; changed by the caller's thread only. */
	_Atomic unsigned long long time;
	struct lkl_host_operations host;
	struct lkl_sem *_Atomic helper_sem;
	/* Those of helper_sem that nobody took, and whether the helper waits for one. */
	atomic_int ups;
	atomic_int at_rest;
} steady;

/*
 * Whoever spins until a while has passed has to see it pass. Each call is a nanosecond,
 * which counts for the thread that spins alone.
 */
static __thread unsigned long long calls;

static unsigned long long LKL_ABI steady_time(void)
{
	return steady.time + calls++;
}

static unsigned long long LKL_ABI steady_wall_time(void)
{
	return steady.now * 1000000000ULL;
}

static void LKL_ABI steady_sem_up(struct lkl_sem *sem)
{
	if (sem == steady.helper_sem)
		steady.ups++;
	steady.host.sem_up(sem);
}

/* Its timers are the caller's affair: they are due when the caller waits. */
static int helper_waits(struct lkl_sem *sem)
{
	steady.helper_sem = sem;
	steady.at_rest = 1;
	steady.host.sem_down(sem);
	steady.at_rest = 0;
	if (steady.ups > 0)
		steady.ups--;
	return 1;
}

static int LKL_ABI steady_sem_down_until(struct lkl_sem *sem, unsigned long long deadline)
{
	if (!pthread_equal(pthread_self(), steady.caller))
		return helper_waits(sem);
	if (deadline == LKL_TIME_NEVER) {
		steady.host.sem_down(sem);
		return 1;
	}
	if (steady.host.sem_down_until(sem, 0))
		return 1;
	/* Nothing is under way that could end the waiting but time. */
	if (steady.time < deadline)
		steady.time = deadline;
	return 0;
}

void steady_prepare(time_t now)
{
	steady.on = 1;
	steady.now = now;
	steady.caller = pthread_self();
	steady.time = BEGIN_NS;
	steady.host = lkl_host_ops;
	lkl_host_ops.time = steady_time;
	lkl_host_ops.wall_time = steady_wall_time;
	lkl_host_ops.sem_up = steady_sem_up;
	lkl_host_ops.sem_down_until = steady_sem_down_until;
	lkl_disk_set_engine("sync");
}

const char *steady_arguments(void)
{
	return steady.on ? "lkl.random=1 " : "";
}

void steady_settle(void)
{
	if (!steady.on)
		return;
	calls = 0;
	while (steady.helper_sem && (!steady.at_rest || steady.ups > 0))
		sched_yield();
}

void steady_begin(void)
{
	struct __lkl__kernel_timespec now = { .tv_sec = steady.now };

	if (!steady.on)
		return;
	steady_settle();
	lkl_sys_clock_settime(LKL_CLOCK_REALTIME, &now);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Works by the host operations of the kernel. Two threads run it: the caller's, and the
 * helper that the kernel has for what is due while the caller is outside. The helper is
 * the one that waits for a semaphore and is not the caller.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include <lkl.h>
#include <lkl_host.h>

#include "steady.h"

/* Of the memory that the kernel has by default, far less than the limits of dirty pages. */
#define DIRTY_MAX (16 << 20)

/* ns that the clock may go on when it is read. */
#define STEP_MAX 64ULL

/* Of the host's time. */
#define PATIENCE_NS 2000000ULL

/* Timekeeping starts above 0. */
#define BEGIN_NS 1000000000ULL

static struct {
	int on;
	time_t now;
	pthread_t caller;
	/* ns; changed while nobody runs. */
	_Atomic unsigned long long time;
	struct lkl_host_operations host;
	struct lkl_sem *_Atomic helper_sem;
	struct lkl_sem *_Atomic caller_sem;
	/* Bytes since the last time that everything was written back. */
	size_t dirty;
	/* The caller is in the kernel and somebody else is to wake him. */
	atomic_int caller_waits;
	/* Those of either semaphore that nobody took, and whether the helper waits for one. */
	atomic_int ups;
	atomic_int caller_ups;
	atomic_int at_rest;
} steady;

/*
 * Whoever spins until a while has passed has to see it pass, soon; but only in his thread,
 * and only until the next call.
 */
static __thread unsigned long long passed;

static unsigned long long LKL_ABI steady_time(void)
{
	passed += passed < STEP_MAX * STEP_MAX ? 1 + passed / STEP_MAX : STEP_MAX;
	return steady.time + passed;
}

static unsigned long long LKL_ABI steady_wall_time(void)
{
	return steady.now * 1000000000ULL;
}

static void LKL_ABI steady_sem_up(struct lkl_sem *sem)
{
	if (sem == steady.helper_sem)
		steady.ups++;
	else if (sem == steady.caller_sem)
		steady.caller_ups++;
	steady.host.sem_up(sem);
}

static void took(struct lkl_sem *sem)
{
	if (sem == steady.helper_sem && steady.ups > 0)
		steady.ups--;
	else if (sem == steady.caller_sem && steady.caller_ups > 0)
		steady.caller_ups--;
}

static void LKL_ABI steady_sem_down(struct lkl_sem *sem)
{
	steady.host.sem_down(sem);
	took(sem);
}

/*
 * Who is woken says that he runs, and then that he took what woke him. Others ask in the
 * opposite order, or would see him asleep, and next nothing that wakes him.
 */

/* The caller waits for what only the helper, or time, can bring. */
static int caller_is_stuck(void)
{
	return !steady.caller_ups && steady.caller_waits;
}

/* It has something to do, or has been told so. */
static int helper_is_busy(void)
{
	return steady.helper_sem && (steady.ups > 0 || !steady.at_rest);
}

/* Whether @sem came within a while of the host's time. */
static int comes_soon(struct lkl_sem *sem)
{
	return steady.host.sem_down_until(sem, steady.host.time() + PATIENCE_NS);
}

/* Timers are due when the caller waits: for one that the helper has to see, or himself. */
static int helper_waits(struct lkl_sem *sem, unsigned long long deadline)
{
	int taken;

	steady.helper_sem = sem;
	steady.at_rest = 1;
	do
		taken = comes_soon(sem);
	while (!taken && (deadline == LKL_TIME_NEVER || !caller_is_stuck()));
	/* The caller may have given it before he began to wait. */
	if (!taken)
		taken = steady.host.sem_down_until(sem, 0);
	steady.at_rest = 0;
	if (taken)
		took(sem);
	if (!taken && steady.time < deadline)
		steady.time = deadline;
	passed = 0;
	return taken;
}

static int take(struct lkl_sem *sem)
{
	if (!steady.host.sem_down_until(sem, 0))
		return 0;
	took(sem);
	return 1;
}

static int caller_waits(struct lkl_sem *sem, unsigned long long deadline)
{
	steady.caller_sem = sem;
	if (deadline == LKL_TIME_NEVER) {
		steady.caller_waits = 1;
		steady.host.sem_down(sem);
		steady.caller_waits = 0;
		took(sem);
		return 1;
	}
	/* What the helper was woken for comes before the time of this. */
	do {
		if (take(sem))
			return 1;
	} while (helper_is_busy() && !sched_yield());
	if (take(sem))
		return 1;
	/* Nothing is under way that could end the waiting but time. */
	if (steady.time < deadline)
		steady.time = deadline;
	return 0;
}

static int LKL_ABI steady_sem_down_until(struct lkl_sem *sem, unsigned long long deadline)
{
	return pthread_equal(pthread_self(), steady.caller) ? caller_waits(sem, deadline) :
							      helper_waits(sem, deadline);
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
	lkl_host_ops.sem_down = steady_sem_down;
	lkl_host_ops.sem_down_until = steady_sem_down_until;
	lkl_host_ops.idle_wait = NULL;
	lkl_host_ops.idle_poll = NULL;
	lkl_disk_set_engine("sync");
}

int steady_knows(const char *type)
{
	static const char *const known[] = {
		"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "vfat", "exfat", "ntfs3", "udf",
		"minix",
	};

	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(type, known[i]))
			return 1;
	return 0;
}

const char *steady_arguments(void)
{
	return steady.on ? "lkl.random=1 " : "";
}

void steady_settle(void)
{
	if (!steady.on)
		return;
	passed = 0;
	/* It may not even have begun to run. */
	while (!steady.helper_sem || helper_is_busy())
		sched_yield();
}

/* Writing back has its time in steady_wrote(), not when the kernel thinks fit. */
static void write_back_late(void)
{
	lkl_sysctl("vm.dirty_writeback_centisecs", "0");
	lkl_sysctl("vm.dirty_ratio", "90");
	lkl_sysctl("vm.dirty_background_ratio", "80");
}

void steady_begin(void)
{
	struct __lkl__kernel_timespec now = { .tv_sec = steady.now };

	if (!steady.on)
		return;
	steady_settle();
	write_back_late();
	lkl_sys_clock_settime(LKL_CLOCK_REALTIME, &now);
}

void steady_wrote(int fd, size_t bytes)
{
	if (!steady.on)
		return;
	steady.dirty += bytes;
	if (steady.dirty < DIRTY_MAX)
		return;
	steady.dirty = 0;
	steady_settle();
	lkl_sys_syncfs(fd);
}

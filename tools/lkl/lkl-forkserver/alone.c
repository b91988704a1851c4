// SPDX-License-Identifier: GPL-2.0
#include <signal.h>

#include <lkl.h>
#include <lkl_host.h>

#include "alone.h"

/* As long as a thread of the kernel spins at most before it sleeps. */
#define SPIN_NS	50000

static unsigned long long (LKL_ABI *host_time)(void);
static int (LKL_ABI *host_sem_down_until)(struct lkl_sem *sem, unsigned long long deadline);

/* How far the kernel's clock is ahead of the host's, and may be; in ns. */
static unsigned long long ahead, ahead_max = LKL_TIME_NEVER;

static unsigned long long LKL_ABI now(void)
{
	return host_time() + ahead;
}

static void jump(unsigned long long ns)
{
	ahead += ns;
	if (ahead > ahead_max)
		raise(SIGALRM);
}

/* Nobody is there who could post it meanwhile. */
static int LKL_ABI wait_until(struct lkl_sem *sem, unsigned long long deadline)
{
	unsigned long long t = now();

	if (deadline == LKL_TIME_NEVER)
		return host_sem_down_until(sem, deadline);
	if (host_sem_down_until(sem, 0))
		return 1;
	if (deadline > t)
		jump(deadline - t);
	return 0;
}

/* Spinning is in vain as well. */
static void LKL_ABI poll_nothing(void)
{
	jump(SPIN_NS);
}

/* The kernel wants a thread, and never notices that it does not run. */
static lkl_thread_t LKL_ABI no_thread(void (LKL_ABI *f)(void *), void *arg)
{
	static char nobody;

	return (lkl_thread_t)(unsigned long)&nobody;
}

void alone_init(void)
{
	host_time = lkl_host_ops.time;
	host_sem_down_until = lkl_host_ops.sem_down_until;
	lkl_host_ops.time = now;
	lkl_host_ops.sem_down_until = wait_until;
	lkl_host_ops.idle_wait = wait_until;
	lkl_host_ops.idle_poll = poll_nothing;
	lkl_host_ops.thread_create = no_thread;
}

void alone_limit(unsigned int ms)
{
	ahead_max = ms ? ahead + ms * 1000000ULL : LKL_TIME_NEVER;
}

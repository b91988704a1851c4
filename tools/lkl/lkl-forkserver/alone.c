// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stddef.h>

#include <lkl.h>
#include <lkl_host.h>

#include "alone.h"

/* As long as a thread of the kernel spins at most before it sleeps. */
#define SPIN_NS	50000

/* What was there before. */
static struct lkl_host_operations host;

/* The kernel's clock, and the date when it stood at zero; in ns. */
static unsigned long long clock_ns;
#define DATE_NS		(1767225600ULL * 1000000000)
/* It goes on by this each time that it is read. */
#define STEP_NS		50
/* The end, by the clock. */
static unsigned long long limit = LKL_TIME_NEVER;
/* Where random numbers go on. */
static unsigned long long random_state = 1;
/* The kernel got memory, or gave some back. */
static int changed;

static unsigned long long LKL_ABI now(void)
{
	return clock_ns += STEP_NS;
}

static unsigned long long LKL_ABI date(void)
{
	return DATE_NS + clock_ns;
}

/* The same ones each time. */
static int LKL_ABI not_random(void *buf, int size)
{
	for (int i = 0; i < size; i++) {
		random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
		((unsigned char *)buf)[i] = random_state >> 56;
	}
	return size;
}

static void jump(unsigned long long ns)
{
	clock_ns += ns;
	if (clock_ns > limit)
		raise(SIGALRM);
}

/*
 * Nobody is there who could post it. Without a timer there is no end: that takes its time only
 * where a fuzzer is to see it.
 */
static int LKL_ABI wait_until(struct lkl_sem *sem, unsigned long long deadline)
{
	unsigned long long t = now();

	if (deadline == LKL_TIME_NEVER && limit == LKL_TIME_NEVER)
		return host.sem_down_until(sem, deadline);
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

static void *LKL_ABI page_alloc(unsigned long long size)
{
	changed = 1;
	return host.page_alloc(size);
}

static void LKL_ABI page_free(void *addr, unsigned long long size)
{
	changed = 1;
	host.page_free(addr, size);
}

static void *LKL_ABI mem_reserve(unsigned long long hint, unsigned long long size, int backed)
{
	changed = 1;
	return host.mem_reserve(hint, size, backed);
}

static void LKL_ABI mem_release(void *addr, unsigned long long size)
{
	changed = 1;
	host.mem_release(addr, size);
}

static int LKL_ABI mem_alias(void *addr, void *target, unsigned long long size, int write)
{
	changed = 1;
	return host.mem_alias(addr, target, size, write);
}

static void LKL_ABI mem_unalias(void *addr, unsigned long long size)
{
	changed = 1;
	host.mem_unalias(addr, size);
}

static void LKL_ABI mem_discard(void *addr, unsigned long long size)
{
	changed = 1;
	host.mem_discard(addr, size);
}

void alone_init(void)
{
	struct lkl_host_operations *ops = &lkl_host_ops;

	host = *ops;
	ops->time = now;
	ops->wall_time = date;
	ops->random = not_random;
	ops->sem_down_until = wait_until;
	ops->idle_wait = wait_until;
	ops->idle_poll = poll_nothing;
	ops->thread_create = no_thread;
	ops->page_alloc = page_alloc;
	ops->page_free = page_free;
	ops->mem_reserve = mem_reserve;
	ops->mem_release = mem_release;
	ops->mem_alias = mem_alias;
	ops->mem_unalias = mem_unalias;
	ops->mem_discard = mem_discard;
}

void alone_booted(void)
{
	changed = 0;
}

void alone_begin(unsigned int ms)
{
	limit = ms ? clock_ns + ms * 1000000ULL : LKL_TIME_NEVER;
}

int alone_changed_memory(void)
{
	return changed;
}

// SPDX-License-Identifier: GPL-2.0
/* Timers of the application and of device models. */
#include <pthread.h>
#include <stdlib.h>

#include "host.h"
#include "timer.h"

/* A function that is running; on the stack of its thread. */
struct run {
	struct run *next;
	uintptr_t id;
	pthread_t thread;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* All under @lock. */
static struct lkl_timer *timers;
static struct run *runs;
static pthread_cond_t ran = PTHREAD_COND_INITIALIZER;

void lkl_posix_timer_fork_prepare(void)
{
	pthread_mutex_lock(&lock);
}

/*
 * What runs in the parent runs there only. So do the system's timers; a child that makes them
 * anew as it needs them makes no threads here, where the C library may not be ready for them.
 */
void lkl_posix_timer_fork_done(int child)
{
	struct lkl_timer *t;

	if (child) {
		for (t = timers; t; t = t->next)
			t->made = 0;
		runs = NULL;
		pthread_cond_init(&ran, NULL);
	}
	pthread_mutex_unlock(&lock);
}

static void ended(const struct run *run)
{
	struct run **p;

	for (p = &runs; *p && *p != run; p = &(*p)->next)
		;
	if (*p)
		*p = run->next;
	pthread_cond_broadcast(&ran);
}

void lkl_posix_timer_expired(uintptr_t id)
{
	struct run run = { .id = id, .thread = pthread_self() };
	struct lkl_timer *t, timer;

	pthread_mutex_lock(&lock);
	for (t = timers; t && t->id != id; t = t->next)
		;
	if (t) {
		/* The function may free it. */
		timer = *t;
		run.next = runs;
		runs = &run;
		pthread_mutex_unlock(&lock);
		timer.fn(timer.arg);
		pthread_mutex_lock(&lock);
		ended(&run);
	}
	pthread_mutex_unlock(&lock);
}

/* Under @lock. */
static int make(struct lkl_timer *timer)
{
	if (timer->made)
		return 0;
	if (lkl_posix_timer_make(timer))
		return -1;
	__atomic_store_n(&timer->made, 1, __ATOMIC_RELEASE);
	return 0;
}

struct lkl_timer *LKL_ABI lkl_posix_timer_alloc(void (LKL_ABI *fn)(void *), void *arg)
{
	static uintptr_t last_id;
	struct lkl_timer *timer = malloc(sizeof(*timer));

	if (!timer)
		return NULL;
	lkl_host_fork_start();
	timer->fn = fn;
	timer->arg = arg;
	timer->made = 0;
	pthread_mutex_lock(&lock);
	timer->id = ++last_id;
	if (make(timer)) {
		free(timer);
		timer = NULL;
	} else {
		timer->next = timers;
		timers = timer;
	}
	pthread_mutex_unlock(&lock);
	return timer;
}

int LKL_ABI lkl_posix_timer_set_oneshot(struct lkl_timer *timer,
					unsigned long long delta_ns)
{
	int err = 0;

	if (!__atomic_load_n(&timer->made, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&lock);
		err = make(timer);
		pthread_mutex_unlock(&lock);
	}
	return err ? err : lkl_posix_timer_set(timer, delta_ns);
}

/* Whether its function runs in another thread. */
static int is_running(uintptr_t id)
{
	const struct run *run;

	for (run = runs; run; run = run->next)
		if (run->id == id && !pthread_equal(run->thread, pthread_self()))
			return 1;
	return 0;
}

void LKL_ABI lkl_posix_timer_free(struct lkl_timer *timer)
{
	struct lkl_timer **p;

	if (!timer)
		return;
	if (__atomic_load_n(&timer->made, __ATOMIC_ACQUIRE))
		lkl_posix_timer_unmake(timer);
	pthread_mutex_lock(&lock);
	for (p = &timers; *p != timer; p = &(*p)->next)
		;
	*p = timer->next;
	while (is_running(timer->id))
		pthread_cond_wait(&ran, &lock);
	pthread_mutex_unlock(&lock);
	free(timer);
}

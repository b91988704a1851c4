// SPDX-License-Identifier: GPL-2.0
/* Timers of the application and of device models. */
#include <pthread.h>
#include <stdlib.h>

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

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* What runs in the parent runs there only. */
static void in_child(void)
{
	runs = NULL;
	pthread_cond_init(&ran, NULL);
	pthread_mutex_unlock(&lock);
}

static void start(void)
{
	pthread_atfork(before_fork, in_parent, in_child);
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

struct lkl_timer *LKL_ABI lkl_posix_timer_alloc(void (LKL_ABI *fn)(void *), void *arg)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static uintptr_t last_id;
	struct lkl_timer *timer = malloc(sizeof(*timer));

	if (!timer)
		return NULL;
	pthread_once(&once, start);
	timer->fn = fn;
	timer->arg = arg;
	pthread_mutex_lock(&lock);
	timer->id = ++last_id;
	if (lkl_posix_timer_make(timer)) {
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
	return lkl_posix_timer_set(timer, delta_ns);
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

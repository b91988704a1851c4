// SPDX-License-Identifier: GPL-2.0
/* Timers of the application and of device models: one kqueue and one thread for all. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/event.h>
#include <unistd.h>

#include "posix.h"

struct lkl_timer {
	struct lkl_timer *next;
	uintptr_t id;
	void (LKL_ABI *fn)(void *);
	void *arg;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* All under @lock. */
static struct lkl_timer *timers;
static uintptr_t last_id;
/* Whose function runs now; it is not freed meanwhile. */
static struct lkl_timer *running;
static pthread_cond_t ran = PTHREAD_COND_INITIALIZER;
static int queue = -1;
static pid_t queue_owner;
static pthread_t thread;

static struct lkl_timer *find(uintptr_t id)
{
	struct lkl_timer *t;

	for (t = timers; t && t->id != id; t = t->next)
		;
	return t;
}

static void *expire(void *arg)
{
	struct kevent event;

	(void)arg;
	for (;;) {
		if (kevent(queue, NULL, 0, &event, 1, NULL) != 1)
			continue;
		pthread_mutex_lock(&lock);
		running = find(event.ident);
		if (running) {
			pthread_mutex_unlock(&lock);
			running->fn(running->arg);
			pthread_mutex_lock(&lock);
			running = NULL;
			pthread_cond_broadcast(&ran);
		}
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* A child of fork() has neither the queue nor the thread. 0 or -1. With the lock. */
static int start(void)
{
	sigset_t all, old;
	int err;

	if (queue >= 0 && queue_owner == getpid())
		return 0;
	queue = kqueuex(KQUEUE_CLOEXEC);
	if (queue < 0)
		return -1;
	queue_owner = getpid();
	running = NULL;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, NULL, expire, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		return 0;
	close(queue);
	queue = -1;
	return -1;
}

struct lkl_timer *LKL_ABI lkl_posix_timer_alloc(void (LKL_ABI *fn)(void *), void *arg)
{
	struct lkl_timer *timer = malloc(sizeof(*timer));

	if (!timer)
		return NULL;
	timer->fn = fn;
	timer->arg = arg;
	pthread_mutex_lock(&lock);
	if (start()) {
		free(timer);
		timer = NULL;
	} else {
		timer->id = ++last_id;
		timer->next = timers;
		timers = timer;
	}
	pthread_mutex_unlock(&lock);
	return timer;
}

int LKL_ABI lkl_posix_timer_set_oneshot(struct lkl_timer *timer,
					unsigned long long delta_ns)
{
	struct kevent event;

	EV_SET(&event, timer->id, EVFILT_TIMER, EV_ADD | EV_ONESHOT, NOTE_NSECONDS,
	       delta_ns, NULL);
	return kevent(queue, &event, 1, NULL, 0, NULL) ? -1 : 0;
}

void LKL_ABI lkl_posix_timer_free(struct lkl_timer *timer)
{
	struct lkl_timer **p;
	struct kevent event;

	if (!timer)
		return;
	EV_SET(&event, timer->id, EVFILT_TIMER, EV_DELETE, 0, 0, NULL);
	/* Fails if it is not armed. */
	kevent(queue, &event, 1, NULL, 0, NULL);
	pthread_mutex_lock(&lock);
	for (p = &timers; *p != timer; p = &(*p)->next)
		;
	*p = timer->next;
	/* What ran in the parent when it called fork() runs in the parent only. */
	while (running == timer && queue_owner == getpid() &&
	       !pthread_equal(pthread_self(), thread))
		pthread_cond_wait(&ran, &lock);
	pthread_mutex_unlock(&lock);
	free(timer);
}

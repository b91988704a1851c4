// SPDX-License-Identifier: GPL-2.0
/* Timers by one kqueue, and one thread that waits there and calls them. */
#include <pthread.h>
#include <signal.h>
#include <sys/event.h>
#include <unistd.h>

#include "timer.h"

static int queue = -1;
/* A child of fork() has neither the queue nor the thread. */
static pid_t queue_owner;

static void *wait_for_timers(void *arg)
{
	struct kevent event;

	(void)arg;
	for (;;)
		if (kevent(queue, NULL, 0, &event, 1, NULL) == 1)
			lkl_posix_timer_expired(event.ident);
	return NULL;
}

/* The application's signals are none of the thread's business. */
static int start_thread(void)
{
	pthread_t thread;
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, NULL, wait_for_timers, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		pthread_detach(thread);
	return err ? -1 : 0;
}

int lkl_posix_timer_make(struct lkl_timer *timer)
{
	(void)timer;
	if (queue >= 0 && queue_owner == getpid())
		return 0;
	queue = kqueuex(KQUEUE_CLOEXEC);
	if (queue < 0)
		return -1;
	queue_owner = getpid();
	if (!start_thread())
		return 0;
	close(queue);
	queue = -1;
	return -1;
}

static int change(const struct lkl_timer *timer, int flags, int64_t delta_ns)
{
	struct kevent event;

	EV_SET(&event, timer->id, EVFILT_TIMER, flags, NOTE_NSECONDS, delta_ns, NULL);
	return kevent(queue, &event, 1, NULL, 0, NULL);
}

int lkl_posix_timer_set(struct lkl_timer *timer, unsigned long long delta_ns)
{
	return change(timer, EV_ADD | EV_ONESHOT, delta_ns);
}

/* Fails if it is not set. */
void lkl_posix_timer_unmake(struct lkl_timer *timer)
{
	change(timer, EV_DELETE, 0);
}

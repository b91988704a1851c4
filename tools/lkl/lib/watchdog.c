// SPDX-License-Identifier: GPL-2.0
#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include <lkl.h>

#include "kernel.h"
#include "message.h"
#include "watchdog.h"

/* How often the kernel is asked, and how often somebody looks whether it answered. */
#define PAUSE_SECONDS	5

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stopped = PTHREAD_COND_INITIALIZER;
static pthread_t asker, watcher;
static bool running, asking;
static unsigned int questions;	/* so far */
static double limit;

/* Not the time of the day: the machine may be busy with something else, or asleep. */
static double processor_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* With the lock, which is free meanwhile. */
static void pause_or_stop(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PAUSE_SECONDS;
	pthread_cond_timedwait(&stopped, &lock, &until);
}

/* The thread that may be left waiting. */
static void *ask(void *arg)
{
	pthread_mutex_lock(&lock);
	while (running) {
		asking = true;
		questions++;
		pthread_mutex_unlock(&lock);
		lkl_sys_getpid();
		pthread_mutex_lock(&lock);
		asking = false;
		if (running)
			pause_or_stop();
	}
	pthread_mutex_unlock(&lock);
	return arg;
}

static void give_up(void)
{
	error("Linux has been busy in one place for %.0f s of processor time and hears nobody: the image must be broken in a way that it does not notice; given up",
	      limit);
	kernel_log_show();
	_exit(1);
}

static void *watch(void *arg)
{
	double before = processor_time(), now, used = 0;
	unsigned int question = 0;

	pthread_mutex_lock(&lock);
	while (running) {
		pause_or_stop();
		now = processor_time();
		/* One processor is Linux's; the rest is what other threads do. */
		used += now - before < PAUSE_SECONDS ? now - before : PAUSE_SECONDS;
		before = now;
		if (!asking || question != questions)
			used = 0;
		question = questions;
		if (used >= limit)
			give_up();
	}
	pthread_mutex_unlock(&lock);
	return arg;
}

static void stop_watching(void)
{
	pthread_mutex_lock(&lock);
	running = false;
	pthread_cond_broadcast(&stopped);
	pthread_mutex_unlock(&lock);
	pthread_join(watcher, NULL);
}

void watchdog_start(unsigned int seconds)
{
	limit = seconds;
	running = true;
	if (pthread_create(&watcher, NULL, watch, NULL)) {
		running = false;
		return;
	}
	if (!pthread_create(&asker, NULL, ask, NULL))
		return;
	stop_watching();
}

void watchdog_stop(void)
{
	if (!running)
		return;
	stop_watching();
	pthread_join(asker, NULL);
}

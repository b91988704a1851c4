// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "estimate.h"
#include "progress.h"

static struct {
	uint64_t (*measure)(void *arg, const atomic_int *stop);
	void *arg;
	pthread_t thread;
	int running;
	atomic_int stop;
	pthread_mutex_t lock;
	pthread_cond_t stopped;
} estimate = { .lock = PTHREAD_MUTEX_INITIALIZER, .stopped = PTHREAD_COND_INITIALIZER };

/* Most copies are done by then. */
static int wait_a_second(void)
{
	struct timespec end;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec++;
	pthread_mutex_lock(&estimate.lock);
	while (!estimate.stop && ret != ETIMEDOUT)
		ret = pthread_cond_timedwait(&estimate.stopped, &estimate.lock, &end);
	pthread_mutex_unlock(&estimate.lock);
	return estimate.stop;
}

static void *estimate_thread(void *arg)
{
	uint64_t total;

	if (wait_a_second())
		return NULL;
	total = estimate.measure(estimate.arg, &estimate.stop);
	if (!estimate.stop)
		progress_total(total);
	return NULL;
}

void estimate_start(uint64_t (*measure)(void *arg, const atomic_int *stop), void *arg,
		    int quiet)
{
	progress_start(0, quiet);
	if (quiet || !isatty(STDERR_FILENO))
		return;
	estimate.measure = measure;
	estimate.arg = arg;
	estimate.stop = 0;
	estimate.running = !pthread_create(&estimate.thread, NULL, estimate_thread, NULL);
}

void estimate_end(void)
{
	if (estimate.running) {
		pthread_mutex_lock(&estimate.lock);
		estimate.stop = 1;
		pthread_cond_signal(&estimate.stopped);
		pthread_mutex_unlock(&estimate.lock);
		pthread_join(estimate.thread, NULL);
		estimate.running = 0;
	}
	progress_end();
}

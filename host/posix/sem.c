// SPDX-License-Identifier: GPL-2.0
/* Semaphores and mutexes. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include <lkl_host.h>

#include "net_idle.h"
#include "posix.h"

struct lkl_sem {
	sem_t sem;
};

struct lkl_mutex {
	pthread_mutex_t mutex;
};

struct lkl_sem *LKL_ABI lkl_posix_sem_alloc(int count)
{
	struct lkl_sem *sem = malloc(sizeof(*sem));

	if (sem && sem_init(&sem->sem, 0, count)) {
		free(sem);
		sem = NULL;
	}
	return sem;
}

void LKL_ABI lkl_posix_sem_free(struct lkl_sem *sem)
{
	if (sem)
		sem_destroy(&sem->sem);
	free(sem);
}

void LKL_ABI lkl_posix_sem_up(struct lkl_sem *sem)
{
	const sem_t *posted = &sem->sem;

	/* Whom this wakes may free it. */
	sem_post(&sem->sem);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	lkl_net_idle_posted(posted);
}

void LKL_ABI lkl_posix_sem_down(struct lkl_sem *sem)
{
	while (sem_wait(&sem->sem) && errno == EINTR)
		;
}

int LKL_ABI lkl_posix_sem_down_until(struct lkl_sem *sem,
				     unsigned long long deadline)
{
	struct timespec ts = {
		.tv_sec = deadline / 1000000000,
		.tv_nsec = deadline % 1000000000,
	};

	if (deadline == LKL_TIME_NEVER) {
		lkl_posix_sem_down(sem);
		return 1;
	}
	while (sem_clockwait(&sem->sem, CLOCK_MONOTONIC, &ts))
		if (errno != EINTR)
			return 0;
	return 1;
}

int LKL_ABI lkl_posix_idle_wait(struct lkl_sem *sem, unsigned long long deadline)
{
	int ret, guest = lkl_net_idle_begin();

	/* By the clock that the application may have put in our clock's place. */
	ret = guest ? lkl_net_idle_wait(&sem->sem, deadline) :
		      lkl_host_ops.sem_down_until(sem, deadline);
	lkl_net_idle_end(guest);
	return ret;
}

struct lkl_mutex *LKL_ABI lkl_posix_mutex_alloc(int recursive)
{
	struct lkl_mutex *mutex = malloc(sizeof(*mutex));
	pthread_mutexattr_t attr;

	if (!mutex)
		return NULL;
	pthread_mutexattr_init(&attr);
	if (recursive)
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&mutex->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return mutex;
}

void LKL_ABI lkl_posix_mutex_free(struct lkl_mutex *mutex)
{
	if (mutex)
		pthread_mutex_destroy(&mutex->mutex);
	free(mutex);
}

void LKL_ABI lkl_posix_mutex_lock(struct lkl_mutex *mutex)
{
	pthread_mutex_lock(&mutex->mutex);
}

void LKL_ABI lkl_posix_mutex_unlock(struct lkl_mutex *mutex)
{
	pthread_mutex_unlock(&mutex->mutex);
}

// SPDX-License-Identifier: GPL-2.0
/* Threads and their storage. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "posix.h"

struct start {
	void (LKL_ABI *f)(void *);
	void *arg;
};

struct lkl_tls_key {
	pthread_key_t key;
};

static void *run(void *data)
{
	struct start start = *(struct start *)data;

	free(data);
	start.f(start.arg);
	return NULL;
}

/* Signals are for the threads that the application made itself. */
lkl_thread_t LKL_ABI lkl_posix_thread_create(void (LKL_ABI *f)(void *), void *arg)
{
	struct start *start = malloc(sizeof(*start));
	sigset_t all, old;
	pthread_t thread;
	int err;

	if (!start)
		return 0;
	start->f = f;
	start->arg = arg;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, NULL, run, start);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		free(start);
		return 0;
	}
	return (lkl_thread_t)thread;
}

void LKL_ABI lkl_posix_thread_detach(void)
{
	pthread_detach(pthread_self());
}

void LKL_ABI lkl_posix_thread_exit(void)
{
	pthread_exit(NULL);
}

int LKL_ABI lkl_posix_thread_join(lkl_thread_t tid)
{
	return pthread_join((pthread_t)tid, NULL) ? -1 : 0;
}

lkl_thread_t LKL_ABI lkl_posix_thread_self(void)
{
	return (lkl_thread_t)pthread_self();
}

int LKL_ABI lkl_posix_thread_equal(lkl_thread_t a, lkl_thread_t b)
{
	return pthread_equal((pthread_t)a, (pthread_t)b);
}

struct lkl_tls_key *LKL_ABI lkl_posix_tls_alloc(void (LKL_ABI *destructor)(void *))
{
	struct lkl_tls_key *key = malloc(sizeof(*key));

	if (key && pthread_key_create(&key->key, destructor)) {
		free(key);
		key = NULL;
	}
	return key;
}

void LKL_ABI lkl_posix_tls_free(struct lkl_tls_key *key)
{
	if (key)
		pthread_key_delete(key->key);
	free(key);
}

int LKL_ABI lkl_posix_tls_set(struct lkl_tls_key *key, void *data)
{
	return pthread_setspecific(key->key, data) ? -1 : 0;
}

void *LKL_ABI lkl_posix_tls_get(struct lkl_tls_key *key)
{
	return pthread_getspecific(key->key);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded: the first thread of the program begins its work late, as may happen on a machine
 * that is busy. How late is in LATE_THREAD, in microseconds.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct thread {
	void *(*run)(void *arg);
	void *arg;
};

static void *begin(void *arg)
{
	struct thread t = *(struct thread *)arg;
	const char *late = getenv("LATE_THREAD");

	free(arg);
	usleep(late ? atoi(late) : 0);
	return t.run(t.arg);
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attr,
		   void *(*run)(void *arg), void *restrict arg)
{
	int (*create)(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *arg),
		      void *arg) = dlsym(RTLD_NEXT, "pthread_create");
	static int others;
	struct thread *t;
	int err;

	if (__atomic_fetch_or(&others, 1, __ATOMIC_RELAXED))
		return create(thread, attr, run, arg);
	t = malloc(sizeof(*t));
	if (!t)
		return EAGAIN;
	*t = (struct thread){ run, arg };
	err = create(thread, attr, begin, t);
	if (err)
		free(t);
	return err;
}

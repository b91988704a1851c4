// SPDX-License-Identifier: GPL-2.0
/* Threads and their storage. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "posix.h"

struct start {
	void (LKL_ABI *f)(void *);
	void *arg;
};

struct lkl_tls_key {
	pthread_key_t key;
};

#define STACK_SIZE	(1UL << 20)
#define GUARD_SIZE	65536

/* A stack that is ours to give back. */
struct stack {
	struct stack *next;
	pthread_t thread;
	void *memory;
};

/* Under @stacks_lock. */
static struct stack *stacks;
static pthread_mutex_t stacks_lock = PTHREAD_MUTEX_INITIALIZER;
static int is_child;

/* A child may have children that make threads as well. */
void lkl_posix_thread_fork_prepare(void)
{
	pthread_mutex_lock(&stacks_lock);
}

/*
 * In a child: threads of the parent may have been waiting in the kernel, and what it has
 * of them lies on their stacks, timers for instance. The C library takes those for free
 * now, and would give them to the threads that we make.
 */
void lkl_posix_thread_fork_done(int child)
{
	if (child)
		is_child = 1;
	pthread_mutex_unlock(&stacks_lock);
}

static struct stack *new_stack(pthread_attr_t *attr)
{
	struct stack *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	s->memory = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->memory == MAP_FAILED) {
		free(s);
		return NULL;
	}
	mprotect(s->memory, GUARD_SIZE, PROT_NONE);
	pthread_attr_setstack(attr, (char *)s->memory + GUARD_SIZE, STACK_SIZE);
	return s;
}

static void free_stack(struct stack *s)
{
	munmap(s->memory, GUARD_SIZE + STACK_SIZE);
	free(s);
}

/* As pthread_create(), on a stack of our own. */
static int create_on_own_stack(pthread_t *thread, void *(*f)(void *), void *arg)
{
	pthread_attr_t attr;
	struct stack *s;
	int err;

	pthread_attr_init(&attr);
	s = new_stack(&attr);
	err = s ? pthread_create(thread, &attr, f, arg) : ENOMEM;
	pthread_attr_destroy(&attr);
	if (!err) {
		s->thread = *thread;
		pthread_mutex_lock(&stacks_lock);
		s->next = stacks;
		stacks = s;
		pthread_mutex_unlock(&stacks_lock);
	} else if (s) {
		free_stack(s);
	}
	return err;
}

/* @thread has been joined. */
static void drop_stack(pthread_t thread)
{
	struct stack **p, *s;

	pthread_mutex_lock(&stacks_lock);
	for (p = &stacks; *p && !pthread_equal((*p)->thread, thread); p = &(*p)->next)
		;
	s = *p;
	if (s)
		*p = s->next;
	pthread_mutex_unlock(&stacks_lock);
	if (s)
		free_stack(s);
}

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
	err = is_child ? create_on_own_stack(&thread, run, start) :
			 pthread_create(&thread, NULL, run, start);
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
	if (pthread_join((pthread_t)tid, NULL))
		return -1;
	drop_stack((pthread_t)tid);
	return 0;
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

// SPDX-License-Identifier: GPL-2.0
/* The kernel's life in this process, and the threads that call it. */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>
#include <lkl_host.h>

#include "host.h"
#include "image.h"
#include "kernel.h"
#include "linux_errno.h"
#include "net/dhcp.h"
#include "token.h"
#include "virtio.h"

#define CMDLINE_MAX 4096

/*
 * A thread that has called the kernel. On a list, so that a halt can wait for
 * those inside and free what the kernel keeps for the others. When the thread has
 * ended, another one gets this: the kernel may still be about to wake it.
 */
struct host_thread {
	struct lkl_thread kernel;
	/* Set by the thread alone; see lkl_host_fence_all(). */
	atomic_int inside;
	/* Which kernel knows it. */
	unsigned int generation;
	int ended;
	struct host_thread *next;
};

static _Thread_local struct host_thread *self;

static struct lkl_host_operations *ops;
static struct lkl_loaded_image image;
/* image.ops while system calls are possible. */
static const struct lkl_image *_Atomic running;
static unsigned int generation;
static struct lkl_mutex *threads_lock;
static struct host_thread *threads;
static struct lkl_tls_key *thread_key;

/* Release is free where it counts, on the way of each system call. */
static void set_inside(struct host_thread *t, int inside)
{
	atomic_store_explicit(&t->inside, inside, memory_order_release);
}

static void lock_threads(void)
{
	ops->mutex_lock(threads_lock);
}

static void unlock_threads(void)
{
	ops->mutex_unlock(threads_lock);
}

/* A thread ends: so does its task. */
static void LKL_ABI detach(void *data)
{
	struct host_thread *t = data;
	const struct lkl_image *k;

	set_inside(t, 1);
	k = running;
	if (k && t->generation == generation)
		k->thread_exit(&t->kernel);
	set_inside(t, 0);

	lock_threads();
	t->ended = 1;
	unlock_threads();
	self = NULL;
}

/* That of a thread that ended, or a new one. */
static struct host_thread *take(void)
{
	struct host_thread *t;

	lock_threads();
	for (t = threads; t && !t->ended; t = t->next)
		;
	if (t) {
		t->ended = 0;
	} else {
		t = calloc(1, sizeof(*t));
		if (t) {
			t->next = threads;
			threads = t;
		}
	}
	unlock_threads();
	return t;
}

static struct host_thread *attach(void)
{
	struct host_thread *t = self;

	if (!t) {
		t = take();
		if (!t || ops->tls_set(thread_key, t)) {
			if (t)
				t->ended = 1;
			return NULL;
		}
		self = t;
	}
	if (t->generation != generation) {
		memset(&t->kernel, 0, sizeof(t->kernel));
		t->generation = generation;
	}
	return t;
}

static lkl_long call(struct host_thread *t, lkl_long nr, lkl_long *params)
{
	const struct lkl_image *k;
	lkl_long ret;

	set_inside(t, 1);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	k = running;
	ret = k ? k->syscall(&t->kernel, nr, (const long long *)params) :
		-LKL_ERR_NODEV;
	set_inside(t, 0);
	return ret;
}

/*
 * Calls the handlers of the signals that a system call has returned with, one after the other.
 * They may make system calls, and get signals there. Whether the call is to be made again.
 */
static int handle_signals(struct host_thread *t)
{
	const unsigned int mine = generation;
	int restart = t->kernel.signal.restart;

	while (t->kernel.signal.number) {
		struct lkl_signal signal = t->kernel.signal;
		lkl_long unblock[6] = {
			LKL_SIG_SETMASK, (lkl_long)&signal.blocked, 0, sizeof(signal.blocked),
		};

		t->kernel.signal.number = 0;
		if (signal.flags & LKL_SA_SIGINFO)
			((void (*)(int, void *, void *))signal.handler)(signal.number,
								       signal.info, NULL);
		else
			((void (*)(int))signal.handler)(signal.number);
		/* It may have halted the kernel: @t may be gone then, or a new kernel's. */
		if (self != t || generation != mine || !running)
			return 0;
		call(t, __lkl__NR_rt_sigprocmask, unblock);
	}
	return restart;
}

lkl_long lkl_syscall(lkl_long nr, lkl_long *params)
{
	struct host_thread *t = self;
	lkl_long ret;

	if (!running)
		return -LKL_ERR_NODEV;
	if (!t || t->generation != generation) {
		t = attach();
		if (!t)
			return -LKL_ERR_NOMEM;
	}
	if (t->inside)
		return -LKL_ERR_DEADLK;
	do {
		token_passed();
		ret = call(t, nr, params);
		token_taken();
	} while (__builtin_expect(t->kernel.signal.number, 0) && handle_signals(t));
	return ret;
}

int lkl_init(struct lkl_host_operations *host)
{
	if (!host || host->version != LKL_OPS_VERSION || host->size != sizeof(*host))
		return -LKL_ERR_INVAL;
	if (ops)
		return -LKL_ERR_BUSY;
	threads_lock = host->mutex_alloc(0);
	thread_key = host->tls_alloc(detach);
	if (!threads_lock || !thread_key)
		return -LKL_ERR_NOMEM;
	__atomic_store_n(&ops, host, __ATOMIC_RELEASE);
	lkl_host_fork_start();
	return 0;
}

/* What threads that live on have, they find again after the next lkl_init(). */
static void free_threads(void)
{
	struct host_thread **p = &threads, *t;

	if (self)
		self->ended = 1;
	self = NULL;
	while ((t = *p)) {
		if (t->ended) {
			*p = t->next;
			free(t);
		} else {
			p = &t->next;
		}
	}
	ops->tls_set(thread_key, NULL);
	ops->tls_free(thread_key);
}

void lkl_cleanup(void)
{
	if (!ops || running)
		return;
	free_threads();
	ops->mutex_free(threads_lock);
	ops = NULL;
}

static void unload(void)
{
	lkl_host_memory_release_all();
	lkl_image_unload(&image);
	lkl_host_fault_stop();
}

static int start(const char *cmdline)
{
	struct host_thread *t;
	int err;

	err = lkl_host_check();
	if (!err)
		err = lkl_host_fault_start();
	if (err)
		return err;
	err = lkl_image_load(&image);
	if (err) {
		lkl_host_fault_stop();
		return err;
	}
	generation++;
	t = attach();
	err = t ? lkl_virtio_start() : -LKL_ERR_NOMEM;
	if (!err) {
		char full[CMDLINE_MAX];
		/* Disks are the library's, whichever operations the kernel uses. */
		const char *devices = lkl_host_ops.virtio_devices ?: "";

		if (snprintf(full, sizeof(full), "%s%s", cmdline, devices) >=
		    (int)sizeof(full))
			err = -LKL_ERR_INVAL;
		else
			err = image.ops->start(ops, &t->kernel, full);
	}
	if (err) {
		lkl_virtio_stop();
		unload();
		return err;
	}
	lkl_image_trim(&image);
	lkl_host_memory_started();
	running = image.ops;
	lkl_host_started();
	return 0;
}

static int start_fmt(const char *fmt, va_list args)
{
	char cmdline[CMDLINE_MAX];
	int n = vsnprintf(cmdline, sizeof(cmdline), fmt, args);

	if (n < 0 || n >= (int)sizeof(cmdline))
		return -LKL_ERR_INVAL;
	if (running)
		return -LKL_ERR_BUSY;
	return start(cmdline);
}

#undef lkl_start_kernel
int lkl_start_kernel(const char *fmt, ...)
{
	va_list args;
	int err = ops ? 0 : lkl_init(&lkl_host_ops);

	if (err)
		return err;
	va_start(args, fmt);
	err = start_fmt(fmt, args);
	va_end(args);
	return err;
}

int lkl_start_kernel_ops(struct lkl_host_operations *host, const char *fmt, ...)
{
	va_list args;
	int err = ops == host ? 0 : lkl_init(host);

	if (err)
		return err;
	va_start(args, fmt);
	err = start_fmt(fmt, args);
	va_end(args);
	return err;
}

/* Until every other thread is out of the kernel; they were told to leave. */
static void wait_until_left(void)
{
	struct lkl_sem *pause = ops->sem_alloc(0);
	struct host_thread *t;

	lkl_host_fence_all();
	lock_threads();
	for (t = threads; t; t = t->next)
		while (t != self && t->inside)
			ops->sem_down_until(pause, ops->time() + 100000);
	unlock_threads();
	ops->sem_free(pause);
}

long lkl_sys_halt(void)
{
	lkl_long params[6] = { 0 };
	long err = lkl_syscall(LKL_CALL_HALT, params);
	const struct lkl_image *k = running;
	struct host_thread *t;

	if (!k || err == -LKL_ERR_DEADLK)
		return err;
	running = NULL;
	wait_until_left();
	lkl_dhcp_halted();
	k->stop(&self->kernel);
	lkl_virtio_stop();
	lock_threads();
	for (t = threads; t; t = t->next)
		if (t->generation == generation)
			k->thread_exit(&t->kernel);
	unlock_threads();
	generation++;
	unload();
	return 0;
}

int lkl_is_running(void)
{
	return !!running;
}

int lkl_trigger_irq(int irq)
{
	return image.ops ? image.ops->trigger_irq(irq) : -LKL_ERR_NODEV;
}

int lkl_get_free_irq(const char *user)
{
	return image.ops ? image.ops->get_free_irq(user) : -LKL_ERR_NODEV;
}

void lkl_put_irq(int irq, const char *user)
{
	if (image.ops)
		image.ops->put_irq(irq, user);
}

unsigned long long lkl_kernel_fault(unsigned long long ip, unsigned long long addr,
				    int write)
{
	struct host_thread *t = self;

	if (!image.ops)
		return 0;
	return image.ops->fault(t && t->generation == generation ? &t->kernel : NULL,
				ip, addr, write);
}

/*
 * The kernel at rest that prepare() left, on its way through fork(); NULL if
 * there is none, or if it cannot come along.
 */
static const struct lkl_image *forking;
/* There was a library to prepare: another thread may start it just then. */
static int prepared;

void lkl_kernel_fork_prepare(void)
{
	struct host_thread *t;

	prepared = !!__atomic_load_n(&ops, __ATOMIC_ACQUIRE);
	if (!prepared)
		return;
	t = running ? attach() : NULL;
	if (t && !t->inside) {
		set_inside(t, 1);
		if (!running->fork_prepare(&t->kernel)) {
			forking = running;
			lkl_virtio_fork_prepare();
			if (lkl_host_memory_fork_prepare())
				lkl_printf("lkl: no memory for the kernel of the child\n");
		} else {
			set_inside(t, 0);
		}
	}
	lock_threads();
}

/* The child has one thread. */
static void keep_self(void)
{
	struct host_thread *t, *next;

	for (t = threads; t; t = next) {
		next = t->next;
		if (t != self)
			free(t);
	}
	threads = self;
	if (self)
		self->next = NULL;
}

void lkl_kernel_fork_done(int child)
{
	const struct lkl_image *k = forking;

	if (!prepared)
		return;
	if (child) {
		keep_self();
		lkl_dhcp_forked();
	}
	unlock_threads();
	forking = NULL;
	if (!k) {
		/* No kernel, or one that the caller was in the middle of. */
		if (child)
			running = NULL;
		return;
	}
	if (lkl_host_memory_fork_done(child)) {
		running = NULL;
		return;
	}
	lkl_virtio_fork_done(child);
	if (k->fork_done(&self->kernel, child))
		running = NULL;
	set_inside(self, 0);
}

static int print(struct lkl_host_operations *host, const char *fmt, va_list args)
{
	char line[1024];
	int n = vsnprintf(line, sizeof(line), fmt, args);

	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	if (n > 0 && host->print)
		host->print(line, n);
	return n;
}

int lkl_printf(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = print(ops ? ops : &lkl_host_ops, fmt, args);
	va_end(args);
	return n;
}

void lkl_bug(const char *fmt, ...)
{
	struct lkl_host_operations *host = ops ? ops : &lkl_host_ops;
	va_list args;

	va_start(args, fmt);
	print(host, fmt, args);
	va_end(args);
	if (host->panic)
		host->panic();
	abort();
}

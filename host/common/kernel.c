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
#include "workers.h"

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
static atomic_uint generation;
/* Devices, see lkl_lend_memory(). */
static atomic_int lent;
/* Who may change the library and its kernel; see begin_change(). */
static atomic_int changing;
/* How often this thread has said that it does. */
static _Thread_local int changes;
static struct lkl_mutex *threads_lock;
static struct host_thread *threads;
static struct lkl_tls_key *thread_key;

/* Release is free where it counts, on the way of each system call. */
static void set_inside(struct host_thread *t, int inside)
{
	atomic_store_explicit(&t->inside, inside, memory_order_release);
}

/* Which kernel it is, or will be; who runs inside of one keeps it from changing. */
static unsigned int now(void)
{
	return atomic_load_explicit(&generation, memory_order_relaxed);
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
	if (k && t->generation == now())
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

/* The key may be another one than when the thread called last: of another lkl_init(). */
static struct host_thread *attach(void)
{
	struct host_thread *t = self ? self : take();

	if (!t)
		return NULL;
	if ((!self || t->generation != now()) && ops->tls_set(thread_key, t)) {
		if (!self)
			t->ended = 1;
		return NULL;
	}
	self = t;
	if (t->generation != now()) {
		/* Whoever ends a kernel looks which threads are its own. */
		lock_threads();
		memset(&t->kernel, 0, sizeof(t->kernel));
		t->generation = now();
		unlock_threads();
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
	/* Another kernel than the one that the call was meant for knows nothing of @t. */
	if (k && __builtin_expect(t->generation == now(), 1))
		ret = k->syscall(&t->kernel, nr, (const long long *)params);
	else
		ret = -LKL_ERR_NODEV;
	set_inside(t, 0);
	return ret;
}

/*
 * Calls the handlers of the signals that a system call has returned with, one after the other.
 * They may make system calls, and get signals there. Whether the call is to be made again.
 */
static int handle_signals(struct host_thread *t)
{
	const unsigned int mine = now();
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
		if (self != t || now() != mine || !running)
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
	if (!t || t->generation != now()) {
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
	/* The kernel has one processor, and sees no use in it; its threads here have more. */
	if (__builtin_expect(nr == __lkl__NR_membarrier, 0) && !ret)
		lkl_host_fence_all();
	return ret;
}

enum {
	NOBODY,
	/* Prepares the library, starts a kernel or ends one. */
	CHANGES,
	/* Sees to it that none of these happens. */
	KEEPS,
};

static int set_change(int how)
{
	int old = NOBODY;

	if (!atomic_compare_exchange_strong(&changing, &old, how))
		return old;
	changes = 1;
	return NOBODY;
}

static void end_change(void)
{
	if (!--changes)
		changing = NOBODY;
}

/* Where there is no memory for a semaphore it takes processor time to wait. */
static void pause_a_while(struct lkl_sem *sem)
{
	if (sem)
		lkl_host_ops.sem_down_until(sem, lkl_host_ops.time() + 100000);
}

/*
 * Preparing the library, starting and ending a kernel exclude each other. Who would begin
 * one of them meanwhile is told so; the rest waits, for what never takes long then. So does
 * he where somebody only keeps that there is no kernel.
 */
static int begin_change(void)
{
	struct lkl_sem *sem = NULL;
	int other;

	while ((other = set_change(CHANGES)) == KEEPS && !running && !changes) {
		if (!sem)
			sem = lkl_host_ops.sem_alloc(0);
		pause_a_while(sem);
	}
	if (sem)
		lkl_host_ops.sem_free(sem);
	return other ? -LKL_ERR_BUSY : 0;
}

static void await_change(struct lkl_sem *sem, int how)
{
	while (set_change(how))
		pause_a_while(sem);
}

static int init(struct lkl_host_operations *host)
{
	if (!host || host->version != LKL_OPS_VERSION || host->size != sizeof(*host))
		return -LKL_ERR_INVAL;
	if (ops)
		return -LKL_ERR_BUSY;
	threads_lock = host->mutex_alloc(0);
	if (!threads_lock)
		return -LKL_ERR_NOMEM;
	thread_key = host->tls_alloc(detach);
	if (!thread_key) {
		host->mutex_free(threads_lock);
		return -LKL_ERR_NOMEM;
	}
	__atomic_store_n(&ops, host, __ATOMIC_RELEASE);
	lkl_host_fork_start();
	return 0;
}

int lkl_init(struct lkl_host_operations *host)
{
	int err = begin_change();

	if (!err) {
		err = init(host);
		end_change();
	}
	return err;
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
	await_change(NULL, CHANGES);
	if (ops && !running) {
		free_threads();
		ops->mutex_free(threads_lock);
		ops = NULL;
	}
	end_change();
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
	atomic_fetch_add(&generation, 1);
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
	running->lend(lent);
	lkl_host_started();
	return 0;
}

/* @host NULL: those that lkl_init() was called with, or else the library's own. */
static int start_fmt(struct lkl_host_operations *host, const char *fmt, va_list args)
{
	char cmdline[CMDLINE_MAX];
	int n = vsnprintf(cmdline, sizeof(cmdline), fmt, args), err;

	err = begin_change();
	if (err)
		return err;
	if (!ops || (host && ops != host))
		err = init(host ? host : &lkl_host_ops);
	if (!err && (n < 0 || n >= (int)sizeof(cmdline)))
		err = -LKL_ERR_INVAL;
	else if (!err)
		err = running ? -LKL_ERR_BUSY : start(cmdline);
	end_change();
	return err;
}

#undef lkl_start_kernel
int lkl_start_kernel(const char *fmt, ...)
{
	va_list args;
	int err;

	va_start(args, fmt);
	err = start_fmt(NULL, fmt, args);
	va_end(args);
	return err;
}

int lkl_start_kernel_ops(struct lkl_host_operations *host, const char *fmt, ...)
{
	va_list args;
	int err;

	va_start(args, fmt);
	err = host ? start_fmt(host, fmt, args) : -LKL_ERR_INVAL;
	va_end(args);
	return err;
}

/* Until every other thread is out of the kernel; they were told to leave. */
static void wait_until_left(struct lkl_sem *sem)
{
	struct host_thread *t;

	lkl_host_fence_all();
	lock_threads();
	for (t = threads; t; t = t->next)
		while (t != self && t->inside)
			pause_a_while(sem);
	unlock_threads();
}

/* Only a kernel that is dead says one of these to a halt. */
static int is_dead(long err)
{
	return err == -LKL_ERR_SHUTDOWN || err == -LKL_ERR_IO;
}

static void take_away(const struct lkl_image *k, struct lkl_sem *sem)
{
	struct host_thread *t;

	wait_until_left(sem);
	lkl_dhcp_halted();
	k->stop(&self->kernel);
	lkl_virtio_stop();
	lock_threads();
	for (t = threads; t; t = t->next)
		if (t->generation == now())
			k->thread_exit(&t->kernel);
	unlock_threads();
	atomic_fetch_add(&generation, 1);
	unload();
}

long lkl_sys_halt(void)
{
	lkl_long params[6] = { 0 };
	long err = lkl_syscall(LKL_CALL_HALT, params);
	const struct lkl_image *k;
	struct lkl_sem *sem;

	if (!is_dead(err))
		return err;
	sem = lkl_host_ops.sem_alloc(0);
	await_change(sem, CHANGES);
	/* Of several that halt it the first one takes it away. */
	k = atomic_exchange(&running, NULL);
	if (k)
		take_away(k, sem);
	end_change();
	lkl_host_ops.sem_free(sem);
	return k ? 0 : err;
}

int lkl_kernel_keep(void)
{
	struct lkl_sem *sem;

	/* Whoever ends a kernel waits until this thread has left it. */
	if (self && self->inside)
		return -LKL_ERR_DEADLK;
	/* In a callback of what this thread does. */
	if (changes) {
		changes++;
		return 0;
	}
	sem = lkl_host_ops.sem_alloc(0);
	await_change(sem, KEEPS);
	if (sem)
		lkl_host_ops.sem_free(sem);
	return 0;
}

void lkl_kernel_let_go(void)
{
	end_change();
}

/* A kernel that starts meanwhile is told by who starts it. */
int lkl_lend_memory(int more)
{
	int err;

	lent += more;
	if (!running)
		return 0;
	err = lkl_kernel_keep();
	if (err) {
		lent -= more;
		return err;
	}
	if (running)
		running->lend(lent);
	lkl_kernel_let_go();
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

void lkl_hold_irq(int irq, int held)
{
	if (image.ops)
		image.ops->hold_irq(irq, held);
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
	return image.ops->fault(t && t->generation == now() ? &t->kernel : NULL, ip, addr, write);
}

/*
 * The kernel at rest that prepare() left, on its way through fork(); NULL if
 * there is none, or if it cannot come along.
 */
static const struct lkl_image *forking;
/* There was a library to prepare: another thread may start it just then. */
static int prepared;
/* prepare() keeps the kernel and its devices for done(). */
static int kept;

/*
 * Neither the kernel nor a device goes or comes while a fork() is under way. Not for one in a
 * callback: who changes something may be waiting for that. Nor does it matter without a
 * kernel, and one that starts or ends takes long, and calls the application.
 */
static int keep_running(void)
{
	struct lkl_sem *sem;

	if (!running || changes || (self && self->inside) || lkl_workers_in_job())
		return 0;
	sem = lkl_host_ops.sem_alloc(0);
	while (running && set_change(KEEPS))
		pause_a_while(sem);
	if (sem)
		lkl_host_ops.sem_free(sem);
	return changes;
}

void lkl_kernel_fork_prepare(void)
{
	const struct lkl_image *k;
	struct host_thread *t;
	int keeps;

	prepared = !!__atomic_load_n(&ops, __ATOMIC_ACQUIRE);
	if (!prepared)
		return;
	keeps = keep_running();
	t = running ? attach() : NULL;
	if (t && !t->inside && !lkl_workers_hold()) {
		set_inside(t, 1);
		/* As in call(): another thread may have ended it meanwhile. */
		k = running;
		if (k && t->generation == now() && !k->fork_prepare(&t->kernel)) {
			forking = k;
			lkl_virtio_fork_prepare();
			if (lkl_host_memory_fork_prepare())
				lkl_printf("lkl: no memory for the kernel of the child\n");
		} else {
			set_inside(t, 0);
			lkl_workers_let_go(0);
		}
	}
	lock_threads();
	kept = keeps;
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

/* The kernel @k that prepare() left goes on. */
static void go_on(const struct lkl_image *k, int child)
{
	int err = lkl_host_memory_fork_done(child);

	lkl_virtio_fork_done(child);
	if (!err)
		err = k->fork_done(&self->kernel, child);
	set_inside(self, 0);
	if (err)
		running = NULL;
	lkl_workers_let_go(child);
	/* It lacks its helper, or memory, some of which is still the parent's. Nobody is inside. */
	if (err && child) {
		lkl_virtio_stop();
		unload();
	}
}

void lkl_kernel_fork_done(int child)
{
	const struct lkl_image *k = forking;
	int keeps = kept;

	/* Whoever was about to change something is not here. */
	if (child && !changes)
		changing = NOBODY;
	if (!prepared)
		return;
	if (child) {
		keep_self();
		lkl_dhcp_forked();
	}
	unlock_threads();
	forking = NULL;
	if (k) {
		go_on(k, child);
	} else if (child) {
		/* No kernel, or one that the caller was in the middle of. */
		running = NULL;
		lkl_workers_let_go(child);
	}
	if (keeps)
		end_change();
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

// SPDX-License-Identifier: GPL-2.0
/*
 * Worker threads out of the vtable's threads, locks and semaphores.
 */
#include <stdlib.h>

#include "linux_errno.h"
#include "lock.h"
#include "workers.h"

enum slot_state {
	SLOT_FREE,
	SLOT_BUSY,
	/* Its thread ended and is to be joined. */
	SLOT_DEAD,
};

struct slot {
	struct lkl_workers *workers;
	enum slot_state state;
	lkl_thread_t thread;
};

struct lkl_workers {
	int max;
	unsigned long long idle_ns;
	lkl_lock_t lock;
	/* Idle workers wait for this one. */
	struct lkl_sem *wake;
	/* lkl_workers_drain() waits for this one. */
	struct lkl_sem *drained;

	/* All under @lock. */
	struct lkl_job *first;
	struct lkl_job **last;
	int threads;
	int idle;
	/* Ups of @wake that no worker has consumed. */
	int wakes;
	int running;
	int drain_waiters;
	int stop;
	struct slot slots[LKL_WORKERS_MAX];
};

/*
 * Jobs that call the kernel, of all workers: how many run, and HOLDER for each thread that
 * holds them back.
 */
static unsigned int gate;
#define HOLDER		0x10000u
#define PAUSE_NS	100000

/* This thread is in one of them. */
static _Thread_local int in_job;

static int calls_kernel(const struct lkl_workers *w)
{
	return !w->idle_ns;
}

/*
 * Whether a job may start: while they are held back, only if another one runs, which may be
 * waiting for it.
 */
static int enter(struct lkl_workers *w)
{
	unsigned int seen = __atomic_load_n(&gate, __ATOMIC_SEQ_CST);

	if (!calls_kernel(w))
		return 1;
	do {
		if (seen && !(seen % HOLDER))
			return 0;
	} while (!__atomic_compare_exchange_n(&gate, &seen, seen + 1, 0, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	in_job = 1;
	return 1;
}

static void leave(struct lkl_workers *w)
{
	if (!calls_kernel(w))
		return;
	in_job = 0;
	__atomic_sub_fetch(&gate, 1, __ATOMIC_SEQ_CST);
}

/* They wait for what never takes long, and nobody knows to tell them. */
static void pause_a_while(void)
{
	struct lkl_sem *sem = lkl_host_ops.sem_alloc(0);

	if (!sem)
		return;
	lkl_host_ops.sem_down_until(sem, lkl_host_ops.time() + PAUSE_NS);
	lkl_host_ops.sem_free(sem);
}

int lkl_workers_in_job(void)
{
	return in_job;
}

int lkl_workers_hold(void)
{
	if (in_job)
		return -LKL_ERR_DEADLK;
	__atomic_add_fetch(&gate, HOLDER, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&gate, __ATOMIC_SEQ_CST) % HOLDER)
		pause_a_while();
	return 0;
}

void lkl_workers_let_go(int child)
{
	if (child)
		__atomic_store_n(&gate, in_job, __ATOMIC_SEQ_CST);
	else
		__atomic_sub_fetch(&gate, HOLDER, __ATOMIC_SEQ_CST);
}

struct lkl_workers *lkl_workers_new(int max, unsigned int idle_ms)
{
	struct lkl_workers *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->max = max > LKL_WORKERS_MAX ? LKL_WORKERS_MAX : max;
	w->idle_ns = idle_ms * 1000000ULL;
	w->last = &w->first;
	w->lock = lkl_lock_new();
	w->wake = lkl_host_ops.sem_alloc(0);
	w->drained = lkl_host_ops.sem_alloc(0);
	if (w->lock && w->wake && w->drained)
		return w;
	lkl_lock_free(w->lock);
	if (w->wake)
		lkl_host_ops.sem_free(w->wake);
	if (w->drained)
		lkl_host_ops.sem_free(w->drained);
	free(w);
	return NULL;
}

/* Waits for a wake-up, with the lock held. 0 if the worker is to end. */
static int wait_for_job(struct lkl_workers *w)
{
	int woken = 1;

	w->idle++;
	lkl_unlock(w->lock);
	if (w->idle_ns)
		woken = lkl_host_ops.sem_down_until(w->wake, lkl_host_ops.time() +
						    w->idle_ns);
	else
		lkl_host_ops.sem_down(w->wake);
	lkl_lock(w->lock);
	w->idle--;
	if (woken)
		w->wakes--;
	/* At the deadline, stay if someone has just been sent for. */
	return woken || w->wakes || w->first;
}

static void run_job(struct lkl_workers *w)
{
	struct lkl_job *job = w->first;

	w->first = job->next;
	if (!w->first)
		w->last = &w->first;
	w->running++;
	lkl_unlock(w->lock);
	job->run(job);
	lkl_lock(w->lock);
	w->running--;
	leave(w);
	if (w->running || w->first)
		return;
	for (; w->drain_waiters; w->drain_waiters--)
		lkl_host_ops.sem_up(w->drained);
}

static void LKL_ABI worker(void *arg)
{
	struct slot *slot = arg;
	struct lkl_workers *w = slot->workers;

	lkl_lock(w->lock);
	for (;;) {
		while (w->first && enter(w))
			run_job(w);
		if (w->first) {
			lkl_unlock(w->lock);
			pause_a_while();
			lkl_lock(w->lock);
			continue;
		}
		if (w->stop || !wait_for_job(w))
			break;
	}
	w->threads--;
	slot->state = SLOT_DEAD;
	lkl_unlock(w->lock);
}

/* With the lock held, which keeps the new thread from running ahead. */
static void start_worker(struct lkl_workers *w)
{
	struct slot *slot = w->slots;

	while (slot->state == SLOT_BUSY)
		slot++;
	/* It let go of the lock for the last time, so this takes no time. */
	if (slot->state == SLOT_DEAD)
		lkl_host_ops.thread_join(slot->thread);
	slot->state = SLOT_FREE;
	slot->workers = w;
	slot->thread = lkl_host_ops.thread_create(worker, slot);
	if (!slot->thread)
		return;
	slot->state = SLOT_BUSY;
	w->threads++;
}

int lkl_workers_queue(struct lkl_workers *w, struct lkl_job *job)
{
	int ret = 0;

	job->next = NULL;
	lkl_lock(w->lock);
	if (w->idle > w->wakes) {
		w->wakes++;
		lkl_host_ops.sem_up(w->wake);
	} else if (w->threads < w->max) {
		start_worker(w);
	}
	if (w->threads) {
		*w->last = job;
		w->last = &job->next;
	} else {
		ret = -LKL_ERR_AGAIN;
	}
	lkl_unlock(w->lock);
	return ret;
}

static void drain_locked(struct lkl_workers *w)
{
	while (w->running || w->first) {
		w->drain_waiters++;
		lkl_unlock(w->lock);
		lkl_host_ops.sem_down(w->drained);
		lkl_lock(w->lock);
	}
}

void lkl_workers_drain(struct lkl_workers *w)
{
	lkl_lock(w->lock);
	drain_locked(w);
	lkl_unlock(w->lock);
}

void lkl_workers_free(struct lkl_workers *w)
{
	int joinable[LKL_WORKERS_MAX];
	int i;

	if (!w)
		return;
	lkl_lock(w->lock);
	drain_locked(w);
	for (i = 0; i < LKL_WORKERS_MAX; i++)
		joinable[i] = w->slots[i].state != SLOT_FREE;
	w->stop = 1;
	for (i = 0; i < w->idle; i++)
		lkl_host_ops.sem_up(w->wake);
	w->wakes += w->idle;
	lkl_unlock(w->lock);
	for (i = 0; i < LKL_WORKERS_MAX; i++) {
		if (joinable[i])
			lkl_host_ops.thread_join(w->slots[i].thread);
	}
	lkl_lock_free(w->lock);
	lkl_host_ops.sem_free(w->wake);
	lkl_host_ops.sem_free(w->drained);
	free(w);
}

void lkl_workers_fork_prepare(struct lkl_workers *w)
{
	lkl_lock(w->lock);
	/* What is held back comes along, see lkl_workers_hold(). */
	if (w->running || !calls_kernel(w))
		drain_locked(w);
}

void lkl_workers_fork_done(struct lkl_workers *w, int child)
{
	int i;

	if (child) {
		/* No worker came along, nor what they left in the semaphore. */
		lkl_host_ops.sem_free(w->wake);
		w->wake = lkl_host_ops.sem_alloc(0);
		w->threads = 0;
		w->idle = 0;
		w->wakes = 0;
		for (i = 0; i < LKL_WORKERS_MAX; i++)
			w->slots[i].state = SLOT_FREE;
		if (w->first)
			start_worker(w);
	}
	lkl_unlock(w->lock);
}

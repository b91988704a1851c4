/* SPDX-License-Identifier: GPL-2.0 */
/* Host threads as the kernel sees them: kernel/thread.c, kernel/cpu.c. */
#ifndef _ASM_LKL_THREAD_H
#define _ASM_LKL_THREAD_H

#include <linux/sched.h>
#include <asm/ctx.h>
#include <lkl_ops.h>

/* What lies in struct lkl_thread::opaque. */
struct lkl_thread_data {
	struct task_struct *task;	/* NULL: none yet, or none ever */
	void *sp;			/* its context while it carries coroutines */
	struct lkl_sem *sem;
	struct lkl_thread *next;	/* in lkl_cpu.entering */
	struct list_head waiting;	/* in cpu.c's list, when not running */
	u32 sleep;			/* enum lkl_sleep, atomic */
	u32 granted;			/* it was handed the token, atomic */
	u32 spin_failures;		/* how often spinning was in vain of late, weighed */
	u32 spin_rest;			/* so many waits go without */
	int failed;			/* why it has no task, atomic */
	bool inside;			/* between entry and exit */
	bool entering;			/* it waits for its task's turn */
	struct lkl_ctx_mark park;	/* where it goes on after parking current */
	struct lkl_ctx_mark base;	/* of the helper: when it has no work */
	struct lkl_ctx_mark entry;	/* the way out of a dead task or kernel */
};

static inline struct lkl_thread_data *lkl_td(struct lkl_thread *th)
{
	BUILD_BUG_ON(sizeof(struct lkl_thread_data) > sizeof(th->opaque));
	return (struct lkl_thread_data *)th->opaque;
}

extern const struct lkl_host_operations *lkl_ops;

/* cpu.c: who runs the kernel */
int lkl_cpu_init(void);
void lkl_cpu_boot(struct lkl_thread *th, void (*fn)(void));
void lkl_cpu_enter(struct lkl_thread *th);
void lkl_cpu_leave(struct lkl_thread *th);
void lkl_cpu_bind_current(struct lkl_thread *th);
void lkl_cpu_leave_dead(struct lkl_thread *th);
void lkl_cpu_add_waiting(struct lkl_thread *th);
void lkl_cpu_fail(struct lkl_thread *th, int err);
void lkl_cpu_raise(u32 why);
void lkl_cpu_die(int err);
void lkl_cpu_join(void);
int lkl_cpu_start_helper(void);
bool lkl_cpu_is_helper(void);
void lkl_cpu_fork_prepare(struct lkl_thread *th);
int lkl_cpu_fork_done(struct lkl_thread *th, bool child);

/* thread.c: host threads and their tasks */
int lkl_thread_init(struct lkl_thread *th);
void lkl_thread_wake_task(struct lkl_thread *th);
int lkl_thread_start_spawner(void);
void lkl_thread_forget_wanting(void);
void lkl_thread_each_wanting(void (*fn)(struct lkl_thread *th));
struct lkl_thread *lkl_thread_spawning(void);
bool lkl_thread_is_spawned(void);
void lkl_thread_bound(struct lkl_thread *th, struct task_struct *task);

/* lib/hostrandom.c: the host's, as arch_get_random_seed_longs(); lib/random.c */
size_t lkl_host_random(unsigned long *v, size_t max_longs);
void lkl_random_forked(void);

/* entry.c, signal.c */
long lkl_bail_out(struct lkl_thread *th);
void lkl_exit_work(unsigned long flags);
void lkl_do_signals(void);

#endif

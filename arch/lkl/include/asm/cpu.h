/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel CPU. Whoever holds its token runs the kernel; the fields below are
 * the holder's unless they say otherwise. How it is passed on: kernel/cpu.c.
 */
#ifndef _ASM_LKL_CPU_H
#define _ASM_LKL_CPU_H

#include <linux/types.h>

struct lkl_thread;
struct task_struct;

/* Why the holder should look around; any thread may set them, with atomics. */
#define LKL_PENDING_IRQ		1	/* a bit in irqs is set */
#define LKL_PENDING_TIMER	2	/* the deadline may have passed */
#define LKL_PENDING_ENTER	4	/* a host thread wants its task to run */

struct lkl_cpu {
	struct task_struct *current_task;
	unsigned long irqs_on;
	u32 pending;		/* LKL_PENDING_*, atomic */
	u32 token;		/* 0 free, 1 held; atomic */
	u64 deadline;		/* next timer, ns of the host's clock */

	/* The task that the last switch left. */
	struct task_struct *prev;
	/* The host thread that runs the CPU now. */
	struct lkl_thread *carrier;
	/* The idle task waits in arch_cpu_idle(). */
	bool idle_wait;
	/* Threads that wait to enter, newest first; atomic. */
	struct lkl_thread *entering;
	/* The host thread that waits for work on behalf of the idle task; atomic. */
	struct lkl_thread *waiter;
	u64 irqs;		/* raised interrupts, atomic */
	int dead;		/* errno for everybody, once it stopped */
};

extern struct lkl_cpu lkl_cpu;

void lkl_irq_run(void);

#endif

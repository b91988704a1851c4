/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_THREAD_INFO_H
#define _ASM_LKL_THREAD_INFO_H

#include <asm/page.h>

/*
 * Twice that of other 64-bit architectures: a signal handler of the application
 * may run on top of a kernel thread that its host thread carries.
 */
#define THREAD_SIZE_ORDER	CONFIG_LKL_STACK_ORDER
#define THREAD_SIZE		(PAGE_SIZE << THREAD_SIZE_ORDER)

#ifndef __ASSEMBLY__

struct thread_info {
	unsigned long flags;
	unsigned long syscall_work;
	int preempt_count;
	u32 cpu;
};

#define INIT_THREAD_INFO(tsk)			\
{						\
	.flags = 0,				\
	.preempt_count = INIT_PREEMPT_COUNT,	\
}

#endif

#define TIF_SIGPENDING		0
#define TIF_NOTIFY_SIGNAL	1
#define TIF_NOTIFY_RESUME	2
#define TIF_NEED_RESCHED	3
#define TIF_RESTORE_SIGMASK	4
#define TIF_MEMDIE		5
#define TIF_SYSCALL_TRACE	6
#define TIF_SYSCALL_TRACEPOINT	7
#define TIF_UPROBE		8
#define TIF_POLLING_NRFLAG	9

#define _TIF_SIGPENDING		(1 << TIF_SIGPENDING)
#define _TIF_NOTIFY_SIGNAL	(1 << TIF_NOTIFY_SIGNAL)
#define _TIF_NOTIFY_RESUME	(1 << TIF_NOTIFY_RESUME)
#define _TIF_NEED_RESCHED	(1 << TIF_NEED_RESCHED)
#define _TIF_SYSCALL_TRACEPOINT	(1 << TIF_SYSCALL_TRACEPOINT)

/* What must be done before a system call returns to the application. */
#define _TIF_EXIT_WORK	(_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL | \
			 _TIF_NOTIFY_RESUME | _TIF_NEED_RESCHED)

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_PROCESSOR_H
#define _ASM_LKL_PROCESSOR_H

#include <asm/page.h>
#include <asm/ptrace.h>

#define TASK_SIZE		(1UL << LKL_ADDRESS_BITS)
#define TASK_SIZE_MAX		TASK_SIZE

/* Where mmap() may place things; a window that the host has reserved. */
extern unsigned long lkl_mmap_start, lkl_mmap_end;
#define TASK_UNMAPPED_BASE	lkl_mmap_start
#define STACK_TOP		lkl_mmap_end
#define STACK_TOP_MAX		lkl_mmap_end

struct lkl_thread;
struct task_struct;

/*
 * A kernel thread has a stack of its own (@sp while it does not run). A host
 * task runs on the stack of its host thread, @host, and nowhere else.
 */
struct thread_struct {
	void *sp;
	struct lkl_thread *host;
	/*
	 * In the application: no kernel frame to return to, so that the next
	 * switch to this task starts at the entry of its host thread.
	 */
	bool in_user;
	struct pt_regs regs;
};

#define INIT_THREAD	{ }

#define task_pt_regs(task)	(&(task)->thread.regs)
#define KSTK_EIP(task)		0UL
#define KSTK_ESP(task)		0UL

static inline void start_thread(struct pt_regs *regs, unsigned long ip,
				unsigned long sp)
{
}

static inline unsigned long __get_wchan(struct task_struct *p)
{
	return 0;
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	asm volatile("yield" ::: "memory");
#endif
	barrier();
}

#endif

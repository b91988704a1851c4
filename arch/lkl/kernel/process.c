// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/ptrace.h>
#include <asm/entry.h>
#include <asm/thread.h>

/* Where every coroutine starts. */
static void coroutine_main(void)
{
	struct pt_regs *regs = task_pt_regs(current);
	int (*fn)(void *) = (void *)regs->args[0];

	if (lkl_cpu.prev)
		schedule_tail(lkl_cpu.prev);
	fn((void *)regs->args[1]);
	/*
	 * A kernel thread that returns has executed a program, and we have but
	 * one that can be.
	 */
	if (is_global_init(current))
		lkl_cpu_bind_current(lkl_boot_thread);
	do_exit(0);
}

int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct lkl_thread *th = lkl_thread_spawning();

	memset(&p->thread, 0, sizeof(p->thread));
	if (args->fn) {
		p->thread.regs.args[0] = (unsigned long)args->fn;
		p->thread.regs.args[1] = (unsigned long)args->fn_arg;
		p->thread.sp = lkl_ctx_new(task_stack_page(p), coroutine_main);
		return 0;
	}
	/* No clone() or fork(): we cannot copy a caller's frames. */
	if (!th)
		return -ENOSYS;
	sigemptyset(&p->blocked);
	p->thread.regs.user = 1;
	lkl_thread_bound(th, p);
	return 0;
}

void flush_thread(void)
{
}

void exit_thread(struct task_struct *task)
{
	if (task->thread.host && lkl_td(task->thread.host)->task == task)
		lkl_td(task->thread.host)->task = NULL;
}

void show_regs(struct pt_regs *regs)
{
	show_regs_print_info(KERN_DEFAULT);
}

void ptrace_disable(struct task_struct *child)
{
}

/* Registers of an application are its own business. */
long arch_ptrace(struct task_struct *child, long request, unsigned long addr,
		 unsigned long data)
{
	return ptrace_request(child, request, addr, data);
}

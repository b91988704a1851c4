// SPDX-License-Identifier: GPL-2.0
/* Frame pointers give backtraces, on coroutines and host stacks alike. */
#include <linux/kallsyms.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <asm/sections.h>
#include <asm/stacktrace.h>

struct frame {
	struct frame *next;
	unsigned long pc;
};

/* Where the frame pointer @fp says that the frame is. */
static const struct frame *frame_at(const struct frame *fp)
{
	/* There it points behind, elsewhere to it. */
	return IS_ENABLED(CONFIG_LKL_RISCV64) ? fp - 1 : fp;
}

static bool is_text(unsigned long pc)
{
	return pc >= (unsigned long)_stext && pc < (unsigned long)_etext;
}

static void walk(struct frame *frame, stack_trace_consume_fn consume_entry, void *cookie)
{
	struct frame here;

	/* The first frame outside the image is the application's. */
	while (!copy_from_kernel_nofault(&here, frame_at(frame), sizeof(here)) &&
	       is_text(here.pc) && consume_entry(cookie, here.pc) &&
	       here.next > frame)
		frame = here.next;
}

void arch_stack_walk(stack_trace_consume_fn consume_entry, void *cookie,
		     struct task_struct *task, struct pt_regs *regs)
{
	if (!task || task == current)
		walk(__builtin_frame_address(0), consume_entry, cookie);
}

static bool print_entry(void *loglvl, unsigned long pc)
{
	printk("%s [<%px>] %pS\n", (const char *)loglvl, (void *)pc, (void *)pc);
	return true;
}

void show_stack(struct task_struct *task, unsigned long *sp, const char *loglvl)
{
	printk("%sCall Trace:\n", loglvl);
	arch_stack_walk(print_entry, (void *)loglvl, task, NULL);
}

/*
 * Of whoever was interrupted by a fault, and then called by a jump: what has the frame @fp,
 * of the called, returns nowhere.
 */
void lkl_show_interrupted(const void *fp, const char *loglvl)
{
	struct frame here;

	if (copy_from_kernel_nofault(&here, frame_at(fp), sizeof(here)))
		return;
	printk("%sCall Trace:\n", loglvl);
	walk(here.next, print_entry, (void *)loglvl);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * For debuggers, which find this by its name: where things are in the structures
 * that scripts/lkl-gdb.py reads. The image has no debugging information.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/stddef.h>
#include <asm/ctx.h>
#include <asm/thread.h>

/* Raised when a word changes its place or its meaning. */
#define LKL_DEBUG_VERSION	1

const u32 lkl_debug_layout[] = {
	LKL_DEBUG_VERSION,
	offsetof(struct task_struct, tasks),
	offsetof(struct task_struct, thread_node),
	offsetof(struct task_struct, signal),
	offsetof(struct task_struct, pid),
	offsetof(struct task_struct, comm),
	offsetof(struct task_struct, __state),
	offsetof(struct task_struct, thread.sp),
	offsetof(struct task_struct, thread.host),
	offsetof(struct task_struct, thread.in_user),
	offsetof(struct signal_struct, thread_head),
	offsetof(struct lkl_thread_data, sp),
	offsetof(struct lkl_cpu, current_task),
	LKL_CTX_FRAME * sizeof(long),
	LKL_CTX_PC * sizeof(long),
	/* How far below the frame pointer the frame is. */
	IS_ENABLED(CONFIG_LKL_RISCV64) ? 2 * sizeof(long) : 0,
	offsetof(struct task_struct, stack),
	THREAD_SIZE,
};

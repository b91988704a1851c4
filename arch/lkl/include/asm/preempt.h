/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_PREEMPT_H
#define _ASM_LKL_PREEMPT_H

#define should_resched generic_should_resched
#include <asm-generic/preempt.h>
#undef should_resched

#include <asm/cpu.h>

/*
 * A preemption point is where a thread that runs the kernel for long notices
 * timers, interrupts and the threads that wait for the CPU.
 */
static __always_inline bool should_resched(int preempt_offset)
{
	if (unlikely(READ_ONCE(lkl_cpu.pending)) && lkl_cpu.irqs_on &&
	    preempt_count() == preempt_offset)
		lkl_irq_run();
	return generic_should_resched(preempt_offset);
}

#endif

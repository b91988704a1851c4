/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interrupts are bits that any host thread may set; the thread that holds the
 * kernel CPU looks at them whenever it enables interrupts.
 */
#ifndef _ASM_LKL_IRQFLAGS_H
#define _ASM_LKL_IRQFLAGS_H

#include <linux/compiler.h>
#include <asm/cpu.h>

static inline unsigned long arch_local_save_flags(void)
{
	return lkl_cpu.irqs_on;
}

static inline void arch_local_irq_restore(unsigned long flags)
{
	barrier();
	lkl_cpu.irqs_on = flags;
	barrier();
	if (flags && unlikely(READ_ONCE(lkl_cpu.pending)))
		lkl_irq_run();
}

#define ARCH_IRQ_DISABLED	0
#define ARCH_IRQ_ENABLED	1

#include <asm-generic/irqflags.h>

#endif

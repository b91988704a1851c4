/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_IRQ_H
#define _ASM_LKL_IRQ_H

/* 0 is never handed out; the rest are bits of lkl_cpu.irqs. */
#define NR_IRQS	64

#endif

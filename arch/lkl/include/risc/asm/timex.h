/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_TIMEX_H
#define _ASM_LKL_TIMEX_H

typedef u64 cycles_t;

/* A counter that processes may read. Mixed into the entropy pool. */
static inline cycles_t get_cycles(void)
{
	cycles_t count;

#ifdef CONFIG_LKL_ARM64
	asm volatile("mrs %0, cntvct_el0" : "=r" (count));
#else
	asm volatile("rdtime %0" : "=r" (count));
#endif
	return count;
}

#define get_cycles get_cycles

#endif

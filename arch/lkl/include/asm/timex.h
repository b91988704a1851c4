/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_TIMEX_H
#define _ASM_LKL_TIMEX_H

typedef u64 cycles_t;

/* Mixed into the entropy pool. */
static inline cycles_t get_cycles(void)
{
#ifdef CONFIG_LKL_X86_64
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

#define get_cycles get_cycles

#endif

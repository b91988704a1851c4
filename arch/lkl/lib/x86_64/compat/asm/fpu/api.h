/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sections of vector code, as the kernel for x86 has them. Here the registers
 * belong to whoever runs.
 */
#ifndef _LKL_COMPAT_ASM_FPU_API_H
#define _LKL_COMPAT_ASM_FPU_API_H

#include <asm/cpufeature.h>

static inline void kernel_fpu_begin(void)
{
}

/* Stale upper halves would slow down SSE code of the application. */
static inline void kernel_fpu_end(void)
{
	if (isa_has(ISA_AVX))
		asm volatile("vzeroupper");
}

#define XFEATURE_MASK_SSE	0
#define XFEATURE_MASK_YMM	ISA_AVX
#define XFEATURE_MASK_AVX512	ISA_AVX512

#define cpu_has_xfeatures(mask, missing) isa_has(mask)

#endif

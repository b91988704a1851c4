/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What vector code of the x86 kernel asks for, for its unmodified sources that
 * are compiled here.
 */
#ifndef _LKL_COMPAT_ASM_FPU_API_H
#define _LKL_COMPAT_ASM_FPU_API_H

#include <asm/isa.h>

#define X86_FEATURE_AVX		ISA_AVX
#define X86_FEATURE_AVX2	ISA_AVX2
#define X86_FEATURE_AVX512F	ISA_AVX512
#define X86_FEATURE_AVX512BW	ISA_AVX512
#define X86_FEATURE_AVX512VL	ISA_AVX512
#define X86_FEATURE_AVX512DQ	ISA_AVX512

#define boot_cpu_has(feature)	isa_has(feature)

static inline void kernel_fpu_begin(void)
{
}

/* Stale upper halves would slow down SSE code of the application. */
static inline void kernel_fpu_end(void)
{
	asm volatile("vzeroupper");
}

#endif

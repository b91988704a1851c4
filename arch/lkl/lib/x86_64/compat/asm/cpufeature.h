/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names that sources for the x86 kernel give to extensions of the instruction
 * set. 0 stands for what every x86-64 has.
 */
#ifndef _LKL_COMPAT_ASM_CPUFEATURE_H
#define _LKL_COMPAT_ASM_CPUFEATURE_H

#include <asm/isa.h>

#define X86_FEATURE_MMX		0
#define X86_FEATURE_FXSR	0
#define X86_FEATURE_XMM		0
#define X86_FEATURE_XMM2	0
#define X86_FEATURE_SSSE3	ISA_SSSE3
#define X86_FEATURE_XMM4_1	ISA_SSE42
#define X86_FEATURE_PCLMULQDQ	ISA_PCLMUL
#define X86_FEATURE_AES		ISA_AES
#define X86_FEATURE_OSXSAVE	ISA_AVX
#define X86_FEATURE_AVX		ISA_AVX
#define X86_FEATURE_AVX2	ISA_AVX2
#define X86_FEATURE_AVX512F	ISA_AVX512
#define X86_FEATURE_AVX512BW	ISA_AVX512
#define X86_FEATURE_AVX512VL	ISA_AVX512
#define X86_FEATURE_AVX512DQ	ISA_AVX512
#define X86_FEATURE_BMI1	ISA_BMI2
#define X86_FEATURE_BMI2	ISA_BMI2
#define X86_FEATURE_ADX		ISA_ADX
#define X86_FEATURE_SHA_NI	ISA_SHA
#define X86_FEATURE_VAES	ISA_VAES
#define X86_FEATURE_VPCLMULQDQ	ISA_VPCLMUL

#define boot_cpu_has(feature)	isa_has(feature)

#endif

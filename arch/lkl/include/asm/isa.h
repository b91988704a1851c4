/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extensions of the instruction set that this processor, and the system above
 * it, let a process use. The kernel runs as a part of a process: vector registers
 * need no kernel_fpu_begin(), the host saves them whenever it switches threads.
 */
#ifndef _ASM_LKL_ISA_H
#define _ASM_LKL_ISA_H

#include <linux/bits.h>

/* Of arm64; assembly code tests this one. */
#define ISA_CRC32_BIT	0

#ifndef __ASSEMBLY__

#include <linux/types.h>

#if defined(CONFIG_LKL_X86_64)

#define ISA_SSSE3	BIT(0)
#define ISA_SSE42	BIT(1)	/* and SSE4.1 */
#define ISA_PCLMUL	BIT(2)
#define ISA_AES		BIT(3)
#define ISA_MOVBE	BIT(4)
#define ISA_AVX		BIT(5)
#define ISA_AVX2	BIT(6)
#define ISA_BMI2	BIT(7)	/* and BMI1 */
#define ISA_ADX		BIT(8)
#define ISA_SHA		BIT(9)
#define ISA_VAES	BIT(10)
#define ISA_VPCLMUL	BIT(11)
#define ISA_AVX512	BIT(12)	/* F, BW, DQ and VL together */
#define ISA_AVX512IFMA	BIT(13)
#define ISA_RDRAND	BIT(14)
#define ISA_RDSEED	BIT(15)
#define ISA_KNOWN	BIT(31)	/* the others have been looked for */

/* Slow under a hypervisor, for which CPUID is an exit. */
void isa_detect(void);

#elif defined(CONFIG_LKL_ARM64)

#define ISA_CRC32	BIT(ISA_CRC32_BIT)
#define ISA_AES		BIT(1)
#define ISA_PMULL	BIT(2)
#define ISA_SHA1	BIT(3)
#define ISA_SHA2	BIT(4)
#define ISA_SHA512	BIT(5)
#define ISA_SHA3	BIT(6)

#endif

/* 0 until it is looked for, at the latest at the time of early initcalls. */
extern u32 lkl_isa;

/* Whether all of @mask may be used. */
static inline bool isa_has(u32 mask)
{
	return (lkl_isa & mask) == mask;
}

#endif /* __ASSEMBLY__ */

#endif

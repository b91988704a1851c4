/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parity of RAID-5. The choice is made by what the processor has, not by a
 * benchmark at boot.
 */
#ifndef _ASM_LKL_XOR_H
#define _ASM_LKL_XOR_H

#include <asm-generic/xor.h>

#ifdef CONFIG_LKL_X86_64
/* The best for this processor, NULL without AVX2. */
struct xor_block_template *lkl_xor_template(void);
#else
static inline struct xor_block_template *lkl_xor_template(void)
{
	return NULL;
}
#endif

#define XOR_SELECT_TEMPLATE(x) (lkl_xor_template() ?: &xor_block_32regs)

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_SIMD_H
#define _ASM_LKL_SIMD_H

#include <linux/types.h>

/*
 * Vector registers may be used in every context: interrupts run at points that
 * the kernel chooses, none of which is inside vector code.
 */
static __must_check inline bool may_use_simd(void)
{
	return true;
}

#endif

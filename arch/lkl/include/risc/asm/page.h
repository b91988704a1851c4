/* SPDX-License-Identifier: GPL-2.0 */
#include_next <asm/page.h>

#undef LKL_ADDRESS_BITS
#define LKL_ADDRESS_BITS CONFIG_LKL_ADDRESS_BITS

/* SPDX-License-Identifier: GPL-2.0 */
#include_next <asm/sparsemem.h>

#undef MAX_PHYSMEM_BITS
#define MAX_PHYSMEM_BITS CONFIG_LKL_ADDRESS_BITS

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_SPARSEMEM_H
#define _ASM_LKL_SPARSEMEM_H

#define SECTION_SIZE_BITS	27
#define MAX_PHYSMEM_BITS	47

#endif

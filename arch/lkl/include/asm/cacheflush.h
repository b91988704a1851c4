/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_CACHEFLUSH_H
#define _ASM_LKL_CACHEFLUSH_H

/* Called when a range of the vmalloc window has got its page tables. */
void lkl_tlb_fill_kernel(unsigned long start, unsigned long end);

/* Called before they are taken away again. */
void lkl_tlb_flush_kernel(unsigned long start, unsigned long end);

/* Around I/O on the memory behind a range of it, which may be copied there. */
#define ARCH_IMPLEMENTS_FLUSH_KERNEL_VMAP_RANGE 1
void flush_kernel_vmap_range(void *vaddr, int size);
void invalidate_kernel_vmap_range(void *vaddr, int size);

#define flush_cache_vmap(start, end)	lkl_tlb_fill_kernel(start, end)
#define flush_cache_vmap_early(start, end)	lkl_tlb_fill_kernel(start, end)
#define flush_cache_vunmap(start, end)	lkl_tlb_flush_kernel(start, end)

#include <asm-generic/cacheflush.h>

#endif

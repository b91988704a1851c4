/* SPDX-License-Identifier: GPL-2.0 */
/* The host's mappings play the TLB: mm/tlb.c. */
#ifndef _ASM_LKL_TLBFLUSH_H
#define _ASM_LKL_TLBFLUSH_H

#include <linux/mm_types.h>

void lkl_tlb_flush_user(unsigned long start, unsigned long end);
void flush_tlb_mm(struct mm_struct *mm);

static inline void flush_tlb_range(struct vm_area_struct *vma,
				   unsigned long start, unsigned long end)
{
	lkl_tlb_flush_user(start, end);
}

static inline void flush_tlb_page(struct vm_area_struct *vma,
				  unsigned long addr)
{
	lkl_tlb_flush_user(addr & PAGE_MASK, (addr & PAGE_MASK) + PAGE_SIZE);
}

/* Done early, by flush_cache_vunmap(): this range may include live mappings. */
static inline void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
}

static inline void flush_tlb_all(void)
{
}

#endif

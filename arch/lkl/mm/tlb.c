// SPDX-License-Identifier: GPL-2.0
/*
 * The host's mappings as the TLB of the kernel's page tables, for the two windows
 * in which addresses are not the memory itself: vmalloc and mmap(). The vmalloc
 * window is filled when it is mapped, the mmap() window when it is touched.
 *
 * Where the host cannot show a page twice, the vmalloc window is memory of its own
 * and holds copies: as if a virtually indexed cache lay between the two addresses.
 * The kernel says when such a cache is to be filled and written back. There is no
 * mmap() window then.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/cacheflush.h>
#include <asm/thread.h>
#include <asm/tlb_fill.h>
#include <asm/tlbflush.h>

bool lkl_can_alias = true;

static void alias(unsigned long addr, unsigned long target, unsigned long size,
		  bool write)
{
	if (!lkl_can_alias) {
		memcpy((void *)addr, (void *)target, size);
		return;
	}
	if (size && lkl_ops->mem_alias((void *)addr, (void *)target, size, write))
		panic("the host cannot map more memory (%lu bytes at %lx)\n",
		      size, addr);
}

static pte_t lookup(struct mm_struct *mm, unsigned long addr)
{
	p4d_t *p4d = p4d_offset(pgd_offset(mm, addr), addr);
	pud_t *pud;
	pmd_t *pmd;

	if (p4d_none(*p4d))
		return __pte(0);
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return __pte(0);
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		return __pte(0);
	return *pte_offset_kernel(pmd, addr);
}

/* Pages that follow each other in memory too are mapped at once. */
void lkl_tlb_fill_kernel(unsigned long start, unsigned long end)
{
	unsigned long addr, run = start, target = 0, size = 0;
	bool write = false;

	if (start < VMALLOC_START || end > VMALLOC_END)
		return;
	for (addr = start; addr < end; addr += PAGE_SIZE) {
		pte_t pte = lookup(&init_mm, addr);
		unsigned long pa = pte_val(pte) & _PAGE_PFN_MASK;

		if (!size || !pte_present(pte) || pa != target + size ||
		    pte_write(pte) != write) {
			alias(run, target, size, write);
			run = addr;
			target = pa;
			size = 0;
			write = pte_write(pte);
		}
		if (pte_present(pte))
			size += PAGE_SIZE;
	}
	alias(run, target, size, write);
}

/* The memory behind the copies in the vmalloc window gets what they hold. */
static void write_back(unsigned long start, unsigned long end)
{
	for (unsigned long addr = start; addr < end; addr += PAGE_SIZE) {
		pte_t pte = lookup(&init_mm, addr);

		if (pte_present(pte) && pte_write(pte))
			memcpy((void *)(pte_val(pte) & _PAGE_PFN_MASK), (void *)addr,
			       PAGE_SIZE);
	}
}

void lkl_tlb_flush_kernel(unsigned long start, unsigned long end)
{
	if (start < VMALLOC_START || end > VMALLOC_END || start >= end)
		return;
	if (lkl_can_alias)
		lkl_ops->mem_unalias((void *)start, end - start);
	else
		write_back(start, end);
}

void flush_kernel_vmap_range(void *vaddr, int size)
{
	unsigned long start = (unsigned long)vaddr & PAGE_MASK;
	unsigned long end = PAGE_ALIGN((unsigned long)vaddr + size);

	if (!lkl_can_alias && start >= VMALLOC_START && end <= VMALLOC_END)
		write_back(start, end);
}
EXPORT_SYMBOL(flush_kernel_vmap_range);

void invalidate_kernel_vmap_range(void *vaddr, int size)
{
	unsigned long start = (unsigned long)vaddr & PAGE_MASK;
	unsigned long end = PAGE_ALIGN((unsigned long)vaddr + size);

	if (!lkl_can_alias)
		lkl_tlb_fill_kernel(start, end);
}
EXPORT_SYMBOL(invalidate_kernel_vmap_range);

bool lkl_tlb_fill_user(struct mm_struct *mm, unsigned long addr, bool write)
{
	pte_t pte = lookup(mm, addr);
	bool writable;

	addr &= PAGE_MASK;
	if (!lkl_can_alias)
		return false;
	/* The first store to a clean page must be seen: it makes it dirty. */
	writable = pte_write(pte) && pte_dirty(pte);
	if (!(pte_val(pte) & _PAGE_PRESENT) || (write && !writable))
		return false;
	alias(addr, pte_val(pte) & _PAGE_PFN_MASK, PAGE_SIZE, writable);
	return true;
}

void lkl_tlb_flush_user(unsigned long start, unsigned long end)
{
	start = max(start, lkl_mmap_start);
	end = min(end, lkl_mmap_end);
	if (lkl_can_alias && start < end)
		lkl_ops->mem_unalias((void *)start, end - start);
}

void flush_tlb_mm(struct mm_struct *mm)
{
	lkl_tlb_flush_user(lkl_mmap_start, lkl_mmap_end);
}

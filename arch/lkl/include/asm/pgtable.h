/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page tables that no hardware walks: four levels of 512 entries. The host's
 * mappings are the TLB; mm/tlb.c fills and flushes them from these tables.
 */
#ifndef _ASM_LKL_PGTABLE_H
#define _ASM_LKL_PGTABLE_H

#include <asm-generic/pgtable-nop4d.h>
#include <asm/page.h>

#define PMD_SHIFT	21
#define PMD_SIZE	(1UL << PMD_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PUD_SHIFT	30
#define PUD_SIZE	(1UL << PUD_SHIFT)
#define PUD_MASK	(~(PUD_SIZE - 1))
#define PGDIR_SHIFT	39
#define PGDIR_SIZE	(1UL << PGDIR_SHIFT)
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))

#define PTRS_PER_PTE	512
#define PTRS_PER_PMD	512
#define PTRS_PER_PUD	512
#define PTRS_PER_PGD	512

#define _PAGE_PRESENT	0x001
#define _PAGE_WRITE	0x002
#define _PAGE_USER	0x004
#define _PAGE_ACCESSED	0x020
#define _PAGE_DIRTY	0x040
#define _PAGE_EXEC	0x080
#define _PAGE_PROTNONE	0x100
#define _PAGE_SPECIAL	0x200
/* In swap entries, which are never present. */
#define _PAGE_SWP_EXCLUSIVE	0x010

#define _PAGE_FLAGS	(~PAGE_MASK)
#define _PAGE_PFN_MASK	PAGE_MASK
#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_WRITE | _PAGE_USER | \
			 _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_CHG_MASK	(_PAGE_PFN_MASK | _PAGE_ACCESSED | _PAGE_DIRTY | \
			 _PAGE_SPECIAL)

#define _PAGE_BASE	(_PAGE_PRESENT | _PAGE_ACCESSED)
#define PAGE_NONE	__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_READONLY	__pgprot(_PAGE_BASE | _PAGE_USER)
#define PAGE_COPY	PAGE_READONLY
#define PAGE_SHARED	__pgprot(_PAGE_BASE | _PAGE_USER | _PAGE_WRITE)
#define PAGE_KERNEL	__pgprot(_PAGE_BASE | _PAGE_WRITE | _PAGE_DIRTY)
#define PAGE_KERNEL_RO	__pgprot(_PAGE_BASE)
#define PAGE_KERNEL_EXEC	PAGE_KERNEL

#ifndef __ASSEMBLY__

#include <linux/mm_types.h>

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];
extern unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)];
#define ZERO_PAGE(vaddr)	virt_to_page(empty_zero_page)

/* Windows of the address space that mem_alias() fills; set at start. */
extern unsigned long lkl_vmalloc_start, lkl_vmalloc_end;
#define VMALLOC_START	lkl_vmalloc_start
#define VMALLOC_END	lkl_vmalloc_end

/* struct page of every page of the host's address space; see mm/init.c. */
extern struct page *lkl_vmemmap;
#define vmemmap		lkl_vmemmap

#define pte_none(pte)		(!pte_val(pte))
#define pte_present(pte)	(pte_val(pte) & (_PAGE_PRESENT | _PAGE_PROTNONE))
#define pte_clear(mm, addr, ptep)	set_pte(ptep, __pte(0))
#define pte_write(pte)		(!!(pte_val(pte) & _PAGE_WRITE))
#define pte_dirty(pte)		(!!(pte_val(pte) & _PAGE_DIRTY))
#define pte_young(pte)		(!!(pte_val(pte) & _PAGE_ACCESSED))
#define pte_special(pte)	(!!(pte_val(pte) & _PAGE_SPECIAL))
#define PFN_PTE_SHIFT		PAGE_SHIFT
#define pte_pfn(pte)		(pte_val(pte) >> PAGE_SHIFT)
#define pfn_pte(pfn, prot)	__pte(((unsigned long)(pfn) << PAGE_SHIFT) | \
				      pgprot_val(prot))
#define pte_page(pte)		pfn_to_page(pte_pfn(pte))
#define mk_pte(page, prot)	pfn_pte(page_to_pfn(page), prot)

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(ptep->pte, pte_val(pte));
}

static inline pte_t pte_set(pte_t pte, unsigned long bits)
{
	return __pte(pte_val(pte) | bits);
}

static inline pte_t pte_unset(pte_t pte, unsigned long bits)
{
	return __pte(pte_val(pte) & ~bits);
}

#define pte_wrprotect(pte)	pte_unset(pte, _PAGE_WRITE)
#define pte_mkwrite_novma(pte)	pte_set(pte, _PAGE_WRITE)
#define pte_mkclean(pte)	pte_unset(pte, _PAGE_DIRTY)
#define pte_mkdirty(pte)	pte_set(pte, _PAGE_DIRTY)
#define pte_mkold(pte)		pte_unset(pte, _PAGE_ACCESSED)
#define pte_mkyoung(pte)	pte_set(pte, _PAGE_ACCESSED)
#define pte_mkspecial(pte)	pte_set(pte, _PAGE_SPECIAL)

static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	return __pte((pte_val(pte) & _PAGE_CHG_MASK) | pgprot_val(prot));
}

#define LKL_TABLE_OPS(level)						\
static inline int level##_none(level##_t e) { return !level##_val(e); }	\
static inline int level##_present(level##_t e)				\
{									\
	return level##_val(e) & _PAGE_PRESENT;				\
}									\
static inline int level##_bad(level##_t e)				\
{									\
	return (level##_val(e) & _PAGE_FLAGS) != _PAGE_TABLE;		\
}									\
static inline void set_##level(level##_t *p, level##_t e)		\
{									\
	WRITE_ONCE(p->level, level##_val(e));				\
}									\
static inline void level##_clear(level##_t *p)				\
{									\
	set_##level(p, __##level(0));					\
}
LKL_TABLE_OPS(pmd)
LKL_TABLE_OPS(pud)
#undef LKL_TABLE_OPS

/* The top level: folded into the pgd, whose entries these are. */
static inline int p4d_none(p4d_t p4d) { return !p4d_val(p4d); }
static inline int p4d_present(p4d_t p4d) { return p4d_val(p4d) & _PAGE_PRESENT; }

static inline int p4d_bad(p4d_t p4d)
{
	return (p4d_val(p4d) & _PAGE_FLAGS) != _PAGE_TABLE;
}

static inline void set_p4d(p4d_t *p, p4d_t e)
{
	WRITE_ONCE(p->pgd.pgd, p4d_val(e));
}

static inline void p4d_clear(p4d_t *p)
{
	set_p4d(p, (p4d_t) { __pgd(0) });
}

static inline pud_t *p4d_pgtable(p4d_t p4d)
{
	return (pud_t *)(p4d_val(p4d) & _PAGE_PFN_MASK);
}

#define p4d_leaf(p4d)		0
#define p4d_pfn(p4d)		(p4d_val(p4d) >> PAGE_SHIFT)
#define p4d_page(p4d)		pfn_to_page(p4d_pfn(p4d))

#define pmd_leaf(pmd)		0
#define pud_leaf(pud)		0
#define pmd_pfn(pmd)		(pmd_val(pmd) >> PAGE_SHIFT)
#define pmd_page(pmd)		pfn_to_page(pmd_pfn(pmd))
#define pmd_page_vaddr(pmd)	(pmd_val(pmd) & _PAGE_PFN_MASK)
#define pud_pfn(pud)		(pud_val(pud) >> PAGE_SHIFT)
#define pud_page(pud)		pfn_to_page(pud_pfn(pud))

static inline pmd_t *pud_pgtable(pud_t pud)
{
	return (pmd_t *)(pud_val(pud) & _PAGE_PFN_MASK);
}

#define pte_ERROR(e)	pr_err("%s:%d: bad pte %016lx\n", __FILE__, __LINE__, pte_val(e))
#define pmd_ERROR(e)	pr_err("%s:%d: bad pmd %016lx\n", __FILE__, __LINE__, pmd_val(e))
#define pud_ERROR(e)	pr_err("%s:%d: bad pud %016lx\n", __FILE__, __LINE__, pud_val(e))
#define pgd_ERROR(e)	pr_err("%s:%d: bad pgd %016lx\n", __FILE__, __LINE__, pgd_val(e))

/* The host mapping is filled when the access faults again, not here. */
static inline void update_mmu_cache_range(struct vm_fault *vmf,
					  struct vm_area_struct *vma,
					  unsigned long address, pte_t *ptep,
					  unsigned int nr)
{
}

#define update_mmu_cache(vma, addr, ptep) \
	update_mmu_cache_range(NULL, vma, addr, ptep, 1)

/*
 * Swap entries: offset in bits 12 and up, type in bits 1..3 and 5..6; the bits
 * that make an entry present stay clear.
 */
#define __swp_type(x)		(((x).val >> 5) & 0x7)
#define __swp_offset(x)		((x).val >> PAGE_SHIFT)
#define __swp_entry(type, offset) \
	((swp_entry_t) { (((unsigned long)(type) & 0x7) << 5) | \
			 ((unsigned long)(offset) << PAGE_SHIFT) })
#define __pte_to_swp_entry(pte)	((swp_entry_t) { pte_val(pte) })
#define __swp_entry_to_pte(x)	__pte((x).val)

static inline int pte_swp_exclusive(pte_t pte)
{
	return pte_val(pte) & _PAGE_SWP_EXCLUSIVE;
}

#define pte_swp_mkexclusive(pte)	pte_set(pte, _PAGE_SWP_EXCLUSIVE)
#define pte_swp_clear_exclusive(pte)	pte_unset(pte, _PAGE_SWP_EXCLUSIVE)

#endif /* __ASSEMBLY__ */
#endif

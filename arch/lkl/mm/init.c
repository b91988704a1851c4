// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory: one reservation of the host, as near behind the image as it
 * goes, so that both share a zone. struct page exists for every page of the
 * host's address space (in a reservation that is filled where it is touched):
 * the application's own pages can be pinned and given to devices.
 */
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>
#include <asm/hostmem.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/thread.h>

/* With the image, up to the end of two sections; see lkl_memory_reserve(). */
#define DEFAULT_MEMORY	(SZ_128M + SZ_64M)
#define MIN_MEMORY	SZ_32M
/* What memblock gives away at the start of memory, with the largest tables. */
#define EARLY_SIZE	SZ_2M
#define SECTION_SIZE	(1UL << SECTION_SIZE_BITS)
#define VMALLOC_SIZE	SZ_64G
#define MMAP_SIZE	(256UL * SZ_1G)
#define MIN_WINDOW	SZ_1G
#define VMEMMAP_SIZE	((1UL << (LKL_ADDRESS_BITS - PAGE_SHIFT)) * sizeof(struct page))

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __page_aligned_bss;
EXPORT_SYMBOL(empty_zero_page);

unsigned long lkl_vmalloc_start, lkl_vmalloc_end;
EXPORT_SYMBOL(lkl_vmalloc_start);
unsigned long lkl_mmap_start, lkl_mmap_end;
struct page *lkl_vmemmap;
EXPORT_SYMBOL(lkl_vmemmap);

static unsigned long ram_start, ram_end;

static const pgprot_t protection_map[16] = {
	[VM_NONE]					= PAGE_NONE,
	[VM_READ]					= PAGE_READONLY,
	[VM_WRITE]					= PAGE_COPY,
	[VM_WRITE | VM_READ]				= PAGE_COPY,
	[VM_EXEC]					= PAGE_READONLY,
	[VM_EXEC | VM_READ]				= PAGE_READONLY,
	[VM_EXEC | VM_WRITE]				= PAGE_COPY,
	[VM_EXEC | VM_WRITE | VM_READ]			= PAGE_COPY,
	[VM_SHARED]					= PAGE_NONE,
	[VM_SHARED | VM_READ]				= PAGE_READONLY,
	[VM_SHARED | VM_WRITE]				= PAGE_SHARED,
	[VM_SHARED | VM_WRITE | VM_READ]		= PAGE_SHARED,
	[VM_SHARED | VM_EXEC]				= PAGE_READONLY,
	[VM_SHARED | VM_EXEC | VM_READ]			= PAGE_READONLY,
	[VM_SHARED | VM_EXEC | VM_WRITE]		= PAGE_SHARED,
	[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ]	= PAGE_SHARED,
};
DECLARE_VM_GET_PAGE_PROT

static unsigned long reserve(unsigned long hint, unsigned long size, int backed)
{
	return (unsigned long)lkl_ops->mem_reserve(hint, size, backed);
}

/* A window of @size, or of as much of that as the host has to spare. */
static int reserve_window(unsigned long *start, unsigned long *end, unsigned long size)
{
	for (; size >= MIN_WINDOW; size /= 4) {
		*start = reserve(0, size, 0);
		if (*start) {
			*end = *start + size;
			return 0;
		}
	}
	return -ENOMEM;
}

/* Where memory that begins at @start ends. */
static unsigned long memory_end(const char *cmdline, unsigned long start)
{
	const char *mem = strstr(cmdline, "mem=");
	unsigned long size;

	if (!mem || (mem != cmdline && mem[-1] != ' '))
		/* Up to the end of a section: all of it is described anyway. */
		return ALIGN(start + DEFAULT_MEMORY, SECTION_SIZE);
	size = memparse(mem + 4, NULL);
	return start + ALIGN(max_t(unsigned long, size, MIN_MEMORY), SZ_4M);
}

/* Before anything of the kernel runs. */
int lkl_memory_reserve(const char *cmdline)
{
	unsigned long start = ALIGN((unsigned long)_end, SZ_4M);
	unsigned long size = memory_end(cmdline, start) - start;
	unsigned long first;

	ram_start = reserve(start, size, 1);
	if (!ram_start)
		return -ENOMEM;
	ram_end = ram_start + size;

	if (reserve_window(&lkl_vmalloc_start, &lkl_vmalloc_end, VMALLOC_SIZE) ||
	    reserve_window(&lkl_mmap_start, &lkl_mmap_end, MMAP_SIZE))
		return -ENOMEM;
	lkl_vmemmap = (struct page *)reserve(0, VMEMMAP_SIZE, 1);
	if (!lkl_vmemmap) {
		/* Then only guest memory has it, and the rest cannot be pinned. */
		first = min(ram_start, (unsigned long)_text) >> PA_SECTION_SHIFT
			<< PFN_SECTION_SHIFT;
		size = (ALIGN(ram_end, 1UL << PA_SECTION_SHIFT) >> PAGE_SHIFT) - first;
		lkl_vmemmap = (struct page *)reserve(0, size * sizeof(struct page), 1);
		if (lkl_vmemmap)
			lkl_vmemmap -= first;
		lkl_hostmem_described = false;
	}
	if (!lkl_vmemmap)
		return -ENOMEM;
	lkl_ops->mem_populate(pfn_to_page(PFN_DOWN(ram_start)),
			      PFN_DOWN(ram_end - ram_start) * sizeof(struct page));
	lkl_ops->mem_populate((void *)ram_start, EARLY_SIZE);
	return 0;
}

/* The reservation behind vmemmap is filled as it is touched. */
int __meminit vmemmap_populate(unsigned long start, unsigned long end, int node,
			       struct vmem_altmap *altmap)
{
	return 0;
}

void __init lkl_memory_setup(void)
{
	unsigned long text = (unsigned long)_text & PAGE_MASK;

	memblock_add(ram_start, ram_end - ram_start);
	memblock_add(text, (unsigned long)_end - text);
	memblock_reserve(text, (unsigned long)_end - text);
	min_low_pfn = PFN_DOWN(memblock_start_of_DRAM());
	max_low_pfn = max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	high_memory = (void *)ram_end;
}

void __init lkl_paging_init(void)
{
	unsigned long max_zone_pfns[MAX_NR_ZONES] = { 0 };

	sparse_init();
	max_zone_pfns[ZONE_NORMAL] = max_low_pfn;
	free_area_init(max_zone_pfns);
}

void __init mem_init(void)
{
	memblock_free_all();
	lkl_hostmem_init();
}

/* What was for the start only is part of the image, not of guest memory. */
void free_initmem(void)
{
}

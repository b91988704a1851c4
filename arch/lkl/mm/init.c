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
#include <asm/entry.h>
#include <asm/hostmem.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/thread.h>
#include <asm/tlb_fill.h>

/* With the image, up to the end of two sections; see lkl_memory_reserve(). */
#define DEFAULT_MEMORY	(SZ_128M + SZ_64M)
#define MIN_MEMORY	SZ_32M
/* What memblock gives away at the start of memory, with the largest tables. */
#define EARLY_SIZE	SZ_2M
#define SECTION_SIZE	(1UL << SECTION_SIZE_BITS)
/* Of the windows, where the address space is not a small one. */
#define VMALLOC_SIZE	SZ_64G
#define MMAP_SIZE	(256UL * SZ_1G)
#define MIN_WINDOW	SZ_64M

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __page_aligned_bss;
EXPORT_SYMBOL(empty_zero_page);

unsigned long lkl_vmalloc_start, lkl_vmalloc_end;
EXPORT_SYMBOL(lkl_vmalloc_start);
unsigned long lkl_mmap_start, lkl_mmap_end;
struct page *lkl_vmemmap;
EXPORT_SYMBOL(lkl_vmemmap);

unsigned long lkl_ram_start, lkl_ram_end;
EXPORT_SYMBOL(lkl_ram_start);
EXPORT_SYMBOL(lkl_ram_end);

static unsigned long ram_start, ram_end;
/* Devices of the application, which know addresses in it. */
static int lent;

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

/*
 * A window from *@start to *@end of @size bytes, or as many as leave most of a small
 * address space to others.
 */
static bool reserve_window(unsigned long *start, unsigned long *end, unsigned long size)
{
	unsigned long room = 0;

	for (; size >= MIN_WINDOW; size /= 2) {
		room = reserve(0, 4 * size, 0);
		if (room)
			break;
	}
	if (!room)
		return false;
	lkl_ops->mem_release((void *)room, 4 * size);
	*start = reserve(0, size, 0);
	*end = *start + size;
	return *start;
}

/*
 * Without aliases the vmalloc window is memory too, see tlb.c; and process 1 gets no
 * more than room for what it is started with, where no application has memory.
 */
static bool reserve_windows(void)
{
	if (reserve_window(&lkl_vmalloc_start, &lkl_vmalloc_end, VMALLOC_SIZE))
		return reserve_window(&lkl_mmap_start, &lkl_mmap_end, MMAP_SIZE);
	lkl_can_alias = false;
	lkl_vmalloc_start = reserve(0, VMALLOC_SIZE, 1);
	lkl_vmalloc_end = lkl_vmalloc_start + VMALLOC_SIZE;
	lkl_mmap_start = TASK_SIZE - 2 * SZ_1M;
	lkl_mmap_end = lkl_mmap_start + SZ_1M;
	return lkl_vmalloc_start;
}

/* struct page for addresses from @start to @end. */
static bool reserve_vmemmap(unsigned long start, unsigned long end)
{
	unsigned long first = start >> PA_SECTION_SHIFT << PFN_SECTION_SHIFT;
	unsigned long count = (ALIGN(end, SECTION_SIZE) >> PAGE_SHIFT) - first;

	lkl_vmemmap = (struct page *)reserve(0, count * sizeof(struct page), 1);
	if (!lkl_vmemmap)
		return false;
	lkl_vmemmap -= first;
	lkl_hostmem_end = start ? 0 : end;
	return true;
}

/*
 * All that an address can reach; or the address spaces of processors and systems
 * with fewer bits; or only the kernel's own, then the rest cannot be pinned.
 */
static bool describe_memory(void)
{
	static const int bits[] = { LKL_ADDRESS_BITS, 39, 36 };

	for (int i = 0; i < ARRAY_SIZE(bits); i++)
		if (ram_end <= 1UL << bits[i] && reserve_vmemmap(0, 1UL << bits[i]))
			return true;
	return reserve_vmemmap(min(ram_start, (unsigned long)_text),
			       max(ram_end, (unsigned long)_end));
}

bool lkl_is_ram(unsigned long addr)
{
	return addr >= ram_start && addr < ram_end;
}

/* Nothing is refused while they could be meant. */
static void set_refused(void)
{
	lkl_ram_start = ram_start;
	WRITE_ONCE(lkl_ram_end, lent ? 0 : ram_end);
}

void LKL_ABI lkl_image_lend(int devices)
{
	lent = devices;
	set_refused();
}

/* Before anything of the kernel runs. */
int lkl_memory_reserve(const char *cmdline)
{
	unsigned long start = ALIGN((unsigned long)_end, SZ_4M);
	unsigned long size = memory_end(cmdline, start) - start;

	ram_start = reserve(start, size, 1);
	if (!ram_start)
		return -ENOMEM;
	ram_end = ram_start + size;
	set_refused();

	if (!reserve_windows() || !describe_memory())
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

// SPDX-License-Identifier: GPL-2.0
/*
 * Faults, and the application's memory.
 *
 * To the memory manager the application's own memory is one mapping that covers
 * everything outside the mmap() window. Its pages are never allocated or freed
 * here, only described when somebody wants to pin them.
 */
#include <linux/anon_inodes.h>
#include <linux/extable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/debug.h>
#include <linux/uaccess.h>
#include <asm/entry.h>
#include <asm/hostmem.h>
#include <asm/sections.h>
#include <asm/stacktrace.h>
#include <asm/thread.h>
#include <asm/tlb_fill.h>

void __init_single_page(struct page *page, unsigned long pfn, unsigned long zone,
			int nid);
extern unsigned long highest_memmap_pfn;

unsigned long lkl_hostmem_end;

static bool in_window(unsigned long addr)
{
	return addr >= lkl_mmap_start && addr < lkl_mmap_end;
}

/* Whether the application may access @addr so; changes nothing. */
static bool host_access_ok(unsigned long addr, bool write)
{
	u8 byte;

	if (lkl_is_guest_memory(addr))
		return false;
	/* What was lent is in use; free pages are nobody's to describe. */
	if (lkl_is_ram(addr) && !page_count(virt_to_page(addr)))
		return false;
	if (copy_from_kernel_nofault(&byte, (void *)addr, 1))
		return false;
	return !write || !lkl_probe_write((void *)addr);
}

static struct page *__ref describe_page(unsigned long addr, struct file *memory)
{
	unsigned long pfn = addr >> PAGE_SHIFT;
	struct page *page = pfn_to_page(pfn);

	if (!page_count(page)) {
		__init_single_page(page, pfn, ZONE_NORMAL, 0);
		SetPageReserved(page);
		page->mapping = memory->f_mapping;
		page->index = pfn;
	}
	return page;
}

static vm_fault_t hostmem_fault(struct vm_fault *vmf)
{
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	struct vm_area_struct *vma = vmf->vma;
	pte_t *pte, entry;
	spinlock_t *ptl;

	if (vmf->address >= lkl_hostmem_end || !host_access_ok(vmf->address, write))
		return VM_FAULT_SIGBUS;
	if (pte_alloc(vma->vm_mm, vmf->pmd))
		return VM_FAULT_OOM;
	pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &ptl);
	if (!pte)
		return VM_FAULT_NOPAGE;
	entry = mk_pte(describe_page(vmf->address, vma->vm_file), PAGE_READONLY);
	if (write)
		entry = pte_mkdirty(pte_mkwrite_novma(entry));
	set_pte_at(vma->vm_mm, vmf->address, pte, entry);
	pte_unmap_unlock(pte, ptl);
	return VM_FAULT_NOPAGE;
}

/*
 * No page_mkwrite(): that would say that the file behind wants to know of stores,
 * and forbid to pin for long. So memory that became read-only after it was pinned
 * for writing is found out by the device: -EIO instead of -EFAULT.
 */
static const struct vm_operations_struct hostmem_ops = {
	.fault = hostmem_fault,
};

static int map_range(struct mm_struct *mm, struct file *memory, unsigned long start,
		     unsigned long end)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);
	int err;

	if (!vma)
		return -ENOMEM;
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = start >> PAGE_SHIFT;
	vma->vm_ops = &hostmem_ops;
	vma->vm_file = get_file(memory);
	/* Sealed: it is not ours to unmap, move or protect. */
	vm_flags_init(vma, VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE |
		      VM_SHARED | VM_MAYSHARE | VM_DONTEXPAND | VM_DONTCOPY |
		      VM_DONTDUMP | VM_MIXEDMAP | VM_SEALED);
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
	err = insert_vm_struct(mm, vma);
	if (err) {
		fput(memory);
		vm_area_free(vma);
	}
	return err;
}

/*
 * The memory manager knows shared memory without a file only where it makes that itself.
 * So the application's is one whose pages are at their addresses: futexes tell them apart
 * by that, and who makes a page writable finds the times that this changes.
 */
static const struct file_operations memory_file = {
	.fsync = noop_fsync,
};

int lkl_hostmem_map(struct mm_struct *mm)
{
	struct file *memory = anon_inode_getfile("[application]", &memory_file, NULL, O_RDWR);
	int err;

	if (IS_ERR(memory))
		return PTR_ERR(memory);
	mmap_write_lock(mm);
	err = map_range(mm, memory, PAGE_SIZE, lkl_mmap_start);
	if (!err)
		err = map_range(mm, memory, lkl_mmap_end, TASK_SIZE);
	mmap_write_unlock(mm);
	fput(memory);
	return err;
}

int lkl_hostmem_init(void)
{
	highest_memmap_pfn = (TASK_SIZE >> PAGE_SHIFT) - 1;
	return 0;
}

bool lkl_fault_in(const void *ptr, bool write)
{
	unsigned long addr = (unsigned long)ptr;
	struct mm_struct *mm = current->mm;
	bool again;

	if (!in_window(addr) || !mm)
		return false;
	/* Who disables it has had the page brought in before, but nobody has shown it. */
	if (faulthandler_disabled())
		return lkl_tlb_fill_user(mm, addr, write);
	mmap_read_lock(mm);
	again = !fixup_user_fault(mm, addr, write ? FAULT_FLAG_WRITE : 0, NULL) &&
		lkl_tlb_fill_user(mm, addr, write);
	mmap_read_unlock(mm);
	return again;
}

/* The access that killed the kernel; for lkl_oops(). */
static struct {
	unsigned long ip, addr;
	bool write;
} oops;

/* The stack is as it was, which on x86-64 may be between two words. */
#ifdef CONFIG_LKL_X86_64
__attribute__((force_align_arg_pointer))
#endif
static void __noreturn lkl_oops(void)
{
	console_verbose();
	pr_emerg("BUG: unable to handle a %s at %px, from %pS\n",
		 oops.write ? "store" : "load", (void *)oops.addr, (void *)oops.ip);
	lkl_show_interrupted(__builtin_frame_address(0), KERN_EMERG);
	/* As die() has it elsewhere: panic() shows no trace of its own then. */
	add_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);
	panic("Oops in %s (pid %d)", current->comm, current->pid);
}

unsigned long long LKL_ABI lkl_image_fault(struct lkl_thread *th,
					   unsigned long long ip,
					   unsigned long long addr, int write)
{
	const struct exception_table_entry *entry;
	bool again;

	if (ip >= (unsigned long)_stext && ip < (unsigned long)_etext) {
		entry = search_exception_tables(ip);
		if (entry)
			return (unsigned long)&entry->fixup + entry->fixup;
		oops.ip = ip;
		oops.addr = addr;
		oops.write = write;
		return (unsigned long)lkl_oops;
	}
	if (!th || !in_window(addr) || lkl_td(th)->inside || !lkl_td(th)->sem)
		return 0;
	if (lkl_ctx_mark(&lkl_td(th)->entry)) {
		lkl_bail_out(th);
		return 0;
	}
	lkl_td(th)->inside = true;
	lkl_cpu_enter(th);
	again = lkl_fault_in((void *)addr, write);
	lkl_cpu_leave(th);
	lkl_td(th)->inside = false;
	return again ? ip : 0;
}

// SPDX-License-Identifier: GPL-2.0
/* mmap() places things in a window of its own, never over the application's. */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/syscalls.h>
#include <asm/tlb_fill.h>

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len,
		unsigned long, prot, unsigned long, flags,
		unsigned long, fd, unsigned long, off)
{
	if (offset_in_page(off))
		return -EINVAL;
	if (!lkl_can_alias)
		return -ENODEV;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr < lkl_mmap_start || addr >= lkl_mmap_end ||
		    len > lkl_mmap_end - addr)
			return -EINVAL;
	} else if (addr < lkl_mmap_start || addr >= lkl_mmap_end) {
		addr = 0;
	}
	return ksys_mmap_pgoff(addr, len, prot, flags, fd, off >> PAGE_SHIFT);
}

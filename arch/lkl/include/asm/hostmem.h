/* SPDX-License-Identifier: GPL-2.0 */
/* The application's memory, and what the kernel maps into it: mm/. */
#ifndef _ASM_LKL_HOSTMEM_H
#define _ASM_LKL_HOSTMEM_H

#include <linux/types.h>

struct mm_struct;

/* init.c: guest memory, if it is only the kernel's; no system call may name it then. */
extern unsigned long lkl_ram_start, lkl_ram_end;

static inline bool lkl_is_guest_memory(unsigned long addr)
{
	return addr >= lkl_ram_start && addr < lkl_ram_end;
}

/* Covers all of the host's address space, but for the mmap() window. */
int lkl_hostmem_map(struct mm_struct *mm);
/*
 * Brings in the page at @addr, which the application or a copy faulted on.
 * True if the access is worth another try. May block, unless page faults are
 * disabled: then the page has to be in the page tables already.
 */
bool lkl_fault_in(const void *addr, bool write);

int lkl_hostmem_init(void);
/* There is a struct page for every page of the application below. */
extern unsigned long lkl_hostmem_end;

/* 0 if @addr can be stored to; leaves what is there. lib/copy_user.c */
int lkl_probe_write(void *addr);

/* init.c: reserves guest memory and the windows; tells memblock; zones. */
int lkl_memory_reserve(const char *cmdline);
void lkl_memory_setup(void);
void lkl_paging_init(void);

#endif

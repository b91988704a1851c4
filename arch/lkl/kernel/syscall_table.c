// SPDX-License-Identifier: GPL-2.0
#include <linux/linkage.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

/* mm/mmap.c; in the generic list only for those who define it. */
asmlinkage long sys_mmap(unsigned long addr, unsigned long len, unsigned long prot,
			 unsigned long flags, unsigned long fd, unsigned long off);

/* The host calls handlers of signals, and restores the mask. */
#define sys_rt_sigreturn sys_ni_syscall
/* Process 1 is the application, which only itself can end or replace. */
#define sys_exit_group sys_ni_syscall
#define sys_execve sys_ni_syscall
#define sys_execveat sys_ni_syscall

#define __SYSCALL(nr, entry)	[nr] = (sys_call_ptr_t)entry,
#define __SYSCALL_WITH_COMPAT(nr, native, compat)	__SYSCALL(nr, native)

const sys_call_ptr_t sys_call_table[NR_syscalls] = {
	[0 ... NR_syscalls - 1] = (sys_call_ptr_t)sys_ni_syscall,
#include <asm/syscall_table_64.h>
};

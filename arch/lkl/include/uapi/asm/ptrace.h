/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_ASM_LKL_PTRACE_H
#define _UAPI_ASM_LKL_PTRACE_H

#ifndef __ASSEMBLY__

/* The system call that a task is in. */
struct pt_regs {
	unsigned long ip;
	unsigned long sp;
	long nr;
	long ret;
	unsigned long args[6];
	int user;
};

struct user_regs_struct {
	struct pt_regs regs;
};

#endif
#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_LINUX_CONTEXT_X86_64_H
#define LKL_LINUX_CONTEXT_X86_64_H

#include <ucontext.h>

static inline greg_t *program_counter(ucontext_t *uc)
{
	return &uc->uc_mcontext.gregs[REG_RIP];
}

/* Bit 1 of the page fault error code. */
static inline int was_write(const ucontext_t *uc)
{
	return !!(uc->uc_mcontext.gregs[REG_ERR] & 2);
}

#endif

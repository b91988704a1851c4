/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a fault handler needs of the interrupted thread's registers, by processor:
 *
 *   program_counter(uc)  where it is, and where it will go on
 *   was_write(uc)        whether the access that faulted was a store
 */
#ifndef LKL_FREEBSD_CONTEXT_H
#define LKL_FREEBSD_CONTEXT_H

#include <sys/types.h>
#include <ucontext.h>

#if defined(__x86_64__)
static inline __register_t *program_counter(ucontext_t *uc)
{
	return &uc->uc_mcontext.mc_rip;
}

/* Bit 1 of the page fault error code. */
static inline int was_write(ucontext_t *uc)
{
	return !!(uc->uc_mcontext.mc_err & 2);
}
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers of the processor. They seed the kernel's generator before its
 * first user, so that nobody waits for entropy.
 */
#ifndef _ASM_LKL_ARCHRANDOM_H
#define _ASM_LKL_ARCHRANDOM_H

#include <linux/types.h>

#ifdef CONFIG_LKL_X86_64
/* Fill up to @max_longs; return how many, 0 if the processor has no such thing. */
size_t __must_check arch_get_random_longs(unsigned long *v, size_t max_longs);
size_t __must_check arch_get_random_seed_longs(unsigned long *v, size_t max_longs);
#else
#include <asm-generic/archrandom.h>
#endif

#endif

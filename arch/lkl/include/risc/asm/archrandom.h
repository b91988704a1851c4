/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers of the host. They seed the kernel's generator before its first
 * user, so that nobody waits for entropy. lib/random.c
 */
#ifndef _ASM_LKL_ARCHRANDOM_H
#define _ASM_LKL_ARCHRANDOM_H

#include <linux/types.h>

/* Fill up to @max_longs; return how many, 0 if there is no such thing. */
size_t __must_check arch_get_random_longs(unsigned long *v, size_t max_longs);
size_t __must_check arch_get_random_seed_longs(unsigned long *v, size_t max_longs);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_WORD_AT_A_TIME_H
#define _ASM_LKL_WORD_AT_A_TIME_H

#include <asm-generic/word-at-a-time.h>

#ifdef CONFIG_DCACHE_WORD_ACCESS
#include <asm/extable.h>

/*
 * Eight bytes at @addr. If they reach into a page that is not there, the ones
 * before it, and zeroes.
 */
static inline unsigned long load_unaligned_zeropad(const void *addr)
{
	unsigned long word;

#if defined(CONFIG_LKL_X86_64)
	asm("1:	movq %1, %0\n"
	    "2:\n"
	    ".subsection 1\n"
	    "3:	leaq %1, %%rcx\n"
	    "	movq %%rcx, %0\n"
	    "	andq $-8, %0\n"
	    "	movq (%0), %0\n"
	    "	andl $7, %%ecx\n"
	    "	shll $3, %%ecx\n"
	    "	shrq %%cl, %0\n"
	    "	jmp 2b\n"
	    ".previous\n"
	    LKL_EXTABLE(1b, 3b)
	    : "=&r" (word)
	    : "m" (*(const unsigned long *)addr)
	    : "rcx", "cc");
#else
	unsigned long offset;

	asm("1:	ldr	%0, %3\n"
	    "2:\n"
	    ".subsection 1\n"
	    "3:	and	%1, %2, #7\n"
	    "	bic	%0, %2, #7\n"
	    "	ldr	%0, [%0]\n"
	    "	lsl	%1, %1, #3\n"
	    "	lsr	%0, %0, %1\n"
	    "	b	2b\n"
	    ".previous\n"
	    LKL_EXTABLE(1b, 3b)
	    : "=&r" (word), "=&r" (offset)
	    : "r" (addr), "m" (*(const unsigned long *)addr));
#endif
	return word;
}
#endif

#endif

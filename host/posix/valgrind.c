// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the kernel, as valgrind is to see it.
 *
 * The kernel has stacks in its memory and changes between them. Memcheck takes a small jump of
 * the stack pointer for a frame that begins or ends, and forgets what it knows of the memory
 * between; unless it knows both stacks. We do not know where the kernel has its own, but how large
 * and aligned they are: so every place for one is told as one.
 *
 * Behind that, what was a stack once stays inaccessible for memcheck when the kernel uses
 * it for something else, so accesses to memory of the kernel are not judged.
 */
#include <stdlib.h>

#include "valgrind.h"

/* THREAD_SIZE of the kernel, see arch/lkl/Kconfig. */
#define STACK_SIZE	32768UL
/* More than this is not used for stacks, or valgrind would take long to find one. */
#define MEMORY_MAX	(1UL << 30)

/* Requests, as valgrind.h and memcheck.h number them. */
#define RUNNING_ON_VALGRIND	0x1001
#define STACK_REGISTER		0x1501
#define STACK_DEREGISTER	0x1502
#define MEMCHECK(n)		('M' << 24 | 'C' << 16 | (n))
#define JUDGE_ACCESSES		MEMCHECK(13)
#define IGNORE_ACCESSES		MEMCHECK(14)

/* Instructions that do nothing, but are a call for valgrind. Returns 0 elsewhere. */
static unsigned long request(unsigned long what, unsigned long a, unsigned long b)
{
	unsigned long args[6] = { what, a, b }, ret = 0;

#if defined(__x86_64__)
	__asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d" (ret) : "a" (args) : "cc", "memory");
#elif defined(__aarch64__)
	register unsigned long x3 __asm__("x3") = ret;
	register unsigned long *x4 __asm__("x4") = args;

	__asm__ volatile("ror x12, x12, #3; ror x12, x12, #13; ror x12, x12, #51;"
			 "ror x12, x12, #61\n\torr x10, x10, x10"
			 : "+r" (x3) : "r" (x4) : "cc", "memory");
	ret = x3;
#else
	(void)args;
#endif
	return ret;
}

int lkl_in_valgrind(void)
{
	return !!request(RUNNING_ON_VALGRIND, 0, 0);
}

/* How many, and their numbers. */
unsigned int *lkl_valgrind_kernel_memory(uintptr_t start, size_t size)
{
	uintptr_t first = (start + STACK_SIZE - 1) & -STACK_SIZE, end = start + size;
	size_t n = end > first ? (end - first) / STACK_SIZE : 0;
	unsigned int *stacks;

	if (!lkl_in_valgrind())
		return NULL;
	request(IGNORE_ACCESSES, start, size);
	stacks = size <= MEMORY_MAX ? malloc((n + 1) * sizeof(*stacks)) : NULL;
	if (!stacks)
		return NULL;
	stacks[0] = n;
	for (size_t i = 0; i < n; i++)
		stacks[i + 1] = request(STACK_REGISTER, first + i * STACK_SIZE,
					first + (i + 1) * STACK_SIZE - 1);
	return stacks;
}

void lkl_valgrind_forget(uintptr_t start, size_t size, unsigned int *stacks)
{
	request(JUDGE_ACCESSES, start, size);
	/* It finds the newest first. */
	for (unsigned int i = stacks ? stacks[0] : 0; i; i--)
		request(STACK_DEREGISTER, stacks[i], 0);
	free(stacks);
}

// SPDX-License-Identifier: GPL-2.0
/* The host's random numbers, where the processor has none. */
#include <asm/archrandom.h>
#include <asm/thread.h>

size_t lkl_host_random(unsigned long *v, size_t max_longs)
{
	int n;

	if (!lkl_ops || !lkl_ops->random)
		return 0;
	n = lkl_ops->random(v, max_longs * sizeof(*v));
	return n > 0 ? n / sizeof(*v) : 0;
}

#ifndef CONFIG_LKL_X86_64
size_t arch_get_random_longs(unsigned long *v, size_t max_longs)
{
	return 0;
}

size_t arch_get_random_seed_longs(unsigned long *v, size_t max_longs)
{
	return lkl_host_random(v, max_longs);
}
#endif

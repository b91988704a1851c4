// SPDX-License-Identifier: GPL-2.0
/*
 * RDSEED and RDRAND. The first call comes before any initcall.
 */
#include <asm/archrandom.h>
#include <asm/isa.h>
#include <asm/thread.h>

/* Both instructions may run dry for a moment; then they say so in the carry. */
#define RETRIES 10

static bool usable(u32 isa)
{
	if (!isa_has(ISA_KNOWN))
		isa_detect();
	return isa_has(isa);
}

size_t arch_get_random_longs(unsigned long *v, size_t max_longs)
{
	int retries = RETRIES;
	bool ok;

	if (!max_longs || !usable(ISA_RDRAND))
		return 0;
	do {
		asm volatile("rdrand %0" : "=r" (*v), "=@ccc" (ok));
	} while (!ok && --retries);
	return ok;
}

size_t arch_get_random_seed_longs(unsigned long *v, size_t max_longs)
{
	int retries = RETRIES;
	bool ok;

	if (!max_longs)
		return 0;
	if (!usable(ISA_RDSEED))
		return usable(ISA_RDRAND) ? 0 : lkl_host_random(v, max_longs);
	do {
		asm volatile("rdseed %0" : "=r" (*v), "=@ccc" (ok));
	} while (!ok && --retries);
	return ok;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's RAID-6 functions for x86 processors, in user space: its sources are
 * made for that too.
 */
#include "native.h"

#ifdef __x86_64__
#define CONFIG_X86_64		1
#define CONFIG_AS_AVX512	1
#include <../lib/raid6/avx512.c>
#include <../lib/raid6/avx2.c>

int native_raid6(int disks, size_t size, void **buf)
{
	static const struct raid6_calls *calls;

	/* Asking the processor takes long in a virtual machine. */
	if (!calls)
		calls = raid6_avx512x4.valid() ? &raid6_avx512x4 : &raid6_avx2x4;
	if (calls == &raid6_avx2x4 && !calls->valid())
		return 0;
	calls->gen_syndrome(disks, size, buf);
	return 1;
}
#else
int native_raid6(int disks, size_t size, void **buf)
{
	return 0;
}
#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * Chooses the RAID-6 functions. lib/raid6/algos.c knows some vector versions, by
 * the compiler's target, and the others only in a kernel for x86. It has made its
 * choice when this runs, and the RAID drivers have not looked yet.
 */
#include <linux/init.h>
#include <linux/raid/pq.h>
#include <asm/isa.h>

static int __init choose_raid6(void)
{
	const struct raid6_recov_calls *recov;

	if (isa_has(ISA_AVX2 | ISA_AVX512)) {
		raid6_call = raid6_avx512x4;
		recov = &raid6_recov_avx512;
	} else if (isa_has(ISA_AVX2)) {
		raid6_call = raid6_avx2x4;
		recov = &raid6_recov_avx2;
	} else {
		return 0;
	}

	raid6_2data_recov = recov->data2;
	raid6_datap_recov = recov->datap;
	return 0;
}
subsys_initcall_sync(choose_raid6);

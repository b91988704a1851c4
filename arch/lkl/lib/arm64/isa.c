// SPDX-License-Identifier: GPL-2.0
/*
 * Asks the processor what it can do. A process may not read its registers of
 * identification, but systems answer in their place: Linux since 4.11, FreeBSD
 * since 12.
 */
#include <linux/array_size.h>
#include <linux/cache.h>
#include <linux/export.h>
#include <linux/init.h>
#include <asm/isa.h>

u32 lkl_isa __ro_after_init;
EXPORT_SYMBOL(lkl_isa);

/* Of ID_AA64ISAR0_EL1: what is there from which value of a field on. */
static const struct {
	u32 isa;
	u8 shift, least;
} fields[] = {
	{ ISA_AES, 4, 1 },
	{ ISA_PMULL, 4, 2 },
	{ ISA_SHA1, 8, 1 },
	{ ISA_SHA2, 12, 1 },
	{ ISA_SHA512, 12, 2 },
	{ ISA_CRC32, 16, 1 },
	{ ISA_SHA3, 32, 1 },
};

static int __init isa_detect(void)
{
	u64 isar0;

	asm("mrs %0, id_aa64isar0_el1" : "=r" (isar0));
	for (int i = 0; i < ARRAY_SIZE(fields); i++)
		if ((isar0 >> fields[i].shift & 0xf) >= fields[i].least)
			lkl_isa |= fields[i].isa;
	return 0;
}
early_initcall(isa_detect);

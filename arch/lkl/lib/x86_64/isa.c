// SPDX-License-Identifier: GPL-2.0
/*
 * Asks the processor what it can do. Extensions with registers of their own
 * count only if the system saves these (XCR0).
 */
#include <linux/cache.h>
#include <linux/export.h>
#include <linux/init.h>
#include <asm/isa.h>

u32 lkl_isa __ro_after_init;
EXPORT_SYMBOL(lkl_isa);

struct cpuid {
	u32 eax, ebx, ecx, edx;
};

static struct cpuid cpuid(u32 leaf)
{
	struct cpuid r = { .eax = leaf };

	asm volatile("cpuid"
		     : "+a" (r.eax), "=b" (r.ebx), "+c" (r.ecx), "=d" (r.edx));
	return r;
}

static u32 xcr0(void)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
	return low;
}

#define XCR0_AVX	(BIT(1) | BIT(2))
#define XCR0_AVX512	(XCR0_AVX | BIT(5) | BIT(6) | BIT(7))

struct isa_bit {
	u32 isa;
	u32 mask;
};

static const struct isa_bit leaf1_ecx[] = {
	{ ISA_SSSE3, BIT(9) },
	{ ISA_SSE42, BIT(19) | BIT(20) },
	{ ISA_PCLMUL, BIT(1) },
	{ ISA_AES, BIT(25) },
	{ ISA_MOVBE, BIT(22) },
	{ ISA_AVX, BIT(27) | BIT(28) },
	{ ISA_RDRAND, BIT(30) },
	{ }
};

static const struct isa_bit leaf7_ebx[] = {
	{ ISA_BMI2, BIT(3) | BIT(8) },
	{ ISA_AVX2, BIT(5) },
	{ ISA_AVX512, BIT(16) | BIT(17) | BIT(30) | BIT(31) },
	{ ISA_RDSEED, BIT(18) },
	{ ISA_ADX, BIT(19) },
	{ ISA_AVX512IFMA, BIT(21) },
	{ ISA_SHA, BIT(29) },
	{ }
};

static const struct isa_bit leaf7_ecx[] = {
	{ ISA_VAES, BIT(9) },
	{ ISA_VPCLMUL, BIT(10) },
	{ }
};

static u32 collect(const struct isa_bit *bit, u32 reg)
{
	u32 isa = 0;

	for (; bit->isa; bit++)
		if ((reg & bit->mask) == bit->mask)
			isa |= bit->isa;
	return isa;
}

void isa_detect(void)
{
	struct cpuid one = cpuid(1), seven;
	u32 isa = collect(leaf1_ecx, one.ecx);
	u32 saved = one.ecx & BIT(27) ? xcr0() : 0;

	if (cpuid(0).eax >= 7) {
		seven = cpuid(7);
		isa |= collect(leaf7_ebx, seven.ebx) |
		       collect(leaf7_ecx, seven.ecx);
	}

	if ((saved & XCR0_AVX) != XCR0_AVX)
		isa &= ~(ISA_AVX | ISA_AVX2 | ISA_VAES | ISA_VPCLMUL | ISA_AVX512);
	if ((saved & XCR0_AVX512) != XCR0_AVX512)
		isa &= ~ISA_AVX512;
	if (!(isa & ISA_AVX512))
		isa &= ~ISA_AVX512IFMA;

	lkl_isa = isa | ISA_KNOWN;
}

static int __init isa_init(void)
{
	if (!isa_has(ISA_KNOWN))
		isa_detect();
	return 0;
}
early_initcall(isa_init);

// SPDX-License-Identifier: GPL-2.0
/*
 * crc32_le() and __crc32c_le(), in place of the weak ones of lib/crc32.c: what is
 * above them (libcrc32c, the crypto drivers "crc32c-generic" and
 * "crc32-generic") gets faster without knowing.
 *
 * Three ways: folding with 64-byte or 16-byte registers, see crc32.h, and for the
 * Castagnoli polynomial an instruction, in three chains as it takes three cycles.
 */
#include <asm/isa.h>
#include <linux/crc32.h>
#include <linux/unaligned.h>
#include "crc32.h"

const struct folds crc32c_folds = {
	.by_2048 = { { 0xe9a5d8be00000000, 0x1426a81500000000 } },
	.by_512 = { { 0x1c19243b00000000, 0x75bba45b00000000 } },
	.by_128 = { { 0x3743f7bd00000000, 0x3171d43000000000 } },
};

const struct folds crc32_folds = {
	.by_2048 = { { 0x7cc8e1e700000000, 0x03f9f86300000000 } },
	.by_512 = { { 0x653d982200000000, 0xcad38e8f00000000 } },
	.by_128 = { { 0x65673b4600000000, 0x9ba54c6f00000000 } },
};

#define ISA_FOLD512 (ISA_AVX512 | ISA_VPCLMUL | ISA_PCLMUL)

/* Below this, setting the folding up costs more than it saves. */
#define MIN_FOLD512 256
#define MIN_FOLD128 64

static u32 crc8(u32 crc, u8 byte)
{
	asm("crc32b %1, %0" : "+r" (crc) : "rm" (byte));
	return crc;
}

static u64 crc64(u64 crc, u64 word)
{
	asm("crc32q %1, %0" : "+r" (crc) : "rm" (word));
	return crc;
}

static u32 crc32c_words(u32 crc, const u8 *p, size_t len)
{
	u64 c = crc;

	for (; len >= 8; p += 8, len -= 8)
		c = crc64(c, get_unaligned((const u64 *)p));
	crc = c;
	while (len--)
		crc = crc8(crc, *p++);
	return crc;
}

/*
 * The product of the reflected @crc and @k, which is x^(n - 33) for a distance of
 * n bits: 32 of the 33 come from crc64(0, product), one from the reflection.
 */
static u64 clmul(u32 crc, u32 k)
{
	u64 product;

	asm("movd %1, %%xmm0\n"
	    "movd %2, %%xmm1\n"
	    "pclmulqdq $0, %%xmm1, %%xmm0\n"
	    "movq %%xmm0, %0"
	    : "=r" (product) : "r" (crc), "r" (k));
	return product;
}

struct chains {
	size_t len;	/* of one of the three, in bytes */
	u32 by_one;	/* x^(8 * len - 33) */
	u32 by_two;	/* x^(16 * len - 33) */
};

static const struct chains long_chains = { 1024, 0x170076fa, 0xa51b6135 };
static const struct chains short_chains = { 128, 0x0d3b6092, 0xb9e02b86 };

static __always_inline u32 crc32c_chains(u32 crc, const u8 *p,
					 const struct chains *chains)
{
	const u8 *end = p + chains->len;
	size_t len = chains->len;
	u64 a = crc, b = 0, c = 0;

	for (; p < end; p += 8) {
		a = crc64(a, get_unaligned((const u64 *)p));
		b = crc64(b, get_unaligned((const u64 *)(p + len)));
		c = crc64(c, get_unaligned((const u64 *)(p + 2 * len)));
	}
	return crc64(0, clmul(a, chains->by_two) ^ clmul(b, chains->by_one)) ^ c;
}

static u32 crc32c_sse42(u32 crc, const u8 *p, size_t len)
{
	size_t n;

	if (isa_has(ISA_PCLMUL)) {
		n = 3 * long_chains.len;
		for (; len >= n; p += n, len -= n)
			crc = crc32c_chains(crc, p, &long_chains);
		n = 3 * short_chains.len;
		for (; len >= n; p += n, len -= n)
			crc = crc32c_chains(crc, p, &short_chains);
	}
	return crc32c_words(crc, p, len);
}

u32 __pure __crc32c_le(u32 crc, unsigned char const *p, size_t len)
{
	u64 rest[2];

	if (!isa_has(ISA_SSE42))
		return __crc32c_le_base(crc, p, len);

	if (len >= MIN_FOLD512 && isa_has(ISA_FOLD512)) {
		size_t done = crc32_fold_avx512(crc, p, len, &crc32c_folds, rest);

		crc = crc64(crc64(0, rest[0]), rest[1]);
		return crc32c_words(crc, p + done, len - done);
	}
	return crc32c_sse42(crc, p, len);
}

u32 __pure crc32_le(u32 crc, unsigned char const *p, size_t len)
{
	size_t done = 0;
	u64 rest[2];

	if (len >= MIN_FOLD512 && isa_has(ISA_FOLD512))
		done = crc32_fold_avx512(crc, p, len, &crc32_folds, rest);
	else if (len >= MIN_FOLD128 && isa_has(ISA_SSE42 | ISA_PCLMUL))
		done = crc32_fold_pclmul(crc, p, len, &crc32_folds, rest);

	if (done)
		crc = crc32_le_base(0, (const u8 *)rest, sizeof(rest));
	return crc32_le_base(crc, p + done, len - done);
}

// SPDX-License-Identifier: GPL-2.0
/* Checksums with 64-byte registers: see crc32.h. */
#include <immintrin.h>
#include "crc32.h"

#define XOR3 0x96	/* truth table of _mm512_ternarylogic_epi64() */

static __m512i load(const void *p)
{
	return _mm512_loadu_si512(p);
}

static __m512i fold(__m512i block, __m512i k, __m512i next)
{
	__m512i low = _mm512_clmulepi64_epi128(block, k, 0x00);
	__m512i high = _mm512_clmulepi64_epi128(block, k, 0x11);

	return _mm512_ternarylogic_epi64(low, high, next, XOR3);
}

static __m128i fold128(__m128i block, __m128i k, __m128i next)
{
	__m128i low = _mm_clmulepi64_si128(block, k, 0x00);
	__m128i high = _mm_clmulepi64_si128(block, k, 0x11);

	return _mm_ternarylogic_epi64(low, high, next, XOR3);
}

static __m512i constants(const struct fold *fold)
{
	return _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)fold));
}

size_t crc32_fold_avx512(u32 crc, const u8 *p, size_t len,
			 const struct folds *folds, u64 out[2])
{
	__m512i k = constants(&folds->by_2048);
	__m512i a = _mm512_xor_si512(load(p), _mm512_zextsi128_si512(_mm_cvtsi32_si128(crc)));
	__m512i b = load(p + 64), c = load(p + 128), d = load(p + 192);
	const u8 *start = p, *end = p + len;
	__m128i k128, x;

	for (p += 256; end - p >= 256; p += 256) {
		a = fold(a, k, load(p));
		b = fold(b, k, load(p + 64));
		c = fold(c, k, load(p + 128));
		d = fold(d, k, load(p + 192));
	}

	k = constants(&folds->by_512);
	b = fold(a, k, b);
	c = fold(b, k, c);
	d = fold(c, k, d);
	for (; end - p >= 64; p += 64)
		d = fold(d, k, load(p));

	k128 = _mm_loadu_si128((const void *)&folds->by_128);
	x = _mm512_castsi512_si128(d);
	x = fold128(x, k128, _mm512_extracti32x4_epi32(d, 1));
	x = fold128(x, k128, _mm512_extracti32x4_epi32(d, 2));
	x = fold128(x, k128, _mm512_extracti32x4_epi32(d, 3));
	for (; end - p >= 16; p += 16)
		x = fold128(x, k128, _mm_loadu_si128((const void *)p));

	_mm_storeu_si128((__m128i *)out, x);
	return p - start;
}

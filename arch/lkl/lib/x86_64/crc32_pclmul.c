// SPDX-License-Identifier: GPL-2.0
/* Checksums with 16-byte registers: see crc32.h. */
#include <immintrin.h>
#include "crc32.h"

static __m128i load(const void *p)
{
	return _mm_loadu_si128(p);
}

/* @block moved ahead, onto @next. */
static __m128i fold(__m128i block, __m128i k, __m128i next)
{
	__m128i low = _mm_clmulepi64_si128(block, k, 0x00);
	__m128i high = _mm_clmulepi64_si128(block, k, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

size_t crc32_fold_pclmul(u32 crc, const u8 *p, size_t len,
			 const struct folds *folds, u64 out[2])
{
	__m128i k = load(&folds->by_512);
	__m128i a = _mm_xor_si128(load(p), _mm_cvtsi32_si128(crc));
	__m128i b = load(p + 16), c = load(p + 32), d = load(p + 48);
	const u8 *start = p, *end = p + len;

	for (p += 64; end - p >= 64; p += 64) {
		a = fold(a, k, load(p));
		b = fold(b, k, load(p + 16));
		c = fold(c, k, load(p + 32));
		d = fold(d, k, load(p + 48));
	}

	k = load(&folds->by_128);
	b = fold(a, k, b);
	c = fold(b, k, c);
	d = fold(c, k, d);
	for (; end - p >= 16; p += 16)
		d = fold(d, k, load(p));

	_mm_storeu_si128((__m128i *)out, d);
	return p - start;
}

// SPDX-License-Identifier: GPL-2.0
/* Calculations by this processor in user space. */
#include <dlfcn.h>
#include <stdint.h>

#include "native.h"

#ifdef __x86_64__
#include <immintrin.h>

__attribute__((target("sse4.2")))
static uint64_t crc32c_thirds(const uint64_t *p, size_t words)
{
	uint64_t a = ~0u, b = ~0u, c = ~0u;

	for (size_t i = 0; i < words; i++) {
		a = __builtin_ia32_crc32di(a, p[i]);
		b = __builtin_ia32_crc32di(b, p[i + words]);
		c = __builtin_ia32_crc32di(c, p[i + 2 * words]);
	}
	return a ^ b ^ c;
}

int native_crc32c(const void *data, size_t len)
{
	if (!__builtin_cpu_supports("sse4.2"))
		return 0;
	/* Looked at, so that it is calculated. */
	return crc32c_thirds(data, len / 24) != 1;
}

__attribute__((target("avx512bw")))
static void raid6_avx512(int disks, size_t size, char **buf)
{
	const __m512i poly = _mm512_set1_epi8(0x1d);

	for (size_t i = 0; i < size; i += 64) {
		__m512i p = _mm512_loadu_si512(buf[disks - 3] + i), q = p;

		for (int d = disks - 4; d >= 0; d--) {
			__m512i data = _mm512_loadu_si512(buf[d] + i);
			__mmask64 high = _mm512_movepi8_mask(q);

			p = _mm512_xor_si512(p, data);
			q = _mm512_xor_si512(_mm512_add_epi8(q, q), data);
			q = _mm512_xor_si512(q, _mm512_maskz_mov_epi8(high, poly));
		}
		_mm512_stream_si512((void *)(buf[disks - 2] + i), p);
		_mm512_stream_si512((void *)(buf[disks - 1] + i), q);
	}
}

__attribute__((target("avx2")))
static void raid6_avx2(int disks, size_t size, char **buf)
{
	const __m256i poly = _mm256_set1_epi8(0x1d), zero = _mm256_setzero_si256();

	for (size_t i = 0; i < size; i += 32) {
		__m256i p = _mm256_loadu_si256((__m256i *)(buf[disks - 3] + i)), q = p;

		for (int d = disks - 4; d >= 0; d--) {
			__m256i data = _mm256_loadu_si256((__m256i *)(buf[d] + i));
			__m256i high = _mm256_cmpgt_epi8(zero, q);

			p = _mm256_xor_si256(p, data);
			q = _mm256_xor_si256(_mm256_add_epi8(q, q), data);
			q = _mm256_xor_si256(q, _mm256_and_si256(high, poly));
		}
		_mm256_stream_si256((__m256i *)(buf[disks - 2] + i), p);
		_mm256_stream_si256((__m256i *)(buf[disks - 1] + i), q);
	}
}

int native_raid6(int disks, size_t size, void **buf)
{
	if (__builtin_cpu_supports("avx512bw"))
		raid6_avx512(disks, size, (char **)buf);
	else if (__builtin_cpu_supports("avx2"))
		raid6_avx2(disks, size, (char **)buf);
	else
		return 0;
	return 1;
}
#else
int native_crc32c(const void *data, size_t len)
{
	return 0;
}

int native_raid6(int disks, size_t size, void **buf)
{
	return 0;
}
#endif

/* What we need of OpenSSL, which is there or not when the program runs. */
struct openssl {
	void *(*ctx_new)(void);
	const void *(*aes_128_xts)(void);
	int (*init)(void *ctx, const void *cipher, void *engine, const void *key,
		    const void *iv);
	int (*update)(void *ctx, void *out, int *out_len, const void *in, int len);
	void *ctx;
};

static int openssl_find(struct openssl *o)
{
	void *lib = dlopen("libcrypto.so.3", RTLD_NOW);

	if (!lib)
		return 0;
	o->ctx_new = (void *(*)(void))dlsym(lib, "EVP_CIPHER_CTX_new");
	o->aes_128_xts = (const void *(*)(void))dlsym(lib, "EVP_aes_128_xts");
	o->init = (int (*)(void *, const void *, void *, const void *, const void *))
		dlsym(lib, "EVP_EncryptInit_ex");
	o->update = (int (*)(void *, void *, int *, const void *, int))
		dlsym(lib, "EVP_EncryptUpdate");
	if (!o->ctx_new || !o->aes_128_xts || !o->init || !o->update)
		return 0;
	o->ctx = o->ctx_new();
	return !!o->ctx;
}

int native_aes_xts(const void *in, void *out, size_t len)
{
	static const unsigned char key[32] = { 1 }, iv[16] = { 2 };
	static struct openssl o;
	static int found = -1;
	int out_len;

	if (found < 0)
		found = openssl_find(&o);
	return found && o.init(o.ctx, o.aes_128_xts(), NULL, key, iv) &&
	       o.update(o.ctx, out, &out_len, in, len);
}

// SPDX-License-Identifier: GPL-2.0
/* Calculations by this processor in user space. */
#include <dlfcn.h>
#include <stdint.h>

#include "native.h"

#ifdef __x86_64__
__attribute__((target("sse4.2,crc32")))
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
#else
int native_crc32c(const void *data, size_t len)
{
	return 0;
}
#endif

/* What we need of OpenSSL, which is there or not when the program runs. */
struct openssl {
	void *(*ctx_new)(void);
	const void *(*aes_128_xts)(void), *(*aes_256_xts)(void);
	int (*init)(void *ctx, const void *cipher, void *engine, const void *key,
		    const void *iv, int encrypt);
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
	o->aes_256_xts = (const void *(*)(void))dlsym(lib, "EVP_aes_256_xts");
	o->init = (int (*)(void *, const void *, void *, const void *, const void *, int))
		dlsym(lib, "EVP_CipherInit_ex");
	o->update = (int (*)(void *, void *, int *, const void *, int))
		dlsym(lib, "EVP_CipherUpdate");
	if (!o->ctx_new || !o->aes_128_xts || !o->aes_256_xts || !o->init || !o->update)
		return 0;
	o->ctx = o->ctx_new();
	return !!o->ctx;
}

/* NULL without OpenSSL. */
static const struct openssl *openssl(void)
{
	static struct openssl o;
	static int found = -1;

	if (found < 0)
		found = openssl_find(&o);
	return found ? &o : NULL;
}

int native_aes_xts(const void *in, void *out, size_t len)
{
	static const unsigned char key[32] = { 1 }, iv[16] = { 2 };
	const struct openssl *o = openssl();
	int out_len;

	return o && o->init(o->ctx, o->aes_128_xts(), NULL, key, iv, 1) &&
	       o->update(o->ctx, out, &out_len, in, len);
}

int native_crypt_disk(int encrypt, const unsigned char key[64], uint64_t block,
		      size_t sector, const void *in, void *out, size_t len)
{
	const struct openssl *o = openssl();
	uint64_t iv[2] = { 0, 0 };	/* little-endian, as this processor is */
	int out_len;

	if (!o || !o->init(o->ctx, o->aes_256_xts(), NULL, key, NULL, encrypt))
		return 0;
	for (size_t done = 0; done < len; done += sector) {
		iv[0] = block + done / 512;
		if (!o->init(o->ctx, NULL, NULL, NULL, iv, -1) ||
		    !o->update(o->ctx, (char *)out + done, &out_len, (const char *)in + done,
			       sector))
			return 0;
	}
	return 1;
}

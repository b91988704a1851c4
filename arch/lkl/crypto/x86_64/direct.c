// SPDX-License-Identifier: GPL-2.0
/* Registers algorithms without the wrapper that they were written for. */
#include <linux/string.h>
#include <crypto/algapi.h>
#include <crypto/internal/aead.h>
#include <crypto/internal/skcipher.h>

int lkl_register_skciphers(struct skcipher_alg *algs, int count);
int lkl_register_aeads(struct aead_alg *algs, int count);

static void strip_prefix(char *name)
{
	if (!strncmp(name, "__", 2))
		memmove(name, name + 2, strlen(name + 2) + 1);
}

static void make_public(struct crypto_alg *alg)
{
	strip_prefix(alg->cra_name);
	strip_prefix(alg->cra_driver_name);
	alg->cra_flags &= ~CRYPTO_ALG_INTERNAL;
}

int lkl_register_skciphers(struct skcipher_alg *algs, int count)
{
	for (int i = 0; i < count; i++)
		make_public(&algs[i].base);
	return crypto_register_skciphers(algs, count);
}

int lkl_register_aeads(struct aead_alg *algs, int count)
{
	for (int i = 0; i < count; i++)
		make_public(&algs[i].base);
	return crypto_register_aeads(algs, count);
}

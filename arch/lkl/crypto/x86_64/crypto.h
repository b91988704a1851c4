/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included ahead of the drivers of arch/x86/crypto: after the kernel's headers,
 * which are not to see that these are compiled as if for x86.
 */
#ifndef _LKL_CRYPTO_H
#define _LKL_CRYPTO_H

/* As those drivers that have a prefix of their own define it. */
#define pr_fmt(fmt)	KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/jump_label.h>
#include <linux/sizes.h>
#include <linux/static_call.h>
#include <linux/workqueue.h>
#include <crypto/algapi.h>
#include <crypto/internal/aead.h>
#include <crypto/internal/hash.h>
#include <crypto/internal/simd.h>
#include <crypto/internal/skcipher.h>
#include <crypto/scatterwalk.h>
#include <asm/fpu/api.h>

#define CONFIG_X86_64 1
#define CONFIG_AS_AVX512 1
#define CONFIG_AS_SHA1_NI 1
#define CONFIG_AS_SHA256_NI 1
#define CONFIG_AS_VAES 1
#define CONFIG_AS_VPCLMULQDQ 1

/*
 * The drivers register their algorithms as internal ones, for a wrapper that
 * hands a request to a thread where vector registers are in use. There is no such
 * place here: they go by their own names, synchronous.
 */
int lkl_register_skciphers(struct skcipher_alg *algs, int count);
int lkl_register_aeads(struct aead_alg *algs, int count);

#define simd_register_skciphers_compat(algs, count, simd_algs) \
	((void)(simd_algs), lkl_register_skciphers(algs, count))
#define simd_register_aeads_compat(algs, count, simd_algs) \
	((void)(simd_algs), lkl_register_aeads(algs, count))
#define simd_unregister_skciphers(algs, count, simd_algs) \
	crypto_unregister_skciphers(algs, count)
#define simd_unregister_aeads(algs, count, simd_algs) \
	crypto_unregister_aeads(algs, count)

#endif

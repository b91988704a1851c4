/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's cryptography through AF_ALG sockets. */
#ifndef LKL_TEST_ALG_H
#define LKL_TEST_ALG_H

#include <stddef.h>

/*
 * Binds the algorithm or driver @name of @type ("hash", "skcipher", "aead"), with
 * @key of @keylen bytes if that is not 0. A descriptor for the functions below, or
 * a negative errno, -LKL_ENOENT if there is no such algorithm.
 */
int alg_open(const char *type, const char *name, const void *key, int keylen);

/* Digest of @len bytes at @data, given in pieces of @piece; its length or an errno. */
long alg_hash(int alg, const void *data, size_t len, size_t piece, void *digest,
	      size_t size);

/*
 * En- or decrypts @len bytes, of which @assoc go unchanged (aead), and an
 * authentication tag of @tag bytes follows the text. The result goes to @out in two
 * pieces, the first of @split bytes. Returns bytes in @out, or an errno.
 */
struct cipher_op {
	int encrypt;
	const void *iv;
	int ivlen;
	int assoc;
	int tag;
	size_t split;
};

long alg_crypt(int alg, const struct cipher_op *op, const void *in, size_t len,
	       void *out);

#endif

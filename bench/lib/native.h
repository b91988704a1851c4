/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same calculations by this processor in user space, to compare with where the
 * host's kernel does not let itself be measured.
 */
#ifndef LKL_BENCH_NATIVE_H
#define LKL_BENCH_NATIVE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Three CRC-32C of a third of @data each, with the processor's instruction; they are
 * not put together. 0 if the processor has none.
 */
int native_crc32c(const void *data, size_t len);

/* AES-XTS with two keys of 128 bits by OpenSSL; 0 without it. */
int native_aes_xts(const void *in, void *out, size_t len);

/*
 * AES-XTS with two keys of 256 bits by OpenSSL, as dm-crypt with "aes-xts-plain64" does it
 * for @sector bytes at a time: @len bytes of a disk from the 512-byte block @block on,
 * to @out, which may be @in. 0 without OpenSSL.
 */
int native_crypt_disk(int encrypt, const unsigned char key[64], uint64_t block,
		      size_t sector, const void *in, void *out, size_t len);

/*
 * RAID-6 syndromes of all but the last two of @disks buffers of @size bytes into
 * those, by the code that the kernel for this processor prefers; 0 if we have none.
 */
int native_raid6(int disks, size_t size, void **buf);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* dm-crypt of the kernel inside. */
#ifndef LKL_BENCH_CRYPT_H
#define LKL_BENCH_CRYPT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Maps @len bytes of the disk @disk_id from @offset on, which are AES-256-XTS in pieces of
 * @sector bytes ("aes-xts-plain64"), and makes the device node @node for them.
 */
void crypt_map(int disk_id, const unsigned char key[64], size_t sector, uint64_t offset,
	       uint64_t len, const char *node);

#endif

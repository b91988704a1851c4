/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checksums by folding: a carry-less multiplication moves a block of a message
 * ahead by a fixed distance, where it is added to the next block.
 *
 * Bit 0 of a register is the highest power of x of its message. For a distance of
 * D bits the low half of a block is multiplied by x^(D+63) mod P, the high half by
 * x^(D-1) mod P, reflected; the missing power comes from the product of reflected
 * numbers, which is one bit short.
 */
#ifndef _LKL_CRC32_H
#define _LKL_CRC32_H

#include <linux/types.h>

/* low half, high half */
struct fold {
	u64 k[2];
};

/* The distances that the loops need, for one polynomial. */
struct folds {
	struct fold by_2048;
	struct fold by_512;
	struct fold by_128;
};

extern const struct folds crc32c_folds;
extern const struct folds crc32_folds;

/*
 * Fold whole 16-byte blocks of @len bytes at @p, @len at least 64, with the
 * checksum @crc of what came before. Stores 16 bytes in @out that have the same
 * checksum, beginning with 0, as all that was folded. Returns how many bytes that
 * was.
 */
size_t crc32_fold_pclmul(u32 crc, const u8 *p, size_t len,
			 const struct folds *folds, u64 out[2]);
/* As above, with 64-byte registers; @len at least 256. */
size_t crc32_fold_avx512(u32 crc, const u8 *p, size_t len,
			 const struct folds *folds, u64 out[2]);

#endif

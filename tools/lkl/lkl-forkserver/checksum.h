/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checksums of btrfs and f2fs, put right after a fuzzer changed what they cover: else
 * hardly a case would get past them. For ext4 and xfs mkfs can leave them out.
 */
#ifndef LKL_FORKSERVER_CHECKSUM_H
#define LKL_FORKSERVER_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

struct checksum;

struct checksums {
	struct checksum *list;
	int n;
};

/* Finds those of the intact @image. */
void checksums_find(struct checksums *sums, const char *image, size_t size);
/* Computes them anew, in an image of the same size. */
void checksums_fix(const struct checksums *sums, char *image);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FUSE's request for attributes that stat() does not have, as the host's kernel sends it
 * from Linux 6.6 on. The headers of older systems do not know of it.
 */
#ifndef LKLFUSE_STATX_ABI_H
#define LKLFUSE_STATX_ABI_H

#include <stdint.h>

#define FUSE_OP_STATX	52

struct fuse_statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t padding;
};

/* Masks are those of statx(). */
struct fuse_statx_reply {
	uint64_t valid;		/* seconds */
	uint32_t valid_nsec;
	uint32_t flags;
	uint64_t reserved[2];

	uint32_t mask;
	uint32_t blksize;
	uint64_t attributes;
	uint32_t nlink;
	uint32_t uid;
	uint32_t gid;
	uint16_t mode;
	uint16_t padding;
	uint64_t ino;
	uint64_t size;
	uint64_t blocks;
	uint64_t attributes_mask;
	struct fuse_statx_time atime;
	struct fuse_statx_time btime;
	struct fuse_statx_time ctime;
	struct fuse_statx_time mtime;
	uint32_t rdev_major;
	uint32_t rdev_minor;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint64_t reserved2[14];
};

#endif

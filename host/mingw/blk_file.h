/* SPDX-License-Identifier: GPL-2.0 */
/* Disks in files and physical drives, see host/common/blk_engine.h. */
#ifndef LKL_MINGW_BLK_FILE_H
#define LKL_MINGW_BLK_FILE_H

#include <stdint.h>
#include <windows.h>

#include "blk_engine.h"

struct blk_file {
	struct lkl_blk_backend base;
	/* The same file opened again, so that its offset and modes are ours. */
	HANDLE handle;
	/* That is the application's own: it could not be opened again. */
	int borrowed;
	/* Operations may complete later. */
	int overlapped;
	/* Bytes, when the disk was added. */
	uint64_t size;
	int drive;
	/* Set and cleared by any thread, hints only. */
	int can_punch;
	int is_sparse;
	/* Do what may block, for every engine. */
	struct lkl_workers *workers;
	/* The engine's own. */
	void *engine;
};

extern const struct blk_engine lkl_blk_engine_iocp;

/* blk_file.c */

/*
 * @done bytes of a read of @len at @offset came, less than asked for: zeroes the rest,
 * where the file's last sector is not a whole one. The status: an error where the
 * file was cut off.
 */
int lkl_blk_file_short(const struct blk_file *f, uint64_t offset, char *buf, size_t len,
		       size_t done);

#endif

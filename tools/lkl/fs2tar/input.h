/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes of an archive, for libarchive to read. gzip is undone here: libarchive does not
 * look at its checksums.
 */
#ifndef LKL_FS2TAR_INPUT_H
#define LKL_FS2TAR_INPUT_H

#include <sys/types.h>
#include <zlib.h>

struct input {
	int fd;
	/* What was read from @fd; what is handed on. */
	unsigned char *raw, *out;
	/* The first bytes say what it is. */
	int begun, gzip;
	z_stream z;
	/* Between the members of which such a file may have several. */
	int between;
};

void input_open(struct input *in, int fd);
/*
 * The next bytes in *@buf, good until the next call: their number, 0 at the end, or -1 with
 * the reason in *@error. Blocks until there are some, or a signal ends the transfer.
 */
ssize_t input_read(struct input *in, const void **buf, const char **error);
void input_close(struct input *in);

#endif

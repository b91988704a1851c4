/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The disk of a test case: memory of this process, so that a child of fork() writes to
 * a copy of its own, and a request is done where it is made, without a thread.
 */
#ifndef LKL_FORKSERVER_DISK_H
#define LKL_FORKSERVER_DISK_H

#include <stddef.h>
#include <stdint.h>

struct disk {
	/* What the kernel sees; zeroes behind the image that is in it. */
	char *memory;
	size_t size;
	int read_only;
	/* Its device in the kernel. */
	uint32_t devno;
};

/* Makes an empty disk of @size bytes, rounded up to whole pages. Ends the program on errors. */
void disk_init(struct disk *disk, size_t size, int read_only);
/* Gives it to the kernel, which runs. The same. */
void disk_attach(struct disk *disk);
/* Makes it empty again. 0 or a negative errno. */
int disk_clear(const struct disk *disk);
/*
 * Puts the @len bytes of the file @fd at its beginning, without copying what is not written.
 * 0 or a negative errno.
 */
int disk_map(const struct disk *disk, int fd, size_t len);

#endif

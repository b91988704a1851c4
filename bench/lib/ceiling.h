/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A FUSE file system that does nothing but answer, from memory, to the requests of
 * bench/fuse: what no other on this machine can be faster than with the same requests.
 */
#ifndef LKL_BENCH_CEILING_H
#define LKL_BENCH_CEILING_H

#include <stdint.h>
#include <sys/types.h>

/* The caller's, zeroed but for the first. */
struct ceiling {
	/* The host gathers what is written, else each write is passed on. */
	int writeback;
	pid_t server;
	uint64_t *sizes;
	char *exists;
};

/* It serves in a process of its own. NULL, or why it cannot be mounted at @mnt. */
const char *ceiling_mount(struct ceiling *c, const char *mnt);
void ceiling_umount(struct ceiling *c, const char *mnt);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A FUSE file system that does nothing but answer, from memory, to the requests of
 * bench/fuse: what no other on this machine can be faster than with the same requests.
 */
#ifndef LKL_BENCH_CEILING_H
#define LKL_BENCH_CEILING_H

/* It serves in a process of its own. NULL, or why it cannot be mounted at @mnt. */
const char *ceiling_mount(const char *mnt);
void ceiling_umount(const char *mnt);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* An open volume as one side of a copy. */
#ifndef LKL_TOOLS_INSIDE_H
#define LKL_TOOLS_INSIDE_H

struct volume;

/*
 * Prepares the running kernel for fs_inside, and opens the root of @volume. The
 * descriptor, or -1 with a message printed.
 */
int inside_open(const struct volume *volume);
/*
 * A descriptor of the folder @path, for fs_inside, or a negative errno. Symbolic links are
 * followed; absolute ones, and "..", start and end at @root.
 */
long inside_resolve(int root, const char *path);

#endif

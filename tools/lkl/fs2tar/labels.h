/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SELinux labels in a file: a line for each file, its path from the root of the image on,
 * and its label, with a blank between them. Blanks, control characters and backslashes of
 * a path are written as \ooo.
 */
#ifndef LKL_FS2TAR_LABELS_H
#define LKL_FS2TAR_LABELS_H

#include <stddef.h>
#include <stdio.h>

struct labels {
	struct label *list;
	size_t count;
};

/* 0, or -1 with errno set. */
int labels_write(FILE *f, const char *path, const void *label, size_t size);
/* Ends the program with a message if it cannot. */
void labels_read(struct labels *l, const char *file);
/* The label of @path, without a slash at its begin, or NULL. */
const char *labels_find(const struct labels *l, const char *path);

#endif

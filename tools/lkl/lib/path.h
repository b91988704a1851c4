/* SPDX-License-Identifier: GPL-2.0 */
/* A path that grows and shrinks by components, of any length. */
#ifndef LKL_TOOLS_PATH_H
#define LKL_TOOLS_PATH_H

#include <stddef.h>

struct path {
	char *text;
	size_t len, size;
};

/* Adds "/NAME", or NAME if it is empty, and returns the length before. */
size_t path_push(struct path *p, const char *name);
/* Back to what path_push() returned. */
void path_pop(struct path *p, size_t len);

#endif

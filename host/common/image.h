/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_COMMON_IMAGE_H
#define LKL_COMMON_IMAGE_H

#include <stddef.h>
#include <lkl_ops.h>

/* A kernel image in memory, ready to start. */
struct lkl_loaded_image {
	void *base;
	size_t size;
	const struct lkl_image *ops;
};

/* Maps and relocates a fresh copy. 0 or a negative errno. */
int lkl_image_load(struct lkl_loaded_image *image);
/* After the start: what only that executed need not stay in memory. */
void lkl_image_trim(const struct lkl_loaded_image *image);
void lkl_image_unload(struct lkl_loaded_image *image);

#endif

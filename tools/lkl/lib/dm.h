/* SPDX-License-Identifier: GPL-2.0 */
/* The device mapper of the kernel inside. */
#ifndef LKL_TOOLS_DM_H
#define LKL_TOOLS_DM_H

#include <stdint.h>

#include "device.h"

/* One line of a table. */
struct dm_target {
	uint64_t start;		/* sectors of 512 bytes */
	uint64_t length;
	const char *type;
	const char *params;
};

/*
 * Makes a mapped device out of @n targets. Its kernel name goes to @name (32 bytes),
 * layers_close() removes it. @title is for messages. 0, or -1 with a message printed.
 */
int dm_create(const char *title, const struct dm_target *targets, unsigned int n, int read_only,
	      char *name);

/* As dm_create() for one target, as a device below @parent. NULL on errors. */
struct device *dm_map(struct device *parent, const char *title, const struct dm_target *target,
		      int read_only);

#endif

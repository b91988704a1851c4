/* SPDX-License-Identifier: GPL-2.0 */
/* Between probe.c and what looks at devices for it: libblkid, or our own code without it. */
#ifndef LKL_TOOLS_PROBE_H
#define LKL_TOOLS_PROBE_H

#include <stdint.h>

#include "device.h"

struct partition {
	int number;
	uint64_t start, size;		/* bytes */
	/* As in struct device; NULL or "" if there is none. */
	const char *label, *uuid, *type;
};

/*
 * Fills what device.h says of device_probe() but for the insides of the partitions. 0, or
 * -1 with a message printed. probe_blkid.c or probe_own.c.
 */
int probe_look(struct device *dev);

/* Makes it a child of @disk. 0, or -1 with a message printed, or without memory. */
int probe_add_partition(struct device *disk, const struct partition *p);
/* Copies @text to *@to, unless it is NULL or "". 0, or -1 without memory. */
int probe_keep(char **to, const char *text);

#endif

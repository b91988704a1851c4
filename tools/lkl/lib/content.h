/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes of a device of the kernel inside, for code that reads descriptors of the host. */
#ifndef LKL_TOOLS_CONTENT_H
#define LKL_TOOLS_CONTENT_H

#include <stdint.h>

#include "device.h"

/*
 * A descriptor of the host for the content of @dev, which starts at *@offset there:
 * the image itself where possible, else a copy in memory of those parts in which
 * signatures, labels and partition tables sit. Closed with content_close(). Negative,
 * with a message printed, on errors.
 */
int content_open(const struct device *dev, uint64_t *offset);
void content_close(const struct device *dev, int fd);

/* Reads all of @len bytes at @offset of @dev. 0, or err; no message. */
long content_read(const struct device *dev, void *buf, uint64_t len, uint64_t offset);

#endif

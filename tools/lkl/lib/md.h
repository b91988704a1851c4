/* SPDX-License-Identifier: GPL-2.0 */
/* Arrays of Linux RAID ("md"), assembled by the kernel inside. */
#ifndef LKL_TOOLS_MD_H
#define LKL_TOOLS_MD_H

#include "device.h"

/* Whether @dev, probed, is a member of an array; of one with our own kernel's metadata. */
int md_is_member(const struct device *dev);

/*
 * Assembles the array of @n members, all with the same UUID. It is started read-only if
 * @read_only, or if members are missing and not @degraded. A new root of the device
 * tree, not probed; NULL, with a message printed, on errors.
 */
struct device *md_assemble(struct device *const *members, int n, int read_only, int degraded);

#endif

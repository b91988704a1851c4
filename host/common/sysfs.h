/* SPDX-License-Identifier: GPL-2.0 */
/* Where the kernel shows its virtio devices. */
#ifndef LKL_COMMON_SYSFS_H
#define LKL_COMMON_SYSFS_H

#define LKL_SYSFS_PATH 256

/*
 * The folder in sysfs of what the driver made of the device virtio-mmio.@platform_id:
 * the first in its folder @class, "block" or "net". 0 or a negative errno. May block.
 */
int lkl_sysfs_virtio(int platform_id, const char *class, char path[LKL_SYSFS_PATH]);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Disks beyond the public API in lkl_host.h. */
#ifndef LKL_COMMON_DISK_H
#define LKL_COMMON_DISK_H

#include <lkl_host.h>

/*
 * N in the kernel's name virtio-mmio.N of disk @id, as lkl_disk_add() returned
 * it. -ENOENT without such a disk, -ENODEV if no kernel has it.
 */
int lkl_disk_platform_id(int id);

/*
 * For tests: the number of queues of disks added from now on, 1 by default.
 * 0 or -EINVAL.
 */
int lkl_disk_set_queues(int queues);

#endif

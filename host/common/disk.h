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
 * For tests and benchmarks, for the disks added from now on.
 * The engine that works on files, by name ("inline", "uring", "threads" on
 * POSIX hosts), NULL for the best one: 0, or -ENOENT if there is none.
 */
int lkl_disk_set_engine(const char *name);
/* The number of queues of a disk, 1 by default. 0 or -EINVAL. */
int lkl_disk_set_queues(int queues);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Disks of the kernel inside that are in its memory. */
#ifndef LKL_TOOLS_MEMORY_DISK_H
#define LKL_TOOLS_MEMORY_DISK_H

/*
 * For who must write though nothing may be written: a disk of the same size as the device @name
 * (32 bytes, "dm-1") whose beginning, 8 MiB, has the same content. Its own name takes the place
 * of @name, layers_close() removes it. @title is for messages. 0, or -1 with a message printed.
 */
int memory_disk_copy(const char *title, char *name);

#endif

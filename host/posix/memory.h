/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_POSIX_MEMORY_H
#define LKL_POSIX_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Memory that the kernel may alias though it did not reserve it: its image.
 * 0 or a negative errno; forgotten by lkl_host_memory_release_all().
 */
int lkl_posix_memory_add(void *addr, size_t size);

/* memory_os.c of each system */

/* Huge pages would be well used there. */
void lkl_posix_prefer_huge(void *addr, size_t size);
/*
 * Gives up the contents of memory, which reads as zeroes afterwards. It is private if
 * @fd is negative, else the part of that file from @offset on.
 */
void lkl_posix_drop(void *addr, size_t size, int fd, uint64_t offset);
/*
 * Calls @fn for each mapping of the file that is mapped at @of, until one fails.
 * Returns its result, or a negative errno.
 */
int lkl_posix_each_mapping(uintptr_t of, int (*fn)(void *arg, uintptr_t start, uintptr_t end,
						    int writable, uint64_t offset), void *arg);

/* image_os.c of each system */

/*
 * Opens the file of which @size bytes are mapped at @addr, since the program was
 * started. Returns a descriptor with the place in @offset, or -1 if there is none.
 */
int lkl_posix_open_backing(const void *addr, size_t size, uint64_t *offset);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_POSIX_MEMORY_H
#define LKL_POSIX_MEMORY_H

#include <stddef.h>

/*
 * Memory that the kernel may alias though it did not reserve it: its image.
 * 0 or a negative errno; forgotten by lkl_host_memory_release_all().
 */
int lkl_posix_memory_add(void *addr, size_t size);

#endif

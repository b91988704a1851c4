/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_SYS_MMAN_H
#define STAND_IN_SYS_MMAN_H

#include_next <sys/mman.h>
#include <sys/types.h>

#undef MAP_NORESERVE
#undef MAP_FIXED_NOREPLACE
#undef MAP_POPULATE
#undef MADV_DONTDUMP
#undef MADV_HUGEPAGE

#define MAP_EXCL		0x100000
#define MAP_PREFAULT_READ	0x8000
#define MADV_NOCORE		16

/* The system never reserves memory. */
#define mmap stand_in_mmap
void *stand_in_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);

struct spacectl_range;

#endif

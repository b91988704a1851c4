// SPDX-License-Identifier: GPL-2.0
/* Memory: what each system does in its own way. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"
#include "posix.h"

void lkl_posix_prefer_huge(void *addr, size_t size)
{
#ifdef MADV_HUGEPAGE
	madvise(addr, size, MADV_HUGEPAGE);
#endif
}

void LKL_ABI lkl_posix_mem_populate(void *addr, unsigned long long size)
{
	lkl_posix_prefer_huge(addr, size);
#ifdef MADV_POPULATE_WRITE
	madvise(addr, size, MADV_POPULATE_WRITE);
#endif
}

void lkl_posix_drop(void *addr, size_t size, int fd, uint64_t offset)
{
	/* What is in the file goes from there, and so from every mapping of it. */
	madvise(addr, size, fd < 0 ? MADV_DONTNEED : MADV_REMOVE);
}

/* A line of /proc/self/maps. */
struct mapping {
	uintptr_t start, end;
	char perm[8];
	uint64_t offset, inode;
	char device[16];
};

static int next_mapping(FILE *maps, struct mapping *m)
{
	char line[4400];

	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %" SCNx64 " %15s %" SCNu64,
			   &m->start, &m->end, m->perm, &m->offset, m->device, &m->inode) == 6)
			return 1;
	return 0;
}

/* The mapping at @addr. 0 or a negative errno. */
static int find(FILE *maps, uintptr_t addr, struct mapping *m)
{
	while (next_mapping(maps, m))
		if (addr >= m->start && addr < m->end)
			return 0;
	return -ENOENT;
}

int lkl_posix_each_mapping(uintptr_t of, int (*fn)(void *arg, uintptr_t start, uintptr_t end,
						    int writable, uint64_t offset), void *arg)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	struct mapping wanted, m;
	int err;

	if (!maps)
		return -errno;
	err = find(maps, of, &wanted);
	rewind(maps);
	while (!err && next_mapping(maps, &m))
		if (m.inode == wanted.inode && !strcmp(m.device, wanted.device) &&
		    m.perm[3] == 's')
			err = fn(arg, m.start, m.end, m.perm[1] == 'w', m.offset);
	fclose(maps);
	return err;
}

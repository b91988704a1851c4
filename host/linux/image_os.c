// SPDX-License-Identifier: GPL-2.0
/* The file of this program or library, by what /proc/self/maps says. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "memory.h"

/* The part of a file that is mapped at some address. */
struct backing {
	uintptr_t start, end;
	uint64_t offset;
	unsigned int major, minor;
	uint64_t inode;
	char path[4096];
};

static int find_backing(const void *addr, struct backing *b)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4400];
	int found = 0;

	if (!maps)
		return 0;
	while (!found && fgets(line, sizeof(line), maps)) {
		b->path[0] = 0;
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %" SCNx64 " %x:%x %" SCNu64
			   " %4095[^\n]", &b->start, &b->end, &b->offset, &b->major,
			   &b->minor, &b->inode, b->path) < 7)
			continue;
		found = (uintptr_t)addr >= b->start && (uintptr_t)addr < b->end;
	}
	fclose(maps);
	return found;
}

/* The file may have been replaced since we were started; then -1. */
static int open_backing(const struct backing *b)
{
	int fd = open(b->path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && st.st_ino == b->inode &&
	    major(st.st_dev) == b->major && minor(st.st_dev) == b->minor)
		return fd;
	close(fd);
	return -1;
}

int lkl_posix_open_backing(const void *addr, size_t size, uint64_t *offset)
{
	struct backing b;

	if (!find_backing(addr, &b) || size > b.end - (uintptr_t)addr)
		return -1;
	*offset = b.offset + ((uintptr_t)addr - b.start);
	return open_backing(&b);
}

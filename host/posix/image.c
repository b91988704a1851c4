// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the kernel image. The image lies page by page in the file of this
 * program or library, and is mapped from there once more: only pages that are
 * written cost memory, and a fresh copy costs no copying.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host.h"
#include "memory.h"
#include "posix.h"

/*
 * Where images go: low, since the kernel walks its map of memory from address 0,
 * which takes 2 ms per TiB; near the start of a section of that map, since all of
 * a section is described; and random, to make an attacker guess (22 bits).
 */
#define IMAGE_LOW	(16ULL << 30)
#define IMAGE_SECTIONS	1024
#define IMAGE_SECTION	(128ULL << 20)
#define IMAGE_PAGES	4096
/* The image, and guest memory of the default size behind it. */
#define IMAGE_ROOM	(512ULL << 20)

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

static int map_file(void *to, const void *from, size_t size)
{
	struct backing b;
	void *addr;
	int fd;

	if (!find_backing(from, &b) || size > b.end - (uintptr_t)from)
		return -1;
	fd = open_backing(&b);
	if (fd < 0)
		return -1;
	addr = mmap(to, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd,
		    b.offset + ((uintptr_t)from - b.start));
	close(fd);
	return addr == to ? 0 : -1;
}

static void *map_zeroes(void *to, size_t size, int flags)
{
	return mmap(to, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

/* The last image came from the file, so that its clean pages can come again. */
static int is_file_backed;

int lkl_host_image_map(void *to, const void *from, size_t size)
{
	/* What is mapped from a file perf takes for that file's own. */
	is_file_backed = !lkl_posix_perf_wanted() && !map_file(to, from, size);
	if (is_file_backed)
		return 0;
	if (map_zeroes(to, size, MAP_FIXED) != to)
		return -errno;
	memcpy(to, from, size);
	/* What comes from a file is cared for by the system. */
	__builtin___clear_cache((char *)to, (char *)to + size);
	return 0;
}

/*
 * Where there is nothing so high: at the start of a section all the same, so that
 * none is shared by guest memory and the application's.
 */
static void *reserve_low(size_t size)
{
	void *room = mmap(NULL, IMAGE_ROOM + IMAGE_SECTION, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t start = ((uintptr_t)room + IMAGE_SECTION - 1) & ~(IMAGE_SECTION - 1);

	if (room == MAP_FAILED)
		return NULL;
	munmap(room, IMAGE_ROOM + IMAGE_SECTION);
	room = map_zeroes((void *)start, size, 0);
	return room == MAP_FAILED ? NULL : room;
}

static void *reserve(size_t size)
{
	void *addr;

	for (int tries = 0; tries < 16; tries++) {
		uint64_t hint = 0;

		if (getrandom(&hint, sizeof(hint), GRND_NONBLOCK) != sizeof(hint))
			hint = (uintptr_t)&hint * 0x9e3779b97f4a7c15ULL;
		hint = IMAGE_LOW + hint % IMAGE_SECTIONS * IMAGE_SECTION +
			(hint >> 32) % IMAGE_PAGES * 4096;
		addr = map_zeroes((void *)(uintptr_t)hint, size, MAP_FIXED_NOREPLACE);
		if (addr == (void *)(uintptr_t)hint)
			return addr;
		/* Old systems take it as a hint. */
		if (addr != MAP_FAILED)
			munmap(addr, size);
	}
	return reserve_low(size);
}

void *lkl_host_image_reserve(size_t size)
{
	void *addr = reserve(size);

	if (addr && lkl_posix_memory_add(addr, size)) {
		munmap(addr, size);
		addr = NULL;
	}
	return addr;
}

int lkl_host_image_protect(void *addr, size_t size)
{
	return mprotect(addr, size, PROT_READ | PROT_EXEC) ? -errno : 0;
}

void lkl_host_image_trim(void *addr, size_t size)
{
	if (is_file_backed)
		madvise(addr, size, MADV_DONTNEED);
}

void lkl_host_image_release(void *addr, size_t size)
{
	munmap(addr, size);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the kernel image. The image lies page by page in the file of this
 * program or library, and is mapped from there once more: only pages that are
 * written cost memory, and a fresh copy costs no copying.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
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

static int map_file(void *to, const void *from, size_t size)
{
	uint64_t offset;
	int fd = lkl_posix_open_backing(from, size, &offset);
	void *addr;

	if (fd < 0)
		return -1;
	addr = mmap(to, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, offset);
	close(fd);
	return addr == to ? 0 : -1;
}

static void *map_zeroes(void *to, size_t size, int flags)
{
	return mmap(to, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

/* All of the last image came from the file, so that its clean pages can come again. */
static int is_file_backed;

int lkl_host_image_map(void *to, const void *from, size_t size)
{
	/* What is mapped from a file perf takes for that file's own. */
	if (!lkl_posix_perf_wanted() && !map_file(to, from, size))
		return 0;
	is_file_backed = 0;
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

	is_file_backed = 1;
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

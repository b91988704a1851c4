// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the kernel. Guest memory is private and anonymous: cheap to touch,
 * and fork() copies it as it is written. Only a page that must be seen at a
 * second address is moved into a file in memory, which both addresses then map.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "memory.h"
#include "posix.h"

#define PAGE 4096UL

struct region {
	struct region *next;
	uintptr_t start, end;
	int backed;
	/* Released by whoever added it. */
	int foreign;
	/* File of the pages that were moved, at their offset in the region. */
	int fd;
	/* One bit for each such page. */
	uint64_t *moved;
};

/* Changed by the holder of the CPU token, or while there is no kernel. */
static struct region *regions;

static struct region *find(uintptr_t addr)
{
	struct region *r;

	for (r = regions; r; r = r->next)
		if (addr >= r->start && addr < r->end)
			return r;
	return NULL;
}

static struct region *add(void *addr, size_t size, int backed)
{
	struct region *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->start = (uintptr_t)addr;
	r->end = r->start + size;
	r->backed = backed;
	r->fd = -1;
	r->next = regions;
	regions = r;
	return r;
}

static void forget(struct region *r)
{
	struct region **p = &regions;

	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
	if (r->fd >= 0)
		close(r->fd);
	free(r->moved);
	free(r);
}

int lkl_posix_memory_add(void *addr, size_t size)
{
	struct region *r = add(addr, size, 1);

	if (!r)
		return -ENOMEM;
	r->foreign = 1;
	return 0;
}

void *LKL_ABI lkl_posix_mem_reserve(unsigned long long hint,
				    unsigned long long size, int backed)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	const int prot = backed ? PROT_READ | PROT_WRITE : PROT_NONE;
	void *addr = MAP_FAILED;

	if (hint)
		addr = mmap((void *)(uintptr_t)hint, size, prot,
			    flags | MAP_FIXED_NOREPLACE, -1, 0);
	if (addr == MAP_FAILED)
		addr = mmap(NULL, size, prot, flags, -1, 0);
	if (addr == MAP_FAILED)
		return NULL;
	/* Terabytes of it are of no use in a core file. */
	if (!backed)
		madvise(addr, size, MADV_DONTDUMP);
	if (!add(addr, size, backed)) {
		munmap(addr, size);
		return NULL;
	}
	return addr;
}

void LKL_ABI lkl_posix_mem_release(void *addr, unsigned long long size)
{
	struct region *r = find((uintptr_t)addr);

	if (r)
		forget(r);
	munmap(addr, size);
}

void lkl_host_memory_release_all(void)
{
	while (regions) {
		struct region *r = regions;

		if (!r->foreign)
			munmap((void *)r->start, r->end - r->start);
		forget(r);
	}
}

static int open_file(struct region *r)
{
	size_t pages = (r->end - r->start) / PAGE;

	if (r->fd >= 0)
		return 0;
	r->moved = calloc((pages + 63) / 64, sizeof(*r->moved));
	r->fd = memfd_create("lkl", MFD_CLOEXEC);
	if (r->moved && r->fd >= 0 && !ftruncate(r->fd, r->end - r->start))
		return 0;
	return -ENOMEM;
}

static int is_moved(const struct region *r, uintptr_t addr)
{
	size_t page = (addr - r->start) / PAGE;

	return r->moved[page / 64] >> (page % 64) & 1;
}

/*
 * Moves private pages into the file. Nobody else touches them meanwhile: the
 * caller holds the CPU token, and devices write only to memory that the kernel
 * gave them and has mapped already.
 */
static int move(struct region *r, uintptr_t start, size_t size)
{
	off_t offset = start - r->start;

	for (size_t done = 0; done < size; ) {
		ssize_t n = pwrite(r->fd, (void *)(start + done), size - done,
				   offset + done);

		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	if (mmap((void *)start, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, r->fd, offset) == MAP_FAILED)
		return -errno;
	for (uintptr_t a = start; a < start + size; a += PAGE) {
		size_t page = (a - r->start) / PAGE;

		r->moved[page / 64] |= 1ULL << (page % 64);
	}
	return 0;
}

static int move_private(struct region *r, uintptr_t start, uintptr_t end)
{
	while (start < end) {
		uintptr_t stop = start + PAGE;
		int moved = is_moved(r, start);
		int err;

		while (stop < end && is_moved(r, stop) == moved)
			stop += PAGE;
		err = moved ? 0 : move(r, start, stop - start);
		if (err)
			return err;
		start = stop;
	}
	return 0;
}

int LKL_ABI lkl_posix_mem_alias(void *addr, void *target,
				unsigned long long size, int write)
{
	uintptr_t start = (uintptr_t)target;
	struct region *r = find(start);
	int err;

	if (!r || !r->backed || size > r->end - start)
		return -EINVAL;
	err = open_file(r);
	if (!err)
		err = move_private(r, start, start + size);
	if (err)
		return err;
	if (mmap(addr, size, PROT_READ | (write ? PROT_WRITE : 0),
		 MAP_SHARED | MAP_FIXED | MAP_POPULATE, r->fd,
		 start - r->start) == MAP_FAILED)
		return -errno;
	return 0;
}

void LKL_ABI lkl_posix_mem_unalias(void *addr, unsigned long long size)
{
	if (mmap(addr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		/* No memory for the map itself: at least nothing stays visible. */
		mprotect(addr, size, PROT_NONE);
}

void LKL_ABI lkl_posix_mem_discard(void *addr, unsigned long long size)
{
	/* One of the two does it, by the kind of page. */
	madvise(addr, size, MADV_DONTNEED);
	madvise(addr, size, MADV_REMOVE);
}

void *LKL_ABI lkl_posix_mem_alloc(unsigned long long size)
{
	return malloc(size);
}

void LKL_ABI lkl_posix_mem_free(void *mem)
{
	free(mem);
}

void *LKL_ABI lkl_posix_page_alloc(unsigned long long size)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return addr == MAP_FAILED ? NULL : addr;
}

void LKL_ABI lkl_posix_page_free(void *addr, unsigned long long size)
{
	munmap(addr, size);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the kernel. Guest memory is private and anonymous: cheap to touch,
 * and fork() copies it as it is written. Only a page that must be seen at a
 * second address is moved into a file in memory, which both addresses then map.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <lkl_host.h>

#include "host.h"
#include "linux_errno.h"
#include "memory.h"
#include "posix.h"
#include "token.h"
#include "valgrind.h"

#define PAGE 4096UL
/* Larger ones are used page by page, far from each other. */
#define HUGE_REGION_MAX (1UL << 40)

int lkl_host_check(void)
{
	long page = sysconf(_SC_PAGESIZE);

	if (page <= (long)PAGE)
		return 0;
	lkl_printf("lkl: the memory pages of this system have %ld bytes, and the kernel needs "
		   "such of %lu; a host kernel with these is the way out\n", page, PAGE);
	return -LKL_ERR_OPNOTSUPP;
}

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
	/* Since the last look some of them were shown at a second address. */
	int aliased;
	/* The file of a child on its way, else -1. */
	int child_fd;
	/* See valgrind.h. */
	unsigned int *stacks;
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

#ifdef __SANITIZE_THREAD__
void AnnotateBenignRaceSized(const char *file, int line, const volatile void *addr,
			     size_t size, const char *why);

/*
 * The host's functions are also called on stacks of kernel threads, which lie there,
 * by one host thread after another. The CPU token orders that, but ThreadSanitizer
 * does not see the code that passes it on.
 */
static void ordered_by_token(void *addr, size_t size)
{
	AnnotateBenignRaceSized(__FILE__, __LINE__, addr, size, "CPU token");
}
#else
static void ordered_by_token(void *addr, size_t size)
{
}
#endif

static struct region *add(void *addr, size_t size, int backed)
{
	struct region *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->start = (uintptr_t)addr;
	r->end = r->start + size;
	r->backed = backed;
	r->fd = -1;
	r->child_fd = -1;
	r->next = regions;
	regions = r;
	if (backed) {
		ordered_by_token(addr, size);
		r->stacks = lkl_valgrind_kernel_memory(r->start, size);
	}
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
	if (r->backed)
		lkl_valgrind_forget(r->start, r->end - r->start, r->stacks);
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
	/* A core file of terabytes takes minutes, however sparse it is. */
	if (!backed || size >= HUGE_REGION_MAX)
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

/*
 * Up to now memory was touched here and there, so huge pages would have cost time
 * and memory. From now on they save: a fault for 512 pages instead of one, and most
 * misses of the translation buffers, which are dear in virtual machines.
 */
void lkl_host_memory_started(void)
{
	struct region *r;

	for (r = regions; r; r = r->next)
		if (r->backed && !r->foreign && r->end - r->start < HUGE_REGION_MAX)
			lkl_posix_prefer_huge((void *)r->start, r->end - r->start);
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

/* To make a file larger than a limit would end the process, by a signal. */
static int may_have(size_t size)
{
	struct rlimit limit;
	unsigned long long most;

	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return 1;
	/* A signed number on some systems. */
	most = limit.rlim_cur;
	if (most >= size)
		return 1;
	lkl_printf("lkl: files may have %llu bytes here (ulimit -f); the kernel's memory needs "
		   "one of %zu\n", most, size);
	return 0;
}

static int new_file(const struct region *r)
{
	int fd = may_have(r->end - r->start) ? memfd_create("lkl", MFD_CLOEXEC) : -1;

	if (fd >= 0 && ftruncate(fd, r->end - r->start)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int open_file(struct region *r)
{
	size_t pages = (r->end - r->start) / PAGE;

	if (r->fd >= 0)
		return 0;
	if (!r->moved)
		r->moved = calloc((pages + 63) / 64, sizeof(*r->moved));
	r->fd = new_file(r);
	return r->moved && r->fd >= 0 ? 0 : -ENOMEM;
}

static int is_moved(const struct region *r, uintptr_t addr)
{
	size_t page = (addr - r->start) / PAGE;

	return r->moved && (r->moved[page / 64] >> (page % 64) & 1);
}

static void set_moved(struct region *r, uintptr_t start, size_t size, int moved)
{
	for (uintptr_t a = start; a < start + size; a += PAGE) {
		size_t page = (a - r->start) / PAGE;
		uint64_t bit = 1ULL << (page % 64);

		r->moved[page / 64] = (r->moved[page / 64] & ~bit) | (moved ? bit : 0);
	}
}

static int write_pages(const struct region *r, int fd, uintptr_t start, size_t size)
{
	for (size_t done = 0; done < size; ) {
		ssize_t n = pwrite(fd, (void *)(start + done), size - done,
				   start - r->start + done);

		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

/*
 * Moves private pages into the file. Nobody else touches them meanwhile: the
 * caller holds the CPU token, and devices write only to memory that the kernel
 * gave them and has mapped already.
 */
static int move(struct region *r, uintptr_t start, size_t size)
{
	int err = write_pages(r, r->fd, start, size);

	if (err)
		return err;
	if (mmap((void *)start, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, r->fd, start - r->start) == MAP_FAILED)
		return -errno;
	set_moved(r, start, size, 1);
	return 0;
}

/* Where the run of pages from @start on ends that are all moved, or all private. */
static uintptr_t run_end(const struct region *r, uintptr_t start, uintptr_t end)
{
	uintptr_t stop = start + PAGE;

	if (!r->moved)
		return end;
	while (stop < end && is_moved(r, stop) == is_moved(r, start))
		stop += PAGE;
	return stop;
}

static int move_private(struct region *r, uintptr_t start, uintptr_t end)
{
	uintptr_t stop;
	int err = 0;

	for (; start < end && !err; start = stop) {
		stop = run_end(r, start, end);
		if (!is_moved(r, start))
			err = move(r, start, stop - start);
	}
	return err;
}

static int alias(void *addr, void *target, unsigned long long size, int write)
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
	r->aliased = 1;
	if (mmap(addr, size, PROT_READ | (write ? PROT_WRITE : 0),
		 MAP_SHARED | MAP_FIXED | MAP_POPULATE, r->fd,
		 start - r->start) == MAP_FAILED)
		return -errno;
	return 0;
}

int LKL_ABI lkl_posix_mem_alias(void *addr, void *target,
				unsigned long long size, int write)
{
	int err;

	token_taken();
	err = alias(addr, target, size, write);
	token_passed();
	return err;
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
	uintptr_t start = (uintptr_t)addr, end = start + size, stop;
	const struct region *r;

	token_taken();
	r = find(start);
	for (; r && start < end; start = stop) {
		stop = run_end(r, start, end);
		lkl_posix_drop((void *)start, stop - start, is_moved(r, start) ? r->fd : -1,
			       start - r->start);
	}
	token_passed();
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

/* Calls @fn for each run of moved pages of @r; ends with the first error. */
static int for_each_moved(struct region *r,
			  int (*fn)(const struct region *r, int fd, uintptr_t start,
				    size_t size))
{
	uintptr_t start, stop;
	int err = 0;

	for (start = r->start; start < r->end && !err; start = stop) {
		stop = run_end(r, start, r->end);
		if (is_moved(r, start))
			err = fn(r, r->child_fd, start, stop - start);
	}
	return err;
}

/* Private again, with what the file has. The runs before stay so on errors. */
static int take_back(struct region *r, uintptr_t start, size_t size)
{
	void *at = (void *)start;

	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_NORESERVE | MAP_FIXED, -1, 0) != at)
		return -errno;
	for (size_t done = 0; done < size; ) {
		ssize_t n = pread(r->fd, (char *)at + done, size - done,
				  start - r->start + done);

		if (n <= 0) {
			mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, r->fd,
			     start - r->start);
			return -ENOMEM;
		}
		done += n;
	}
	set_moved(r, start, size, 0);
	return 0;
}

static int is_alias(void *arg, uintptr_t start, uintptr_t end, int writable, uint64_t offset)
{
	const struct region *r = arg;

	return start != r->start + offset;
}

/*
 * What vmalloc and mmap() showed a second time, and do not any more: fork() hands it on by
 * itself once it is private again, time after time.
 */
static void take_all_back(struct region *r)
{
	uintptr_t start, stop;

	r->aliased = 0;
	for (start = r->start; start < r->end && !is_moved(r, start); start = stop)
		stop = run_end(r, start, r->end);
	if (start < r->end && lkl_posix_each_mapping(start, is_alias, r))
		return;
	for (; start < r->end; start = stop) {
		stop = run_end(r, start, r->end);
		if (is_moved(r, start) && take_back(r, start, stop - start))
			return;
	}
	close(r->fd);
	r->fd = -1;
}

int lkl_host_memory_fork_prepare(void)
{
	struct region *r;

	for (r = regions; r; r = r->next) {
		if (r->aliased)
			take_all_back(r);
		if (r->fd < 0)
			continue;
		r->child_fd = new_file(r);
		if (r->child_fd < 0 || for_each_moved(r, write_pages))
			return -ENOMEM;
	}
	return 0;
}

static int remap_one(void *arg, uintptr_t start, uintptr_t end, int writable, uint64_t offset)
{
	const struct region *r = arg;
	int prot = PROT_READ | (writable ? PROT_WRITE : 0);

	return mmap((void *)start, end - start, prot, MAP_SHARED | MAP_FIXED, r->child_fd,
		    offset) == MAP_FAILED ? -errno : 0;
}

/* Replaces every mapping of the parent's file by one of the child's. */
static int remap(struct region *r)
{
	uintptr_t start = r->start;

	while (start < r->end && !is_moved(r, start))
		start = run_end(r, start, r->end);
	return start < r->end ? lkl_posix_each_mapping(start, remap_one, r) : 0;
}

int lkl_host_memory_fork_done(int child)
{
	struct region *r;
	int err = 0;

	for (r = regions; r; r = r->next) {
		if (r->fd < 0)
			continue;
		if (child && r->child_fd < 0)
			err = -ENOMEM;
		else if (child && !err)
			err = remap(r);
		if (child && !err) {
			close(r->fd);
			r->fd = r->child_fd;
		} else if (r->child_fd >= 0) {
			close(r->child_fd);
		}
		r->child_fd = -1;
	}
	return err;
}

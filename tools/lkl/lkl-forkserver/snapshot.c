// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The system's own interfaces, which headers of older ones do not have. */
#include <lkl.h>
#include <lkl/linux/fs.h>
#include <lkl/linux/userfaultfd.h>

#include "snapshot.h"

#define PAGE		4096UL
#define REGIONS_MAX	256
/* Of the list that one look at the page tables fills. */
#define FOUND_MAX	512
/* Pages that may be kept, 1 GiB, and blocks in which they may lie: a power of two. */
#define KEPT_MAX	(1UL << 18)
#define BLOCKS_MAX	4096UL
#define BLOCK		(2UL << 20)
/*
 * Pages that are written again and again are put back each time without a look: noticing a
 * write, and protecting the page again, takes longer than copying it. Every PERIOD cases it
 * is found out anew which they are.
 */
#define PERIOD		512
#define OFTEN		3

struct region {
	uintptr_t start, end;
};

struct kept {
	/* Its number in @copies, from 1 on; 0: it is not kept. */
	uint32_t copy;
	/* In how many cases of this period it was found written. */
	uint32_t written;
};

/* The pages of some aligned addresses; @start 0 is nobody's. */
struct block {
	uintptr_t start;
	struct kept pages[BLOCK / PAGE];
};

/* In memory that is left alone itself. */
static struct snapshot {
	int uffd, pagemap;
	void *brk;
	struct region regions[REGIONS_MAX];
	int n;
	unsigned int cases;
	char *copies;
	uint32_t n_copies, n_blocks;
	struct lkl_page_region found[FOUND_MAX];
	/* Where a block is in @blocks, from 1 on: a hash table with open addressing. */
	uint32_t index[2 * BLOCKS_MAX];
	struct block blocks[BLOCKS_MAX];
} *snap;

static void *system_brk(void *at)
{
	return (void *)syscall(SYS_brk, at);
}

static void *reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* [@start, @end), without what lies in [@from, @to). */
static int add_without(uintptr_t start, uintptr_t end, uintptr_t from, uintptr_t to)
{
	const struct region parts[] = { { start, end < from ? end : from },
					{ start > to ? start : to, end } };

	for (int i = 0; i < 2; i++) {
		if (parts[i].start >= parts[i].end)
			continue;
		if (snap->n == REGIONS_MAX)
			return -E2BIG;
		snap->regions[snap->n++] = parts[i];
	}
	return 0;
}

/* What is ours already, and @without, does not count. */
static int find_regions(uintptr_t without, size_t size)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), start, end;
	char line[4400], perm[8];
	int err = maps ? 0 : -errno;

	while (!err && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &start, &end, perm) != 3)
			continue;
		/* Shared with other addresses: the kernel's pages that are mapped twice. */
		if (perm[3] == 's' && strstr(line, "/memfd:lkl"))
			err = -EBUSY;
		if (perm[1] == 'w' && perm[3] == 'p' && (here < start || here >= end))
			err = add_without(start, end, without, without + size);
	}
	if (maps)
		fclose(maps);
	return err;
}

static struct block *new_block(uint32_t *index, uintptr_t start)
{
	if (snap->n_blocks == BLOCKS_MAX)
		return NULL;
	*index = ++snap->n_blocks;
	snap->blocks[*index - 1].start = start;
	return &snap->blocks[*index - 1];
}

static struct block *find_block(uintptr_t start)
{
	size_t i = (start / BLOCK * 0x9e3779b97f4a7c15ULL) >> 40;

	for (;; i++) {
		uint32_t *index = &snap->index[i % (2 * BLOCKS_MAX)];

		if (!*index)
			return new_block(index, start);
		if (snap->blocks[*index - 1].start == start)
			return &snap->blocks[*index - 1];
	}
}

/* NULL if there are too many. */
static struct kept *look_up(uintptr_t page)
{
	struct block *b = find_block(page & ~(BLOCK - 1));

	return b ? &b->pages[page % BLOCK / PAGE] : NULL;
}

/* What is in @page is what it is to be. */
static int keep(struct kept *k, uintptr_t page)
{
	if (!k || snap->n_copies == KEPT_MAX)
		return -ENOMEM;
	memcpy(snap->copies + snap->n_copies * PAGE, (void *)page, PAGE);
	k->copy = ++snap->n_copies;
	return 0;
}

/* A page that was untouched: not there, or as it is in the file that is mapped. */
static int keep_untouched(struct kept *k, uintptr_t page)
{
	return madvise((void *)page, PAGE, MADV_DONTNEED) ? -errno : keep(k, page);
}

static int protect(uintptr_t start, uintptr_t end)
{
	struct lkl_uffdio_writeprotect wp = {
		.range = { .start = start, .len = end - start },
		.mode = LKL_UFFDIO_WRITEPROTECT_MODE_WP,
	};

	return ioctl(snap->uffd, LKL_UFFDIO_WRITEPROTECT, &wp) ? -errno : 0;
}

static int put_back(uintptr_t start, uintptr_t end)
{
	uintptr_t first = start;

	for (uintptr_t page = start; page < end; page += PAGE) {
		struct kept *k = look_up(page);

		if (!k || (!k->copy && keep_untouched(k, page)))
			return -ENOMEM;
		memcpy((void *)page, snap->copies + (k->copy - 1) * PAGE, PAGE);
		/* Those of the run before it are protected; this one stays as it is. */
		if (++k->written < OFTEN)
			continue;
		if (first < page && protect(first, page))
			return -errno;
		first = page + PAGE;
	}
	return first < end ? protect(first, end) : 0;
}

static int keep_all(uintptr_t start, uintptr_t end)
{
	int err = 0;

	for (uintptr_t page = start; page < end && !err; page += PAGE)
		err = keep(look_up(page), page);
	return err;
}

/*
 * Calls @fn for the private pages that were written since they were last protected, the first
 * time for all; those are protected then if @flags say so. Pages that were only read, of
 * files and of zeroes, are left out, and mappings that are not watched.
 */
static int scan(uint64_t flags, int (*fn)(uintptr_t start, uintptr_t end))
{
	const uint64_t set = LKL_PAGE_IS_WPALLOWED | LKL_PAGE_IS_WRITTEN;
	const uint64_t clear = LKL_PAGE_IS_FILE | LKL_PAGE_IS_PFNZERO;
	struct lkl_pm_scan_arg arg = {
		.size = sizeof(arg),
		.flags = flags,
		.end = snap->regions[snap->n - 1].end,
		.vec = (uintptr_t)snap->found,
		.vec_len = FOUND_MAX,
		.category_inverted = clear,
		.category_mask = clear | set,
		.category_anyof_mask = LKL_PAGE_IS_PRESENT | LKL_PAGE_IS_SWAPPED,
		.return_mask = LKL_PAGE_IS_WRITTEN,
	};
	int n, err = 0;

	for (arg.walk_end = snap->regions[0].start; arg.walk_end < arg.end && !err; ) {
		arg.start = arg.walk_end;
		n = ioctl(snap->pagemap, LKL_PAGEMAP_SCAN, &arg);
		if (n < 0)
			return -errno;
		for (int i = 0; i < n && !err; i++)
			err = fn(snap->found[i].start, snap->found[i].end);
	}
	return err;
}

static int watch(const struct region *r)
{
	struct lkl_uffdio_register reg = {
		.range = { .start = r->start, .len = r->end - r->start },
		.mode = LKL_UFFDIO_REGISTER_MODE_WP,
	};

	return ioctl(snap->uffd, LKL_UFFDIO_REGISTER, &reg) ? -errno : 0;
}

static int open_all(void)
{
	struct lkl_uffdio_api api = {
		.api = LKL_UFFD_API,
		.features = LKL_UFFD_FEATURE_WP_ASYNC,
	};

	snap->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	snap->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | LKL_UFFD_USER_MODE_ONLY);
	if (snap->pagemap < 0 || snap->uffd < 0 || ioctl(snap->uffd, LKL_UFFDIO_API, &api))
		return -errno;
	return 0;
}

static int take(const void *without, size_t size)
{
	int err = open_all();

	if (!err)
		err = find_regions((uintptr_t)without, size);
	/* Behind the search: these are not found. */
	snap->copies = reserve(KEPT_MAX * PAGE);
	if (!err && !snap->copies)
		err = -ENOMEM;
	for (int i = 0; i < snap->n && !err; i++)
		err = watch(&snap->regions[i]);
	snap->brk = system_brk(NULL);
	return err ? err : scan(LKL_PM_SCAN_WP_MATCHING, keep_all);
}

static void drop(void)
{
	if (snap->copies)
		munmap(snap->copies, KEPT_MAX * PAGE);
	if (snap->uffd >= 0)
		close(snap->uffd);
	if (snap->pagemap >= 0)
		close(snap->pagemap);
	munmap(snap, sizeof(*snap));
	snap = NULL;
}

int snapshot_take(const void *without, size_t size)
{
	int err;

	/* What a case allocates it finds at the end of the heap, which is cut off again. */
	mallopt(M_MMAP_MAX, 0);
	snap = mmap(NULL, sizeof(*snap), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (snap == MAP_FAILED)
		return -ENOMEM;
	snap->uffd = snap->pagemap = -1;
	err = take(without, size);
	if (err)
		drop();
	return err;
}

static int forget_often(uintptr_t start, uintptr_t end)
{
	for (uintptr_t page = start; page < end; page += PAGE) {
		struct kept *k = look_up(page);

		if (k)
			k->written = 0;
	}
	return 0;
}

int snapshot_restore(void)
{
	int err = scan(0, put_back);

	if (!err && ++snap->cases % PERIOD == 0)
		err = scan(LKL_PM_SCAN_WP_MATCHING, forget_often);
	if (!err && system_brk(NULL) != snap->brk && system_brk(snap->brk) != snap->brk)
		err = -ENOMEM;
	return err;
}

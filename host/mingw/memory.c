// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the kernel. What the kernel may want to see at a second address, its
 * memory and its image, is a section of the paging file, mapped as a whole; where
 * nothing can be aliased (alias.c) it is plain memory. Both are committed at once,
 * since system calls of the host do not wait for our fault handler, and cost
 * memory where they are touched only.
 */
#include <stdlib.h>
#include <windows.h>

#include "host.h"
#include "memory.h"
#include "mingw.h"

/* Larger ones are used page by page, far from each other. */
#define SPARSE_MIN	(1ULL << 34)
/*
 * The largest window under Wine, which notes a byte for each page of it and keeps that: one
 * of 1 TiB would cost 256 MiB and a tenth of a second. The kernel asks for four times of what it
 * takes, and is content with less.
 */
#define WINE_WINDOW_MAX	(1ULL << 35)
/* How much a touch commits; and reserves, which goes in steps of 64 KiB. */
#define COMMIT_SIZE	(1ULL << 16)

/* A part of an unreserved region. */
struct piece {
	struct piece *next;
	void *addr;
};

/* Changed by the holder of the CPU token, or while there is no kernel. */
static struct region *regions;

struct region *lkl_mingw_region(uintptr_t addr)
{
	struct region *r;

	for (r = regions; r; r = r->next)
		if (addr >= r->start && addr < r->end)
			return r;
	return NULL;
}

static struct region *add(void *addr, size_t size, enum region_kind kind)
{
	struct region *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->kind = kind;
	r->start = (uintptr_t)addr;
	r->end = r->start + size;
	r->next = regions;
	regions = r;
	return r;
}

int lkl_mingw_is_wine(void)
{
	return !!GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version");
}

/* ---- committed memory ---------------------------------------------------- */

static void *map_section(uintptr_t hint, size_t size, DWORD protect, HANDLE *section)
{
	DWORD access = FILE_MAP_READ | FILE_MAP_WRITE;
	void *addr;

	if (protect == PAGE_EXECUTE_READWRITE)
		access |= FILE_MAP_EXECUTE;
	*section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, protect | SEC_COMMIT,
				      (uint64_t)size >> 32, (DWORD)size, NULL);
	if (!*section)
		return NULL;
	addr = MapViewOfFileEx(*section, access, 0, 0, size, (void *)hint);
	if (!addr)
		CloseHandle(*section);
	return addr;
}

static void unmap(void *addr, HANDLE section)
{
	if (section) {
		UnmapViewOfFile(addr);
		CloseHandle(section);
	} else {
		VirtualFree(addr, 0, MEM_RELEASE);
	}
}

void *lkl_mingw_plain_new(uintptr_t hint, size_t size, DWORD protect)
{
	HANDLE section = NULL;
	struct region *r;
	void *addr;

	if (lkl_mingw_can_alias())
		addr = map_section(hint, size, protect, &section);
	else
		addr = VirtualAlloc((void *)hint, size, MEM_RESERVE | MEM_COMMIT, protect);
	if (!addr)
		return NULL;
	r = add(addr, size, REGION_PLAIN);
	if (!r) {
		unmap(addr, section);
		return NULL;
	}
	r->section = section;
	r->foreign = 1;
	return addr;
}

static void forget(struct region *r)
{
	struct region **p = &regions;

	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
	free(r);
}

void lkl_mingw_plain_free(void *addr)
{
	struct region *r = lkl_mingw_region((uintptr_t)addr);

	if (!r)
		return;
	unmap(addr, r->section);
	forget(r);
}

/* ---- sparse memory --------------------------------------------------------- */

/* A range of @size bytes that nobody uses, in the midst of the address space. */
static void *find_free(size_t size)
{
	uintptr_t addr = 1ULL << 45;
	MEMORY_BASIC_INFORMATION info;

	while (VirtualQuery((void *)addr, &info, sizeof(info))) {
		uintptr_t end = (uintptr_t)info.BaseAddress + info.RegionSize;

		if (info.State == MEM_FREE && end - addr >= size)
			return (void *)addr;
		addr = (end + COMMIT_SIZE - 1) & ~(COMMIT_SIZE - 1);
	}
	return NULL;
}

/*
 * Windows reserves terabytes for nothing. Wine notes a byte for each page; there
 * the range is watched only, and claimed piece by piece.
 */
static struct region *sparse_new(size_t size)
{
	int unreserved = lkl_mingw_is_wine();
	struct region *r;
	void *addr;

	if (unreserved)
		addr = find_free(size);
	else
		addr = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_READWRITE);
	if (!addr)
		return NULL;
	r = add(addr, size, REGION_SPARSE);
	if (r)
		r->unreserved = unreserved;
	else if (!unreserved)
		VirtualFree(addr, 0, MEM_RELEASE);
	return r;
}

static int claim(struct region *r, uintptr_t addr, size_t size)
{
	struct piece *p = malloc(sizeof(*p));

	if (!p)
		return 0;
	p->addr = VirtualAlloc((void *)addr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	if (!p->addr) {
		free(p);
		return 0;
	}
	p->next = r->pieces;
	r->pieces = p;
	return 1;
}

/* Another thread may have been faster. */
static int is_committed(uintptr_t addr)
{
	MEMORY_BASIC_INFORMATION info;

	return VirtualQuery((void *)addr, &info, sizeof(info)) && info.State == MEM_COMMIT;
}

static int commit(struct region *r, uintptr_t addr, size_t size)
{
	if (!r->unreserved)
		return !!VirtualAlloc((void *)addr, size, MEM_COMMIT, PAGE_READWRITE);
	return claim(r, addr, size) || is_committed(addr);
}

int lkl_mingw_memory_commit(void *addr)
{
	uintptr_t start = (uintptr_t)addr & ~(COMMIT_SIZE - 1);
	struct region *r = lkl_mingw_region((uintptr_t)addr);

	if (!r || r->kind != REGION_SPARSE)
		return 0;
	return commit(r, start, COMMIT_SIZE);
}

static void sparse_free(struct region *r)
{
	struct piece *p, *next;

	if (!r->unreserved)
		VirtualFree((void *)r->start, 0, MEM_RELEASE);
	for (p = r->pieces; p; p = next) {
		next = p->next;
		VirtualFree(p->addr, 0, MEM_RELEASE);
		free(p);
	}
}

/* ---- the vtable's ---------------------------------------------------------- */

static void *reserve_plain(uintptr_t hint, size_t size)
{
	void *addr = NULL;

	if (hint)
		addr = lkl_mingw_plain_new(hint, size, PAGE_READWRITE);
	if (!addr)
		addr = lkl_mingw_plain_new(0, size, PAGE_READWRITE);
	if (addr)
		lkl_mingw_region((uintptr_t)addr)->foreign = 0;
	return addr;
}

void *LKL_ABI lkl_mingw_mem_reserve(unsigned long long hint,
				    unsigned long long size, int backed)
{
	struct region *r;
	void *addr;

	if (backed && size < SPARSE_MIN)
		return reserve_plain(hint, size);
	if (backed) {
		r = sparse_new(size);
		return r ? (void *)r->start : NULL;
	}
	if (!lkl_mingw_can_alias() || (lkl_mingw_is_wine() && size > WINE_WINDOW_MAX))
		return NULL;
	addr = lkl_mingw_window_new(size);
	if (addr && !add(addr, size, REGION_WINDOW)) {
		VirtualFree(addr, 0, MEM_RELEASE);
		addr = NULL;
	}
	return addr;
}

static void release(struct region *r)
{
	switch (r->kind) {
	case REGION_PLAIN:
		unmap((void *)r->start, r->section);
		break;
	case REGION_SPARSE:
		sparse_free(r);
		break;
	case REGION_WINDOW:
		lkl_mingw_window_free(r);
		break;
	}
	forget(r);
}

void LKL_ABI lkl_mingw_mem_release(void *addr, unsigned long long size)
{
	struct region *r = lkl_mingw_region((uintptr_t)addr);

	if (r)
		release(r);
}

void lkl_host_memory_release_all(void)
{
	struct region *r, *next;

	for (r = regions; r; r = next) {
		next = r->next;
		if (!r->foreign)
			release(r);
	}
}

/* Pages have 4 KiB on every x86-64. */
int lkl_host_check(void)
{
	return 0;
}

void lkl_host_memory_started(void)
{
}

void LKL_ABI lkl_mingw_mem_populate(void *addr, unsigned long long size)
{
	uintptr_t start = (uintptr_t)addr & ~(COMMIT_SIZE - 1);
	uintptr_t end = (uintptr_t)addr + size;
	struct region *r = lkl_mingw_region(start);

	if (!r || r->kind != REGION_SPARSE)
		return;
	end = (end + COMMIT_SIZE - 1) & ~(COMMIT_SIZE - 1);
	if (end > r->end)
		end = r->end;
	commit(r, start, end - start);
}

void LKL_ABI lkl_mingw_mem_discard(void *addr, unsigned long long size)
{
	/* Not to be kept, and no longer in the working set. */
	VirtualAlloc(addr, size, MEM_RESET, PAGE_READWRITE);
	VirtualUnlock(addr, size);
}

void *LKL_ABI lkl_mingw_mem_alloc(unsigned long long size)
{
	return malloc(size);
}

void LKL_ABI lkl_mingw_mem_free(void *mem)
{
	free(mem);
}

void *LKL_ABI lkl_mingw_page_alloc(unsigned long long size)
{
	return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void LKL_ABI lkl_mingw_page_free(void *addr, unsigned long long size)
{
	VirtualFree(addr, 0, MEM_RELEASE);
}

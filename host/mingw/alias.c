// SPDX-License-Identifier: GPL-2.0
/*
 * Memory seen at a second address: views of sections in place of placeholders,
 * which unlike other views go by single pages. Windows has them since version 10
 * 1803, Wine since 9; elsewhere lkl_mingw_can_alias() says no.
 *
 * A window is a row of placeholders and views, and no two placeholders in it are
 * neighbours. Windows knows where each begins and ends. What a view shows is on a
 * list of ours: a view can only be taken away as a whole, and what had to stay of
 * it is mapped again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <windows.h>

#include "linux_errno.h"
#include "memory.h"
#include "mingw.h"

#ifndef MEM_RESERVE_PLACEHOLDER
#define MEM_RESERVE_PLACEHOLDER		0x00040000
#define MEM_REPLACE_PLACEHOLDER		0x00004000
#define MEM_COALESCE_PLACEHOLDERS	0x00000001
#define MEM_PRESERVE_PLACEHOLDER	0x00000002
#endif

#define BUCKETS		4096
#define PAGE_SHIFT	12
/* The smallest thing that can be reserved. */
#define GRANULE		65536

struct view {
	struct view *next;
	uintptr_t addr, target;
	size_t size;
	int write;
};

/* By address; changed by the holder of the CPU token, or while there is no kernel. */
static struct view *views[BUCKETS];

static void *(WINAPI *virtual_alloc2)(HANDLE process, void *base, SIZE_T size, ULONG type,
				      ULONG protect, void *params, ULONG count);
static void *(WINAPI *map_view3)(HANDLE section, HANDLE process, void *base,
				 ULONG64 offset, SIZE_T size, ULONG type, ULONG protect,
				 void *params, ULONG count);
static BOOL (WINAPI *unmap_view2)(HANDLE process, void *base, ULONG flags);
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static int available;

static void *placeholder(size_t size)
{
	return virtual_alloc2(GetCurrentProcess(), NULL, size,
			      MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);
}

static BOOL CALLBACK find_functions(INIT_ONCE *unused, void *arg, void **context)
{
	HMODULE base = GetModuleHandleW(L"kernelbase.dll");
	void *addr;

	virtual_alloc2 = (void *)GetProcAddress(base, "VirtualAlloc2");
	map_view3 = (void *)GetProcAddress(base, "MapViewOfFile3");
	unmap_view2 = (void *)GetProcAddress(base, "UnmapViewOfFile2");
	if (!virtual_alloc2 || !map_view3 || !unmap_view2)
		return TRUE;
	/* Some have the functions, and refuse. */
	addr = placeholder(GRANULE);
	if (addr) {
		available = 1;
		VirtualFree(addr, 0, MEM_RELEASE);
	}
	return TRUE;
}

int lkl_mingw_can_alias(void)
{
	InitOnceExecuteOnce(&once, find_functions, NULL, NULL);
	return available;
}

/* ---- views ----------------------------------------------------------------- */

static struct view **find_view(uintptr_t addr)
{
	struct view **p = &views[(addr >> PAGE_SHIFT) % BUCKETS];

	while (*p && (*p)->addr != addr)
		p = &(*p)->next;
	return p;
}

/* Maps @v, in place of a placeholder of exactly that place and size. */
static int map(const struct view *v)
{
	const struct region *r = lkl_mingw_region(v->target);
	DWORD before;

	if (!map_view3(r->section, GetCurrentProcess(), (void *)v->addr,
		       v->target - r->start, v->size, MEM_REPLACE_PLACEHOLDER,
		       PAGE_READWRITE, NULL, 0))
		return -LKL_ERR_NOMEM;
	if (!v->write)
		VirtualProtect((void *)v->addr, v->size, PAGE_READONLY, &before);
	return 0;
}

static int add_view(uintptr_t addr, uintptr_t target, size_t size, int write)
{
	struct view *v = malloc(sizeof(*v));
	struct view **p;
	int err;

	if (!v)
		return -LKL_ERR_NOMEM;
	*v = (struct view){ .addr = addr, .target = target, .size = size, .write = write };
	err = map(v);
	if (err) {
		free(v);
		return err;
	}
	p = &views[(addr >> PAGE_SHIFT) % BUCKETS];
	v->next = *p;
	*p = v;
	return 0;
}

/* ---- placeholders ------------------------------------------------------------ */

/* A placeholder or a view. */
struct part {
	uintptr_t start, end;
	int is_view;
};

static struct part part_at(uintptr_t addr)
{
	MEMORY_BASIC_INFORMATION info;
	struct part part = { addr, addr, 0 };
	struct view *v;

	if (!VirtualQuery((void *)addr, &info, sizeof(info)))
		return part;
	part.start = (uintptr_t)info.AllocationBase;
	part.end = (uintptr_t)info.BaseAddress + info.RegionSize;
	part.is_view = info.State == MEM_COMMIT;
	v = part.is_view ? *find_view(part.start) : NULL;
	/* Its protection need not be the same everywhere. */
	if (v)
		part.end = v->addr + v->size;
	return part;
}

/* Makes [@start, @end), inside one placeholder, a placeholder of its own. */
static void split(uintptr_t start, uintptr_t end)
{
	struct part part = part_at(start);

	if (part.start != start || part.end != end)
		VirtualFree((void *)start, end - start,
			    MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
}

/* Makes one placeholder of all that meet in [@start, @end), and their neighbours. */
static void join(const struct region *window, uintptr_t start, uintptr_t end)
{
	struct part part;

	if (start > window->start) {
		part = part_at(start - 1);
		if (!part.is_view)
			start = part.start;
	}
	if (end < window->end) {
		part = part_at(end);
		if (!part.is_view)
			end = part.end;
	}
	part = part_at(start);
	if (part.end < end)
		VirtualFree((void *)start, end - start,
			    MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS);
}

/* Takes the view @v out of [@start, @end); what lies outside is shown again. */
static int remove_view(uintptr_t addr, uintptr_t start, uintptr_t end)
{
	struct view **p = find_view(addr), *v = *p;
	int err = 0;

	if (!v)
		return 0;
	*p = v->next;
	unmap_view2(GetCurrentProcess(), (void *)v->addr, MEM_PRESERVE_PLACEHOLDER);
	if (v->addr < start) {
		split(v->addr, start);
		err = add_view(v->addr, v->target, start - v->addr, v->write);
	}
	if (!err && v->addr + v->size > end) {
		split(end, v->addr + v->size);
		err = add_view(end, v->target + (end - v->addr), v->addr + v->size - end,
			       v->write);
	}
	free(v);
	return err;
}

static void clear(const struct region *window, uintptr_t start, uintptr_t end)
{
	uintptr_t addr = start;
	int removed = 0;

	while (addr < end) {
		struct part part = part_at(addr);

		if (part.end <= addr)
			break;
		if (part.is_view) {
			remove_view(part.start, start, end);
			removed = 1;
		}
		addr = part.end;
	}
	if (removed)
		join(window, start, end);
}

/* ---- the vtable's ------------------------------------------------------------ */

void *lkl_mingw_window_new(size_t size)
{
	return placeholder(size);
}

void lkl_mingw_window_free(const struct region *window)
{
	clear(window, window->start, window->end);
	VirtualFree((void *)window->start, 0, MEM_RELEASE);
}

/* The same view with another protection: the page is never away. */
static int protect_view(uintptr_t addr, uintptr_t target, size_t size, int write)
{
	struct view *v = *find_view(addr);
	DWORD before;

	if (!v || v->target != target || v->size != size)
		return 0;
	v->write = write;
	return VirtualProtect((void *)addr, size, write ? PAGE_READWRITE : PAGE_READONLY,
			      &before);
}

int LKL_ABI lkl_mingw_mem_alias(void *addr, void *target,
				unsigned long long size, int write)
{
	uintptr_t start = (uintptr_t)addr, from = (uintptr_t)target;
	struct region *window = lkl_mingw_region(start);
	struct region *r = lkl_mingw_region(from);

	if (!window || window->kind != REGION_WINDOW || size > window->end - start ||
	    !r || !r->section || size > r->end - from)
		return -LKL_ERR_INVAL;
	if (protect_view(start, from, size, write))
		return 0;
	clear(window, start, start + size);
	split(start, start + size);
	return add_view(start, from, size, write);
}

void LKL_ABI lkl_mingw_mem_unalias(void *addr, unsigned long long size)
{
	struct region *window = lkl_mingw_region((uintptr_t)addr);

	if (window && window->kind == REGION_WINDOW)
		clear(window, (uintptr_t)addr, (uintptr_t)addr + size);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Regions of memory that the kernel knows; memory.c and alias.c share them. */
#ifndef LKL_MINGW_MEMORY_H
#define LKL_MINGW_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <windows.h>

enum region_kind {
	/* Committed: guest memory, the image. */
	REGION_PLAIN,
	/* Committed where it is touched: far more than there could ever be. */
	REGION_SPARSE,
	/* A window for aliases: placeholders and views. */
	REGION_WINDOW,
};

struct region {
	struct region *next;
	enum region_kind kind;
	uintptr_t start, end;
	/* Released by whoever added it. */
	int foreign;
	/* PLAIN: what can be seen at other addresses too; NULL if nothing can. */
	HANDLE section;
	/* SPARSE: nothing is reserved; its pieces as far as they were touched. */
	int unreserved;
	struct piece *pieces;
};

/* memory.c */

struct region *lkl_mingw_region(uintptr_t addr);
/*
 * Committed memory of @size bytes at @hint, where @protect (PAGE_...) is allowed;
 * anywhere if @hint is 0, NULL if it is not free there. lkl_mingw_plain_free()
 * gives it back. The kernel may alias it, if the host can alias.
 */
void *lkl_mingw_plain_new(uintptr_t hint, size_t size, DWORD protect);
void lkl_mingw_plain_free(void *addr);
/*
 * @addr was touched: commits it, if it is in a sparse region. 0 if it is none of
 * these, or if there is no memory.
 */
int lkl_mingw_memory_commit(void *addr);
/* Whether this is Wine, where what is reserved costs memory and time. */
int lkl_mingw_is_wine(void);

/* alias.c */

/* Whether this host can alias memory page by page. */
int lkl_mingw_can_alias(void);
void *lkl_mingw_window_new(size_t size);
void lkl_mingw_window_free(const struct region *window);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the kernel image. It is part of this program or library, page by page,
 * but of a section that Windows maps as a whole: so it is copied.
 */
#include <stdint.h>
#include <string.h>
#include <windows.h>

#include "host.h"
#include "linux_errno.h"
#include "memory.h"
#include "mingw.h"

/*
 * Where images go: low, since the kernel walks its map of memory from address 0,
 * which takes 2 ms per TiB; near the start of a section of that map, since all of
 * a section is described; and random, as far as steps of 64 KiB allow (18 bits).
 */
#define IMAGE_LOW	(16ULL << 30)
#define IMAGE_SECTIONS	1024
#define IMAGE_SECTION	(128ULL << 20)
#define IMAGE_STEPS	256
#define IMAGE_STEP	65536

static uint64_t random_number(void)
{
	LARGE_INTEGER now;
	uint64_t x;

	if (lkl_mingw_random(&x, sizeof(x)) == sizeof(x))
		return x;
	QueryPerformanceCounter(&now);
	return ((uint64_t)now.QuadPart ^ GetCurrentProcessId()) * 0x9e3779b97f4a7c15ULL;
}

void *lkl_host_image_reserve(size_t size)
{
	void *addr;

	for (int tries = 0; tries < 16; tries++) {
		uint64_t hint = random_number();

		hint = IMAGE_LOW + hint % IMAGE_SECTIONS * IMAGE_SECTION +
			(hint >> 32) % IMAGE_STEPS * IMAGE_STEP;
		addr = lkl_mingw_plain_new(hint, size, PAGE_EXECUTE_READWRITE);
		if (addr)
			return addr;
	}
	return lkl_mingw_plain_new(0, size, PAGE_EXECUTE_READWRITE);
}

int lkl_host_image_map(void *to, const void *from, size_t size)
{
	DWORD before;

	memcpy(to, from, size);
	return VirtualProtect(to, size, PAGE_READWRITE, &before) ? 0 : -LKL_ERR_NOMEM;
}

int lkl_host_image_protect(void *addr, size_t size)
{
	DWORD before;

	if (!VirtualProtect(addr, size, PAGE_EXECUTE_READ, &before))
		return -LKL_ERR_NOMEM;
	FlushInstructionCache(GetCurrentProcess(), addr, size);
	return 0;
}

/* Copied pages would not come again. */
void lkl_host_image_trim(void *addr, size_t size)
{
}

void lkl_host_image_release(void *addr, size_t size)
{
	lkl_mingw_plain_free(addr);
}

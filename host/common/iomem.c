// SPDX-License-Identifier: GPL-2.0
/*
 * Registry of register windows. Windows come and go from any thread while the
 * kernel accesses others, so a slot is claimed and published with atomics and an
 * access takes no lock.
 */
#include <stddef.h>
#include <stdint.h>

#include "iomem.h"
#include "linux_errno.h"
#include "token.h"

struct window {
	int taken;
	unsigned int size;
	void *data;
	/* Published last, cleared first: not NULL means the rest is valid. */
	const struct lkl_iomem_ops *ops;
};

static struct window windows[LKL_IOMEM_SLOTS];

#ifdef __SANITIZE_THREAD__
char lkl_token;
#endif

int lkl_iomem_add(void *data, unsigned int size, const struct lkl_iomem_ops *ops)
{
	int slot;

	for (slot = 0; slot < LKL_IOMEM_SLOTS; slot++) {
		struct window *w = &windows[slot];

		if (__atomic_exchange_n(&w->taken, 1, __ATOMIC_ACQUIRE))
			continue;
		w->data = data;
		w->size = size;
		__atomic_store_n(&w->ops, ops, __ATOMIC_RELEASE);
		return slot;
	}
	return -LKL_ERR_NOSPC;
}

void lkl_iomem_remove(int slot)
{
	struct window *w = &windows[slot];

	__atomic_store_n(&w->ops, NULL, __ATOMIC_RELEASE);
	__atomic_store_n(&w->taken, 0, __ATOMIC_RELEASE);
}

void *lkl_iomem_data(int slot)
{
	struct window *w = &windows[slot];

	if (slot < 0 || slot >= LKL_IOMEM_SLOTS ||
	    !__atomic_load_n(&w->ops, __ATOMIC_ACQUIRE))
		return NULL;
	return w->data;
}

/* The window that holds [@addr, @addr + @size), NULL if none does. */
static struct window *find_window(uint64_t addr, unsigned int size,
				  const struct lkl_iomem_ops **ops)
{
	uint64_t slot = (addr >> LKL_IOMEM_SHIFT) - 1;
	uint64_t offset = addr & ((1ULL << LKL_IOMEM_SHIFT) - 1);
	struct window *w;

	if (slot >= LKL_IOMEM_SLOTS)
		return NULL;
	w = &windows[slot];
	*ops = __atomic_load_n(&w->ops, __ATOMIC_ACQUIRE);
	if (!*ops || offset + size > w->size)
		return NULL;
	return w;
}

/* The cookie is the bus address itself. */
void *LKL_ABI lkl_ioremap(long long addr, int size)
{
	const struct lkl_iomem_ops *ops;

	if (size <= 0 || !find_window(addr, size, &ops))
		return NULL;
	return (void *)(uintptr_t)addr;
}

int LKL_ABI lkl_iomem_access(const volatile void *addr, void *val, int size,
			     int write)
{
	uint64_t bus = (uintptr_t)addr;
	const struct lkl_iomem_ops *ops;
	struct window *w;
	unsigned int offset;
	int ret;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return -LKL_ERR_INVAL;
	token_taken();
	w = find_window(bus, size, &ops);
	if (!w)
		return -LKL_ERR_NODEV;
	offset = bus & ((1ULL << LKL_IOMEM_SHIFT) - 1);
	ret = write ? ops->write(w->data, offset, val, size) :
		      ops->read(w->data, offset, val, size);
	token_passed();
	return ret;
}

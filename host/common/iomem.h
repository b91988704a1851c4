/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Windows of device registers: where the bus addresses that the kernel maps and
 * accesses meet the device models behind them.
 *
 * A window lives in a slot; slot n sits at bus address (n + 1) << 24, so no
 * window is at address zero and all stay below 4 GiB.
 */
#ifndef LKL_COMMON_IOMEM_H
#define LKL_COMMON_IOMEM_H

#include <lkl_ops.h>

/* As many as the kernel has interrupts: each device takes one. */
#define LKL_IOMEM_SLOTS		63
#define LKL_IOMEM_SHIFT		24

struct lkl_iomem_ops {
	/*
	 * Access to @size bytes (1, 2, 4 or 8) at @offset of the window. Called
	 * with the CPU token held: must not block. 0 or a negative errno.
	 */
	int (*read)(void *data, unsigned int offset, void *val, int size);
	int (*write)(void *data, unsigned int offset, const void *val, int size);
};

/*
 * Opens a window of @size bytes whose accesses go to @ops with @data. Returns
 * its slot, or -ENOSPC. Any thread, but a device's window between lkl_kernel_keep() and
 * lkl_kernel_let_go().
 */
int lkl_iomem_add(void *data, unsigned int size, const struct lkl_iomem_ops *ops);
/* Closes the window; the caller knows that the kernel no longer uses it. */
void lkl_iomem_remove(int slot);
/* The data of the window in @slot, NULL if it is closed. */
void *lkl_iomem_data(int slot);

static inline unsigned long long lkl_iomem_base(int slot)
{
	return (unsigned long long)(slot + 1) << LKL_IOMEM_SHIFT;
}

/* struct lkl_host_operations::ioremap and ::iomem_access of every host. */
void *LKL_ABI lkl_ioremap(long long addr, int size);
int LKL_ABI lkl_iomem_access(const volatile void *addr, void *val, int size,
			     int write);

#endif

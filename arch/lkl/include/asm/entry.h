/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_ENTRY_H
#define _ASM_LKL_ENTRY_H

#include <lkl_ops.h>

/* The members of struct lkl_image. */
long long LKL_ABI lkl_image_syscall(struct lkl_thread *th, long long nr,
				    const long long *params);
int LKL_ABI lkl_image_trigger_irq(int irq);
void LKL_ABI lkl_image_hold_irq(int irq, int held);
int LKL_ABI lkl_image_get_free_irq(const char *user);
void LKL_ABI lkl_image_put_irq(int irq, const char *user);
void LKL_ABI lkl_image_lend(int devices);
unsigned long long LKL_ABI lkl_image_fault(struct lkl_thread *th,
					   unsigned long long ip,
					   unsigned long long addr, int write);

/* enum lkl_call */
long lkl_call(long nr, const long long *params);
long lkl_virtio_add(u64 base, u64 size, int irq);
long lkl_virtio_remove(int id);
long lkl_halt(void);
long lkl_flush_unmount(void);
/* bench.c */
long lkl_work_roundtrip(void);
long lkl_raid6_syndrome(int disks, size_t size, void **pages);

/* coverage.c */
#ifdef CONFIG_LKL_COVERAGE
long lkl_coverage(u8 *bytes, size_t size);
#else
static inline long lkl_coverage(u8 *bytes, size_t size)
{
	return -ENOSYS;
}
#endif

/* console.c: the kernel's log goes to the host's print() from now on. */
void lkl_console_register(void);

/* setup.c: the host's command line and memory, before start_kernel() */
int lkl_setup(const char *cmdline);
/* mm/init.c: whether @addr is in guest memory, lent or not */
bool lkl_is_ram(unsigned long addr);
/* init.c: whose task process 1 becomes */
extern struct lkl_thread *lkl_boot_thread;

#endif

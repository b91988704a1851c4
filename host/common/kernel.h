/* SPDX-License-Identifier: GPL-2.0 */
/* The running kernel, as the hosts' other parts need it. */
#ifndef LKL_COMMON_KERNEL_H
#define LKL_COMMON_KERNEL_H

/*
 * A fault of the calling thread, in a fault handler: where to continue, or 0 if
 * it is not the kernel's.
 */
unsigned long long lkl_kernel_fault(unsigned long long ip, unsigned long long addr,
				    int write);

/*
 * Between these no kernel starts or ends, or is taken along by fork(), nor does anybody else
 * come in between; to be short. Waits for who does that just now. -EDEADLK inside of a call.
 */
int lkl_kernel_keep(void);
void lkl_kernel_let_go(void);

/* hold_irq() of struct lkl_image; nothing without a kernel. */
void lkl_hold_irq(int irq, int held);

/*
 * @more devices that give the application addresses of guest memory: system calls may name
 * it while there are any. 0, or -EDEADLK inside of a call.
 */
int lkl_lend_memory(int more);

/* Before fork(), and after it on either side; on hosts that have fork(). */
void lkl_kernel_fork_prepare(void);
void lkl_kernel_fork_done(int child);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One CPU, so the kernel needs no barrier against itself; but devices and the
 * application (io_uring rings, futex words) run beside it.
 */
#ifndef _ASM_LKL_BARRIER_H
#define _ASM_LKL_BARRIER_H

#define mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)

#define __smp_mb()	mb()
#define __smp_rmb()	rmb()
#define __smp_wmb()	wmb()

#define smp_rmb()	rmb()
#define smp_wmb()	wmb()

#define __smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define __smp_load_acquire(p)						\
({									\
	__unqual_scalar_typeof(*(p)) ___v;				\
	__atomic_load(p, &___v, __ATOMIC_ACQUIRE);			\
	(typeof(*(p)))___v;						\
})

/* io_uring's wake-up of a polling thread orders a store before a load. */
#define smp_mb__after_atomic()	mb()

/* A release fence orders loads and stores alike. */
#define smp_store_release(p, v)						\
do {									\
	wmb();								\
	WRITE_ONCE(*(p), v);						\
} while (0)

#include <asm-generic/barrier.h>

#endif

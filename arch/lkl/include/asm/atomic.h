/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Only the holder of the CPU's token touches kernel data, and interrupts come at
 * points of the kernel's own choosing, so a plain operation is an atomic one.
 */
#ifndef _ASM_LKL_ATOMIC_H
#define _ASM_LKL_ATOMIC_H

#include <linux/types.h>
#include <asm/barrier.h>
#include <asm/cmpxchg.h>

#ifdef CONFIG_SMP
#error "these operations are for one CPU"
#endif

#define LKL_ATOMIC_OP(prefix, type, val, op, c_op)			\
static __always_inline void						\
prefix##_##op(val i, type *v)						\
{									\
	WRITE_ONCE(v->counter, READ_ONCE(v->counter) c_op i);		\
}									\
static __always_inline val						\
prefix##_##op##_return(val i, type *v)					\
{									\
	val new = READ_ONCE(v->counter) c_op i;				\
									\
	WRITE_ONCE(v->counter, new);					\
	return new;							\
}									\
static __always_inline val						\
prefix##_fetch_##op(val i, type *v)					\
{									\
	val old = READ_ONCE(v->counter);				\
									\
	WRITE_ONCE(v->counter, old c_op i);				\
	return old;							\
}

#define LKL_ATOMIC_OPS(prefix, type, val)				\
LKL_ATOMIC_OP(prefix, type, val, add, +)				\
LKL_ATOMIC_OP(prefix, type, val, sub, -)				\
LKL_ATOMIC_OP(prefix, type, val, and, &)				\
LKL_ATOMIC_OP(prefix, type, val, or, |)					\
LKL_ATOMIC_OP(prefix, type, val, xor, ^)

LKL_ATOMIC_OPS(arch_atomic, atomic_t, int)
LKL_ATOMIC_OPS(arch_atomic64, atomic64_t, s64)

#define arch_atomic_read(v)		READ_ONCE((v)->counter)
#define arch_atomic_set(v, i)		WRITE_ONCE((v)->counter, (i))
#define arch_atomic64_read(v)		READ_ONCE((v)->counter)
#define arch_atomic64_set(v, i)		WRITE_ONCE((v)->counter, (i))
#define ATOMIC64_INIT(i)		{ (i) }

#define arch_atomic_add_return		arch_atomic_add_return
#define arch_atomic_sub_return		arch_atomic_sub_return
#define arch_atomic_fetch_add		arch_atomic_fetch_add
#define arch_atomic_fetch_sub		arch_atomic_fetch_sub
#define arch_atomic_fetch_and		arch_atomic_fetch_and
#define arch_atomic_fetch_or		arch_atomic_fetch_or
#define arch_atomic_fetch_xor		arch_atomic_fetch_xor
#define arch_atomic64_add_return	arch_atomic64_add_return
#define arch_atomic64_sub_return	arch_atomic64_sub_return
#define arch_atomic64_fetch_add		arch_atomic64_fetch_add
#define arch_atomic64_fetch_sub		arch_atomic64_fetch_sub
#define arch_atomic64_fetch_and		arch_atomic64_fetch_and
#define arch_atomic64_fetch_or		arch_atomic64_fetch_or
#define arch_atomic64_fetch_xor		arch_atomic64_fetch_xor

#endif

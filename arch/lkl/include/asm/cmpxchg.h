/* SPDX-License-Identifier: GPL-2.0 */
/* See atomic.h for why plain loads and stores will do. */
#ifndef _ASM_LKL_CMPXCHG_H
#define _ASM_LKL_CMPXCHG_H

#include <linux/compiler.h>

#define arch_xchg(ptr, x)						\
({									\
	typeof(ptr) __xp = (ptr);					\
	typeof(*__xp) __xnew = (x);					\
	typeof(*__xp) __xold = READ_ONCE(*__xp);			\
	WRITE_ONCE(*__xp, __xnew);					\
	__xold;								\
})

#define arch_cmpxchg(ptr, old, new)					\
({									\
	typeof(ptr) __cp = (ptr);					\
	typeof(*__cp) __c_old = (old);					\
	typeof(*__cp) __c_new = (new);					\
	typeof(*__cp) __c_cur = READ_ONCE(*__cp);			\
	if (__c_cur == __c_old)						\
		WRITE_ONCE(*__cp, __c_new);				\
	__c_cur;								\
})

#define arch_cmpxchg_local	arch_cmpxchg
#define arch_cmpxchg64		arch_cmpxchg
#define arch_cmpxchg64_local	arch_cmpxchg

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * "User" memory is whatever the application can touch, but for guest memory, which is
 * the kernel's own. A fault inside one of the copies below is caught by the host and
 * ends it (lib/copy_user.c).
 */
#ifndef _ASM_LKL_UACCESS_H
#define _ASM_LKL_UACCESS_H

#include <linux/string.h>
#include <asm/extable.h>
#include <asm/hostmem.h>
#include <asm/processor.h>

/* Returns the number of bytes that could not be copied. */
unsigned long lkl_copy_user(void *to, const void *from, unsigned long n);
unsigned long lkl_clear_user(void *to, unsigned long n);

static inline unsigned long
raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	return lkl_copy_user(to, (const void __force *)from, n);
}

static inline unsigned long
raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	return lkl_copy_user((void __force *)to, from, n);
}

#define INLINE_COPY_FROM_USER
#define INLINE_COPY_TO_USER

/*
 * One load or store that continues at @label when it faults; these serve
 * get_user(), put_user() and the nofault and unsafe accessors alike.
 */
#include <asm/uaccess_insn.h>

#define __get_kernel_nofault(dst, src, type, label)			\
	lkl_load_or_goto(*(type *)(dst), (const type *)(src), label)
#define __put_kernel_nofault(dst, src, type, label)			\
	lkl_store_or_goto(*(const type *)(src), (type *)(dst), label)

/*
 * Of what begins below guest memory, the end is not looked at: strncpy_from_user() asks for
 * more than a string may have.
 */
static inline bool __access_ok(const void __user *ptr, unsigned long size)
{
	unsigned long addr = (unsigned long)ptr;

	return size <= TASK_SIZE_MAX && addr <= TASK_SIZE_MAX - size &&
	       !lkl_is_guest_memory(addr);
}
#define __access_ok __access_ok

#include <asm-generic/access_ok.h>

#define __get_user(x, ptr)						\
({									\
	__label__ __gu_fault, __gu_done;				\
	int __gu_err = 0;						\
	const typeof(*(ptr)) *__gu_ptr = (const typeof(*(ptr)) __force *)(ptr); \
	__inttype(*__gu_ptr) __gu_val = 0;				\
	lkl_load_or_goto(__gu_val,					\
			 (const __inttype(*__gu_ptr) *)__gu_ptr, __gu_fault); \
	goto __gu_done;							\
__gu_fault:								\
	__gu_err = lkl_get_user_slow(&__gu_val, __gu_ptr,		\
				     sizeof(*__gu_ptr));		\
__gu_done:								\
	(x) = (typeof(*(ptr)))__gu_val;					\
	__gu_err;							\
})

#define __put_user(x, ptr)						\
({									\
	__label__ __pu_fault, __pu_done;				\
	int __pu_err = 0;						\
	typeof(*(ptr)) *__pu_ptr = (typeof(*(ptr)) __force *)(ptr);	\
	typeof(*(ptr)) __pu_val = (x);					\
	lkl_store_or_goto(*(__inttype(__pu_val) *)&__pu_val,		\
			  (__inttype(*__pu_ptr) *)__pu_ptr, __pu_fault); \
	goto __pu_done;							\
__pu_fault:								\
	__pu_err = lkl_put_user_slow(__pu_ptr, &__pu_val,		\
				     sizeof(__pu_val));			\
__pu_done:								\
	__pu_err;							\
})

/* An unsigned integer as wide as @x. */
#define __inttype(x)							\
	__typeof__(__builtin_choose_expr(sizeof(x) == 1, (u8)0,		\
		   __builtin_choose_expr(sizeof(x) == 2, (u16)0,	\
		   __builtin_choose_expr(sizeof(x) == 4, (u32)0, (u64)0))))

#define get_user(x, ptr)						\
({									\
	const typeof(*(ptr)) __user *__g_ptr = (ptr);			\
	might_fault();							\
	access_ok(__g_ptr, sizeof(*__g_ptr)) ? __get_user(x, __g_ptr) :	\
		((x) = (typeof(*(ptr)))0, -EFAULT);			\
})

#define put_user(x, ptr)						\
({									\
	typeof(*(ptr)) __user *__p_ptr = (ptr);				\
	might_fault();							\
	access_ok(__p_ptr, sizeof(*__p_ptr)) ?				\
		__put_user(((typeof(*(ptr)))(x)), __p_ptr) : -EFAULT;	\
})

int lkl_get_user_slow(void *val, const void *addr, int size);
int lkl_put_user_slow(void *addr, const void *val, int size);

static inline unsigned long __clear_user(void __user *to, unsigned long n)
{
	return lkl_clear_user((void __force *)to, n);
}

static inline unsigned long clear_user(void __user *to, unsigned long n)
{
	might_fault();
	return access_ok(to, n) ? __clear_user(to, n) : n;
}

long strncpy_from_user(char *dst, const char __user *src, long count);
long strnlen_user(const char __user *str, long n);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * Copies to and from the application. A page that the kernel itself has mapped
 * for it (mmap() of a file) may have to be brought in first.
 */
#include <linux/export.h>
#include <linux/uaccess.h>
#include <asm/hostmem.h>

#ifdef CONFIG_LKL_X86_64
static __always_inline unsigned long copy_insn(void *to, const void *from,
					       unsigned long n)
{
	asm volatile("1: rep movsb\n"
		     "2:\n"
		     LKL_EXTABLE(1b, 2b)
		     : "+D" (to), "+S" (from), "+c" (n) : : "memory");
	return n;
}

static __always_inline unsigned long clear_insn(void *to, unsigned long n)
{
	asm volatile("1: rep stosb\n"
		     "2:\n"
		     LKL_EXTABLE(1b, 2b)
		     : "+D" (to), "+c" (n) : "a" (0) : "memory");
	return n;
}

/* An atomic no-op: the application may be storing there at the same time. */
int lkl_probe_write(void *addr)
{
	int err = -EFAULT;

	asm volatile("1: lock orb $0, (%1)\n"
		     "xorl %0, %0\n"
		     "2:\n"
		     LKL_EXTABLE(1b, 2b)
		     : "+r" (err) : "r" (addr) : "memory", "cc");
	return err;
}
#endif

unsigned long lkl_copy_user(void *to, const void *from, unsigned long n)
{
	unsigned long left = copy_insn(to, from, n);

	while (unlikely(left)) {
		unsigned long done = n - left;

		if (!lkl_fault_in(from + done, false) && !lkl_fault_in(to + done, true))
			break;
		to += done;
		from += done;
		n = left;
		left = copy_insn(to, from, n);
	}
	return left;
}
EXPORT_SYMBOL(lkl_copy_user);

unsigned long lkl_clear_user(void *to, unsigned long n)
{
	unsigned long left = clear_insn(to, n);

	while (unlikely(left) && lkl_fault_in(to + n - left, true)) {
		to += n - left;
		n = left;
		left = clear_insn(to, n);
	}
	return left;
}
EXPORT_SYMBOL(lkl_clear_user);

int lkl_get_user_slow(void *val, const void *addr, int size)
{
	if (!lkl_copy_user(val, addr, size))
		return 0;
	memset(val, 0, size);
	return -EFAULT;
}
EXPORT_SYMBOL(lkl_get_user_slow);

int lkl_put_user_slow(void *addr, const void *val, int size)
{
	return lkl_copy_user(addr, val, size) ? -EFAULT : 0;
}
EXPORT_SYMBOL(lkl_put_user_slow);

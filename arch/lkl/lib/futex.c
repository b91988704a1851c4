// SPDX-License-Identifier: GPL-2.0
/*
 * Changes of futex words. Unlike data of the kernel (asm/atomic.h), these are changed by other
 * threads of the application meanwhile, so plain loads and stores will not do.
 */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/futex.h>
#include <asm/hostmem.h>
#include <uapi/linux/futex.h>

/* Stores @new if *@old is there, and in *@old what was there. */
static int cmpxchg_user_insn(u32 *addr, u32 *old, u32 new)
{
	int err = -EFAULT;

#if defined(CONFIG_LKL_X86_64)
	asm volatile("1: lock cmpxchgl %3, (%2)\n"
		     "xorl %0, %0\n"
		     "2:\n"
		     LKL_EXTABLE(1b, 2b)
		     : "+r" (err), "+a" (*old) : "r" (addr), "r" (new) : "memory", "cc");
#else
	u32 there, failed;

#if defined(CONFIG_LKL_ARM64)
	asm volatile("1: ldaxr %w1, [%3]\n"
		     "cmp %w1, %w4\n"
		     "b.ne 3f\n"
		     "2: stlxr %w2, %w5, [%3]\n"
		     "cbnz %w2, 1b\n"
		     "3: mov %w0, wzr\n"
		     "4:\n"
		     LKL_EXTABLE(1b, 4b)
		     LKL_EXTABLE(2b, 4b)
		     : "+r" (err), "=&r" (there), "=&r" (failed)
		     : "r" (addr), "r" (*old), "r" (new) : "memory", "cc");
#else
	asm volatile("1: lr.w.aqrl %1, (%3)\n"
		     "bne %1, %4, 3f\n"
		     "2: sc.w.aqrl %2, %5, (%3)\n"
		     "bnez %2, 1b\n"
		     "3: li %0, 0\n"
		     "4:\n"
		     LKL_EXTABLE(1b, 4b)
		     LKL_EXTABLE(2b, 4b)
		     : "+r" (err), "=&r" (there), "=&r" (failed)
		     : "r" (addr), "r" ((int)*old), "r" (new) : "memory");
#endif
	if (!err)
		*old = there;
#endif
	return err;
}

static int cmpxchg_user(u32 *addr, u32 *old, u32 new)
{
	int err = cmpxchg_user_insn(addr, old, new);

	if (unlikely(err) && lkl_fault_in(addr, true))
		err = cmpxchg_user_insn(addr, old, new);
	return err;
}

int futex_atomic_cmpxchg_inatomic(u32 *uval, u32 __user *uaddr, u32 oldval, u32 newval)
{
	*uval = oldval;
	return cmpxchg_user((u32 __force *)uaddr, uval, newval);
}

static int apply(int op, u32 oparg, u32 *val)
{
	switch (op) {
	case FUTEX_OP_SET:
		*val = oparg;
		return 0;
	case FUTEX_OP_ADD:
		*val += oparg;
		return 0;
	case FUTEX_OP_OR:
		*val |= oparg;
		return 0;
	case FUTEX_OP_ANDN:
		*val &= ~oparg;
		return 0;
	case FUTEX_OP_XOR:
		*val ^= oparg;
		return 0;
	}
	return -ENOSYS;
}

int arch_futex_atomic_op_inuser(int op, u32 oparg, int *oval, u32 __user *uaddr)
{
	u32 there = 0, old, new;
	int err;

	do {
		old = there;
		new = old;
		err = apply(op, oparg, &new);
		if (!err)
			err = cmpxchg_user((u32 __force *)uaddr, &there, new);
	} while (!err && there != old);
	if (!err)
		*oval = old;
	return err;
}

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_UACCESS_INSN_H
#define _ASM_LKL_UACCESS_INSN_H

#define __lkl_load(var, ptr, insn, label)				\
	asm_goto_output("1: " insn "\n"					\
		 LKL_EXTABLE(1b, %l2)					\
		 : "=r" (var) : "m" (*(ptr)) : : label)

#define __lkl_store(val, ptr, insn, label)				\
	asm goto("1: " insn "\n"					\
		 LKL_EXTABLE(1b, %l2)					\
		 : : "r" (val), "m" (*(ptr)) : "memory" : label)

#define lkl_load_or_goto(var, ptr, label)				\
do {									\
	u8 __l1; u16 __l2; u32 __l4; u64 __l8;				\
	switch (sizeof(*(ptr))) {					\
	case 1:								\
		__lkl_load(__l1, (const u8 *)(ptr), "movb %1, %b0", label); \
		(var) = (typeof(var))__l1;				\
		break;							\
	case 2:								\
		__lkl_load(__l2, (const u16 *)(ptr), "movw %1, %w0", label); \
		(var) = (typeof(var))__l2;				\
		break;							\
	case 4:								\
		__lkl_load(__l4, (const u32 *)(ptr), "movl %1, %k0", label); \
		(var) = (typeof(var))__l4;				\
		break;							\
	default:							\
		__lkl_load(__l8, (const u64 *)(ptr), "movq %1, %q0", label); \
		(var) = (typeof(var))__l8;				\
	}								\
} while (0)

#define lkl_store_or_goto(val, ptr, label)				\
do {									\
	switch (sizeof(*(ptr))) {					\
	case 1:								\
		__lkl_store((u8)(val), (u8 *)(ptr), "movb %b0, %1", label); \
		break;							\
	case 2:								\
		__lkl_store((u16)(val), (u16 *)(ptr), "movw %w0, %1", label); \
		break;							\
	case 4:								\
		__lkl_store((u32)(val), (u32 *)(ptr), "movl %k0, %1", label); \
		break;							\
	default:							\
		__lkl_store((u64)(val), (u64 *)(ptr), "movq %q0, %1", label); \
	}								\
} while (0)

#endif

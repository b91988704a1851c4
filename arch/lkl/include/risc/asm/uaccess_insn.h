/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_UACCESS_INSN_H
#define _ASM_LKL_UACCESS_INSN_H

/* Loads and stores of 1, 2, 4 and 8 bytes: register %0, memory %1. */
#ifdef CONFIG_LKL_ARM64
#define LKL_LOAD1	"ldrb %w0, %1"
#define LKL_LOAD2	"ldrh %w0, %1"
#define LKL_LOAD4	"ldr %w0, %1"
#define LKL_LOAD8	"ldr %x0, %1"
#define LKL_STORE1	"strb %w0, %1"
#define LKL_STORE2	"strh %w0, %1"
#define LKL_STORE4	"str %w0, %1"
#define LKL_STORE8	"str %x0, %1"
#else
#define LKL_LOAD1	"lb %0, %1"
#define LKL_LOAD2	"lh %0, %1"
#define LKL_LOAD4	"lw %0, %1"
#define LKL_LOAD8	"ld %0, %1"
#define LKL_STORE1	"sb %0, %1"
#define LKL_STORE2	"sh %0, %1"
#define LKL_STORE4	"sw %0, %1"
#define LKL_STORE8	"sd %0, %1"
#endif

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
		__lkl_load(__l1, (const u8 *)(ptr), LKL_LOAD1, label);	\
		(var) = (typeof(var))__l1;				\
		break;							\
	case 2:								\
		__lkl_load(__l2, (const u16 *)(ptr), LKL_LOAD2, label);	\
		(var) = (typeof(var))__l2;				\
		break;							\
	case 4:								\
		__lkl_load(__l4, (const u32 *)(ptr), LKL_LOAD4, label);	\
		(var) = (typeof(var))__l4;				\
		break;							\
	default:							\
		__lkl_load(__l8, (const u64 *)(ptr), LKL_LOAD8, label);	\
		(var) = (typeof(var))__l8;				\
	}								\
} while (0)

#define lkl_store_or_goto(val, ptr, label)				\
do {									\
	switch (sizeof(*(ptr))) {					\
	case 1:								\
		__lkl_store((u8)(val), (u8 *)(ptr), LKL_STORE1, label);	\
		break;							\
	case 2:								\
		__lkl_store((u16)(val), (u16 *)(ptr), LKL_STORE2, label); \
		break;							\
	case 4:								\
		__lkl_store((u32)(val), (u32 *)(ptr), LKL_STORE4, label); \
		break;							\
	default:							\
		__lkl_store((u64)(val), (u64 *)(ptr), LKL_STORE8, label); \
	}								\
} while (0)

#endif

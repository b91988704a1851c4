/* SPDX-License-Identifier: GPL-2.0 */
/* What assembly code for the arm64 kernel needs. */
#include <linux/export.h>

#define CPU_BE(code...)
#define CPU_LE(code...) code

#define EXPORT_SYMBOL_NOKASAN(name) EXPORT_SYMBOL(name)

/* The address of \sym, or the value there, by its distance from here. */
	.macro	adr_l, reg, sym
	adrp	\reg, \sym
	add	\reg, \reg, :lo12:\sym
	.endm

	.macro	ldr_l, reg, sym, tmp
	adrp	\tmp, \sym
	ldr	\reg, [\tmp, :lo12:\sym]
	.endm

	.macro	mov_q, reg, value
	movz	\reg, #:abs_g0_nc:\value
	movk	\reg, #:abs_g1_nc:\value
	movk	\reg, #:abs_g2_nc:\value
	movk	\reg, #:abs_g3:\value
	.endm

/* A frame that keeps x19, where \count is 1, and the link register. */
	.set	.Lframe_local_offset, 32
	.macro	frame_push, count
	stp	x29, x30, [sp, #-.Lframe_local_offset]!
	mov	x29, sp
	str	x19, [sp, #16]
	.if	\count > 1
	.error	"a larger frame than is made"
	.endif
	.endm

	.macro	frame_pop
	ldr	x19, [sp, #16]
	ldp	x29, x30, [sp], #.Lframe_local_offset
	.endm

/* Where long loops would let others have the processor. */
	.macro	cond_yield, label, tmp, tmp2
	.endm

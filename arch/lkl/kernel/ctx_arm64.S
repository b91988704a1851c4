/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks: switching between them, and leaving frames behind. See ctx.h. Vector
 * registers are not saved: the kernel keeps nothing in them, and functions of the
 * host give them back as they found them.
 */
#include <linux/linkage.h>

/* void lkl_ctx_swap(void **save (x0), void *load (x1)) */
SYM_FUNC_START(lkl_ctx_swap)
	stp	x19, x20, [sp, #-96]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	mov	x9, sp
	str	x9, [x0]
	mov	sp, x1
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	x19, x20, [sp], #96
	ret
SYM_FUNC_END(lkl_ctx_swap)

/* Where a new stack starts: the function is in x19; it does not return. */
SYM_FUNC_START(lkl_ctx_start)
	mov	x29, xzr
	blr	x19
	brk	#0
SYM_FUNC_END(lkl_ctx_start)

/* int lkl_ctx_mark(struct lkl_ctx_mark *m (x0)) */
SYM_FUNC_START(lkl_ctx_mark)
	mov	x9, sp
	stp	x19, x20, [x0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	str	x9, [x0, #96]
	mov	w0, #0
	ret
SYM_FUNC_END(lkl_ctx_mark)

/* void lkl_ctx_jump(const struct lkl_ctx_mark *m (x0)) */
SYM_FUNC_START(lkl_ctx_jump)
	ldr	x9, [x0, #96]
	ldp	x19, x20, [x0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	mov	sp, x9
	mov	w0, #1
	ret
SYM_FUNC_END(lkl_ctx_jump)

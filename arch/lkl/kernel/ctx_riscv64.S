/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks: switching between them, and leaving frames behind. See ctx.h. Registers
 * for floating point are not saved: the kernel keeps nothing in them, and functions
 * of the host give them back as they found them.
 */
#include <linux/linkage.h>

#define FRAME 112

/* Those that a function keeps for its caller, \op a load or store, at \base. */
.macro callee_saved op, base
	\op	ra, 0(\base)
	\op	s0, 8(\base)
	\op	s1, 16(\base)
	\op	s2, 24(\base)
	\op	s3, 32(\base)
	\op	s4, 40(\base)
	\op	s5, 48(\base)
	\op	s6, 56(\base)
	\op	s7, 64(\base)
	\op	s8, 72(\base)
	\op	s9, 80(\base)
	\op	s10, 88(\base)
	\op	s11, 96(\base)
.endm

/* void lkl_ctx_swap(void **save (a0), void *load (a1)) */
SYM_FUNC_START(lkl_ctx_swap)
	addi	sp, sp, -FRAME
	callee_saved sd, sp
	sd	sp, 0(a0)
	mv	sp, a1
	callee_saved ld, sp
	addi	sp, sp, FRAME
	ret
SYM_FUNC_END(lkl_ctx_swap)

/* Where a new stack starts: the function is in s0; it does not return. */
SYM_FUNC_START(lkl_ctx_start)
	mv	t0, s0
	li	s0, 0
	jalr	t0
	ebreak
SYM_FUNC_END(lkl_ctx_start)

/* int lkl_ctx_mark(struct lkl_ctx_mark *m (a0)) */
SYM_FUNC_START(lkl_ctx_mark)
	callee_saved sd, a0
	sd	sp, 104(a0)
	li	a0, 0
	ret
SYM_FUNC_END(lkl_ctx_mark)

/* void lkl_ctx_jump(const struct lkl_ctx_mark *m (a0)) */
SYM_FUNC_START(lkl_ctx_jump)
	callee_saved ld, a0
	ld	sp, 104(a0)
	li	a0, 1
	ret
SYM_FUNC_END(lkl_ctx_jump)

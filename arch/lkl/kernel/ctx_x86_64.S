/* SPDX-License-Identifier: GPL-2.0 */
/* Stacks: switching between them, and leaving frames behind. See ctx.h. */
#include <linux/linkage.h>

/* void lkl_ctx_swap(void **save (rdi), void *load (rsi)) */
SYM_FUNC_START(lkl_ctx_swap)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
SYM_FUNC_END(lkl_ctx_swap)

/* Where a new stack starts: the function is in rbx; it does not return. */
SYM_FUNC_START(lkl_ctx_start)
	xorl	%ebp, %ebp
	call	*%rbx
	ud2
SYM_FUNC_END(lkl_ctx_start)

/* int lkl_ctx_mark(struct lkl_ctx_mark *m (rdi)) */
SYM_FUNC_START(lkl_ctx_mark)
	movq	(%rsp), %rdx
	leaq	8(%rsp), %rcx
	movq	%rbx, (%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	movq	%rcx, 48(%rdi)
	movq	%rdx, 56(%rdi)
	xorl	%eax, %eax
	ret
SYM_FUNC_END(lkl_ctx_mark)

/* void lkl_ctx_jump(const struct lkl_ctx_mark *m (rdi)) */
SYM_FUNC_START(lkl_ctx_jump)
	movq	(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rsp
	movl	$1, %eax
	jmp	*56(%rdi)
SYM_FUNC_END(lkl_ctx_jump)

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks: switching between them, and leaving frames behind. See ctx.h.
 *
 * On hosts that keep the bounds of the running stack (struct lkl_ctx_bounds), these
 * are part of a context: they are on top of its stack, or in its mark.
 */
#include <linux/linkage.h>

/* void lkl_ctx_swap(void **save (rdi), void *load (rsi)) */
SYM_FUNC_START(lkl_ctx_swap)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movl	lkl_ctx_bounds(%rip), %eax
	testl	%eax, %eax
	jnz	.Lswap_bounds
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
.Lswapped:
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
.Lswap_bounds:
	movl	lkl_ctx_bounds+4(%rip), %ecx
	movl	lkl_ctx_bounds+8(%rip), %edx
	pushq	%gs:(%rax)
	pushq	%gs:(%rcx)
	pushq	%gs:(%rdx)
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%gs:(%rdx)
	popq	%gs:(%rcx)
	popq	%gs:(%rax)
	jmp	.Lswapped
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
	movl	lkl_ctx_bounds(%rip), %eax
	testl	%eax, %eax
	jnz	.Lmark_bounds
	ret
.Lmark_bounds:
	movl	lkl_ctx_bounds+4(%rip), %ecx
	movl	lkl_ctx_bounds+8(%rip), %edx
	movq	%gs:(%rax), %rax
	movq	%gs:(%rcx), %rcx
	movq	%gs:(%rdx), %rdx
	movq	%rax, 64(%rdi)
	movq	%rcx, 72(%rdi)
	movq	%rdx, 80(%rdi)
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
	movl	lkl_ctx_bounds(%rip), %eax
	testl	%eax, %eax
	jnz	.Lreturn_bounds
.Lreturn:
	movl	$1, %eax
	jmp	*56(%rdi)
.Lreturn_bounds:
	movl	lkl_ctx_bounds+4(%rip), %ecx
	movl	lkl_ctx_bounds+8(%rip), %edx
	movq	64(%rdi), %rsi
	movq	%rsi, %gs:(%rax)
	movq	72(%rdi), %rsi
	movq	%rsi, %gs:(%rcx)
	movq	80(%rdi), %rsi
	movq	%rsi, %gs:(%rdx)
	jmp	.Lreturn
SYM_FUNC_END(lkl_ctx_jump)

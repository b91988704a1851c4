/* SPDX-License-Identifier: GPL-2.0 */
/* Execution contexts: what remains of a thread of control while it is not run. */
#ifndef _ASM_LKL_CTX_H
#define _ASM_LKL_CTX_H

#include <asm/thread_info.h>

/*
 * Where the host keeps the bounds of the running stack, see struct lkl_host_operations;
 * all 0 if it does not.
 */
struct lkl_ctx_bounds {
	unsigned int end, start, memory;
};
extern struct lkl_ctx_bounds lkl_ctx_bounds;

/* Saves the caller's context in *@save and goes on in the one saved in @load. */
void lkl_ctx_swap(void **save, void *load);

/*
 * Words from a saved stack pointer to the frame pointer and the return address; and which
 * register of a struct lkl_ctx_mark is the stack pointer, where KASAN asks.
 */
#if defined(CONFIG_LKL_X86_64)
#define LKL_CTX_FRAME	5
#define LKL_CTX_PC	6
#define LKL_CTX_MARK_SP	6
#elif defined(CONFIG_LKL_ARM64)
#define LKL_CTX_FRAME	10
#define LKL_CTX_PC	11
#define LKL_CTX_MARK_SP	12
#elif defined(CONFIG_LKL_RISCV64)
#define LKL_CTX_FRAME	1
#define LKL_CTX_PC	0
#endif

/* The first instruction of a fresh context; it calls what lkl_ctx_new() left. */
void lkl_ctx_start(void);

/* A fresh context that runs @fn, which must not return, on @stack of THREAD_SIZE. */
static inline void *lkl_ctx_new(void *stack, void (*fn)(void))
{
	unsigned long *sp = stack + THREAD_SIZE;

#if defined(CONFIG_LKL_X86_64)
	*--sp = 0;				/* alignment, as after a call */
	*--sp = 0;
	*--sp = (unsigned long)lkl_ctx_start;
	*--sp = 0;				/* rbp */
	*--sp = (unsigned long)fn;		/* rbx */
	sp -= 4;				/* r12 to r15 */
	if (lkl_ctx_bounds.end) {
		*--sp = (unsigned long)stack + THREAD_SIZE;
		*--sp = (unsigned long)stack;	/* all of it is in use */
		*--sp = (unsigned long)stack;
	}
#elif defined(CONFIG_LKL_ARM64)
	*--sp = (unsigned long)lkl_ctx_start;	/* x30, the link register */
	*--sp = 0;				/* x29, the frame pointer */
	sp -= 9;				/* x28 to x20 */
	*--sp = (unsigned long)fn;		/* x19 */
#elif defined(CONFIG_LKL_RISCV64)
	sp -= 12;				/* alignment, s11 to s1 */
	*--sp = (unsigned long)fn;		/* s0 */
	*--sp = (unsigned long)lkl_ctx_start;	/* ra */
#else
#error "no stack switch for this instruction set"
#endif
	return sp;
}

/* A place to come back to from deeper frames of the same stack. */
struct lkl_ctx_mark {
	unsigned long regs[14];
};

/* Returns 0 when the mark is set, 1 each time lkl_ctx_return() comes back. */
int lkl_ctx_mark(struct lkl_ctx_mark *mark) __attribute__((returns_twice));
void lkl_ctx_jump(const struct lkl_ctx_mark *mark) __noreturn;

#ifdef CONFIG_KASAN_STACK
/* The frames between the caller's and the mark's are gone: so are their redzones. */
void lkl_kasan_leave_frames(const struct lkl_ctx_mark *mark);
#else
static inline void lkl_kasan_leave_frames(const struct lkl_ctx_mark *mark) { }
#endif

static __always_inline void __noreturn lkl_ctx_return(const struct lkl_ctx_mark *mark)
{
	lkl_kasan_leave_frames(mark);
	lkl_ctx_jump(mark);
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the CPU token orders, for ThreadSanitizer, which does not see the code that passes it on:
 * who enters the kernel, or is called by it, comes after those who were there before.
 */
#ifndef LKL_COMMON_TOKEN_H
#define LKL_COMMON_TOKEN_H

#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
extern char lkl_token;
#define token_taken()	__tsan_acquire(&lkl_token)
#define token_passed()	__tsan_release(&lkl_token)
#else
#define token_taken()	do { } while (0)
#define token_passed()	do { } while (0)
#endif

#endif

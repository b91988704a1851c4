/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of the processor's own string functions where KASAN checks accesses. */
#ifndef _ASM_LKL_STRING_KASAN_H
#define _ASM_LKL_STRING_KASAN_H

#ifdef CONFIG_KASAN
/* Of these the checked ones in C are used; of the others, where they are called. */
#undef __HAVE_ARCH_MEMCMP
#undef __HAVE_ARCH_STRLEN
#undef __HAVE_ARCH_STRCMP
#undef __HAVE_ARCH_STRNCMP
void *__memcpy(void *to, const void *from, __kernel_size_t len);
void *__memmove(void *to, const void *from, __kernel_size_t len);
void *__memset(void *s, int c, __kernel_size_t len);

/* Files without checks touch what others may not. */
#ifndef __SANITIZE_ADDRESS__
#define memcpy(to, from, len)	__memcpy(to, from, len)
#define memmove(to, from, len)	__memmove(to, from, len)
#define memset(s, c, len)	__memset(s, c, len)
#ifndef __NO_FORTIFY
#define __NO_FORTIFY
#endif
#endif
#endif

#endif

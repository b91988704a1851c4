/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_STRING_H
#define _ASM_LKL_STRING_H

#ifdef CONFIG_LKL_X86_64

#define __HAVE_ARCH_MEMCPY
void *memcpy(void *to, const void *from, __kernel_size_t len);
#define __HAVE_ARCH_MEMMOVE
void *memmove(void *to, const void *from, __kernel_size_t len);
#define __HAVE_ARCH_MEMSET
void *memset(void *s, int c, __kernel_size_t len);
#define __HAVE_ARCH_MEMCMP
int memcmp(const void *a, const void *b, __kernel_size_t len);
#define __HAVE_ARCH_STRLEN
__kernel_size_t strlen(const char *s);

#endif

#include <asm/string_kasan.h>

#endif

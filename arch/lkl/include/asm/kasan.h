/* SPDX-License-Identifier: GPL-2.0 */
/* The shadow of KASAN: a byte for every eight of the host's address space. */
#ifndef _ASM_LKL_KASAN_H
#define _ASM_LKL_KASAN_H

#include <linux/const.h>
#include <asm/page.h>

#define KASAN_SHADOW_SCALE_SHIFT	3

#ifdef CONFIG_KASAN

#define KASAN_SHADOW_OFFSET	_AC(CONFIG_KASAN_SHADOW_OFFSET, UL)
#define KASAN_SHADOW_SIZE	(1UL << (LKL_ADDRESS_BITS - KASAN_SHADOW_SCALE_SHIFT))
#define KASAN_SHADOW_START	KASAN_SHADOW_OFFSET
#define KASAN_SHADOW_END	(KASAN_SHADOW_START + KASAN_SHADOW_SIZE)

/* Before anything else of the kernel runs. 0 or an errno. */
int lkl_kasan_reserve(void);
void kasan_init(void);

#else

static inline int lkl_kasan_reserve(void) { return 0; }
static inline void kasan_init(void) { }

#endif
#endif

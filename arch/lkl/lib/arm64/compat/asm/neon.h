/* SPDX-License-Identifier: GPL-2.0 */
/* The host saves vector registers whenever it switches threads: see asm/isa.h. */
#define kernel_neon_begin()	do { } while (0)
#define kernel_neon_end()	do { } while (0)

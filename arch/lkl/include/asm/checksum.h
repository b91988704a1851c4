/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_CHECKSUM_H
#define _ASM_LKL_CHECKSUM_H

#ifdef CONFIG_LKL_X86_64
/* In place of the one in lib/checksum.c. */
unsigned int do_csum(const unsigned char *buff, int len);
#define do_csum do_csum
#endif

#include <asm-generic/checksum.h>

#endif

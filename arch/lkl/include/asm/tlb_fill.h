/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_TLB_FILL_H
#define _ASM_LKL_TLB_FILL_H

struct mm_struct;

/* The host can show a page at a second address. */
extern bool lkl_can_alias;

/* Shows the page that @mm has at @addr; false if it may not be accessed so. */
bool lkl_tlb_fill_user(struct mm_struct *mm, unsigned long addr, bool write);

#endif

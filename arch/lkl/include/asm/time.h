/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_TIME_H
#define _ASM_LKL_TIME_H

/* The deadline may have passed. Interrupt context. */
void lkl_time_irq(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_DELAY_H
#define _ASM_LKL_DELAY_H

void __ndelay(unsigned long ns);
void __delay(unsigned long ns);

#define udelay(us)	__ndelay((us) * 1000UL)
#define ndelay(ns)	__ndelay(ns)

#endif

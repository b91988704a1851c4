/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_CURRENT_H
#define _ASM_LKL_CURRENT_H

#include <asm/cpu.h>

#define current	(lkl_cpu.current_task)

#endif

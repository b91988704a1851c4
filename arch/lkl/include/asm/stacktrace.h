/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LKL_STACKTRACE_H
#define _ASM_LKL_STACKTRACE_H

void lkl_show_interrupted(const void *fp, const char *loglvl);

#endif

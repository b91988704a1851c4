/* SPDX-License-Identifier: GPL-2.0 */
/* A thread that waits for a pipe or the console, which Ctrl-C ends. interrupt.c */
#ifndef LKL_TOOLS_MINGW_WAITER_H
#define LKL_TOOLS_MINGW_WAITER_H

/* Around the waiting; 1 if there is nothing to wait for any more. One thread at a time. */
int waiter_begin(void);
void waiter_end(void);

#endif

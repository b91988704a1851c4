/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A broken image can keep Linux busy for ever: it holds the kernel's only processor then, and
 * all that the program asks of it waits. The watchdog ends such a program.
 */
#ifndef LKL_TOOLS_WATCHDOG_H
#define LKL_TOOLS_WATCHDOG_H

/* What Linux may use of the processor, in seconds, without listening to anybody. */
#define WATCHDOG_SECONDS	60

/*
 * With a running kernel: ends the program with a message and status 1 as soon as a system call
 * that does nothing has waited while the process used @seconds of processor time. Where no
 * thread can be started, there is none.
 */
void watchdog_start(unsigned int seconds);
/* Before the kernel is halted. May wait for the system call's end. */
void watchdog_stop(void);

#endif

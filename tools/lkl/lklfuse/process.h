/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes: one serves, with the kernel inside and, soon, without the right to do
 * anything else; its monitor, small and without a kernel, waits for signals, unmounts
 * when one comes, and clears the mount point away if the other dies.
 */
#ifndef LKLFUSE_PROCESS_H
#define LKLFUSE_PROCESS_H

#include "options.h"

/*
 * Runs @serve in the process that serves; it calls the two functions below, and returns
 * the exit status; @log is where messages go later on, or -1. Returns that of this
 * process: in the foreground when all is over, else as soon as the mount is usable.
 */
int process_run(const struct options *options,
		int (*serve)(const struct options *options, int log));

/*
 * Everything has been opened. Messages still go to the terminal, but nothing else is
 * tied to it any more.
 */
void process_leave_terminal(int log);
/* The mount is usable. Any thread, once. */
void process_ready(void);

/*
 * --unmount: unmounts @mountpoint and waits until the image is complete. Returns the
 * exit status.
 */
int process_unmount(const char *mountpoint);

#endif

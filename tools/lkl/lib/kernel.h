/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel of a program: one, quiet, whose last words are kept for error messages. */
#ifndef LKL_TOOLS_KERNEL_H
#define LKL_TOOLS_KERNEL_H

/*
 * Starts it with @mb MiB of memory (0: the default), and mounts /dev and /sysfs. Its
 * log goes to standard error if @verbose. 0, or -1 with a message printed.
 */
int kernel_start(unsigned int mb, int verbose);
/* Stops it. 0, or -1 with a message printed. */
int kernel_stop(void);

/*
 * Prints what the kernel said since the last kernel_log_mark(), each line as a message
 * of its own; the last few lines only. Nothing if the user saw them anyway.
 */
void kernel_log_mark(void);
void kernel_log_show(void);

#endif

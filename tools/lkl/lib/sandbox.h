/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gives up what the process does not need any more, for all its threads and for good.
 * Called when the kernel runs and everything is open.
 *
 * Two walls, one behind the other: a filter of system calls (seccomp) for every thread,
 * and the host's Landlock for the calling thread and those that it starts. What stays is
 * work on open descriptors, memory that is not executable, threads and time. No program
 * can be started, no file opened, no socket made.
 *
 * Descriptors that a program opens lazily have to be opened before: names of users
 * (getpwnam()), /dev/fuse, programs that a library would start.
 */
#ifndef LKL_TOOLS_SANDBOX_H
#define LKL_TOOLS_SANDBOX_H

/* What the program still has to do beyond work on descriptors that it holds. */
/* Open files of the host to read them. */
#define SANDBOX_READ_FILES	1
/* Make, change and remove files of the host. */
#define SANDBOX_WRITE_FILES	2

/*
 * Before sandbox_enter(): of the host's files those that are, or are below, the file or
 * folder @fd (O_PATH is enough) can be reached then, instead of all. @fd stays the
 * caller's, open until then. May be called several times.
 */
void sandbox_allow(int fd);

/*
 * Whatever the host does not have is told in a warning. 0, or -1 with a message
 * printed if something went wrong that should not.
 */
int sandbox_enter(unsigned int flags);

/* sandbox_seccomp.c, sandbox_landlock.c: the two walls. Results as above. */
int sandbox_filter(unsigned int flags);
int sandbox_landlock(unsigned int flags);

#endif

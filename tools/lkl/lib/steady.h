/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel whose runs repeat themselves, for images that are the same whenever they are
 * made: one date, no chance, no matter how fast the host is. Time passes inside only where
 * the caller waits for it, in a jump; the kernel's own threads run before the caller goes
 * on; disks work while it waits. One thread makes all calls.
 */
#ifndef LKL_TOOLS_STEADY_H
#define LKL_TOOLS_STEADY_H

#include <stddef.h>
#include <time.h>

/*
 * The next kernel_start() of this thread is for such a kernel, which believes that it is
 * @now. Keep until kernel_stop().
 */
void steady_prepare(time_t now);
/* Whether that was seen to do what it should with file systems of @type. */
int steady_knows(const char *type);
/* What belongs on the kernel's command line for that; "" without steady_prepare(). */
const char *steady_arguments(void);
/* The kernel runs and the file system is mounted: from here on it is @now. */
void steady_begin(void);
/* Before each call: the kernel's threads have come to rest. Cheap without steady_prepare(). */
void steady_settle(void);
/*
 * After @bytes were written to @fd, or it was made: writes back what has come together.
 * Errors are those that syncfs() will tell at the end as well.
 */
void steady_wrote(int fd, size_t bytes);

#endif

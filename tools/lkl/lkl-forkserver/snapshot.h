/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of this process as it was: what a test case wrote is put back, which takes a
 * part of the time that a fresh process would. The system tells which pages were written
 * (Linux 6.7: write protection by userfaultfd, and a scan of the page tables).
 */
#ifndef LKL_FORKSERVER_SNAPSHOT_H
#define LKL_FORKSERVER_SNAPSHOT_H

#include <stddef.h>

/*
 * Keeps all memory of this process that is private and may be written, but for the stack of
 * the caller and for @size bytes at @without. The process has one thread, and makes no other.
 * 0 or a negative errno, where the system lacks what it takes; nothing has changed then.
 */
int snapshot_take(const void *without, size_t size);

/*
 * Puts everything back, from the stack that was the caller's then. Mappings must be as they
 * were. 0, or a negative errno: then memory is in a state of no use.
 */
int snapshot_restore(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What makes a child of fork() quick. */
#ifndef LKL_FORKSERVER_ENTRIES_H
#define LKL_FORKSERVER_ENTRIES_H

/*
 * Makes fork() copy the page table entries of mappings of files that are only read: else each
 * child would fault on every page of the kernel's and the program's code that it runs. The
 * host copies those of mappings that have a private page, so each gets one.
 */
void entries_keep(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Formats of disk images: which one a file has, and whether it may be trusted. */
#ifndef LKL_TOOLS_FORMAT_H
#define LKL_TOOLS_FORMAT_H

/* The format of @fd as qemu-img calls it; "raw" if it is none of those. */
const char *format_find(int fd);

/*
 * Images may tell the program that opens them to open others. Refuses what could reach
 * beyond the image's own folder, or into the network. 0, or -1 with a message printed.
 */
int format_check(int fd, const char *name, const char *format);

#endif

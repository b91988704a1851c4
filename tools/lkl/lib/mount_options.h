/* SPDX-License-Identifier: GPL-2.0 */
/* Options of a mount, as mount(8) takes them. */
#ifndef LKL_TOOLS_MOUNT_OPTIONS_H
#define LKL_TOOLS_MOUNT_OPTIONS_H

#include <stddef.h>

/*
 * Sets and clears in *@flags, LKL_MS_x, what holds for every file system, noatime for
 * instance, and leaves the other options in @rest, of @size bytes. @options may be NULL. 0 or
 * -LKL_ENAMETOOLONG.
 */
long mount_options_split(const char *options, unsigned long *flags, char *rest, size_t size);

#endif

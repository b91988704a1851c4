/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_FCNTL_H
#define STAND_IN_FCNTL_H

#include_next <fcntl.h>

/* Locks there belong to processes. */
#undef F_OFD_GETLK
#undef F_OFD_SETLK
#undef F_OFD_SETLKW

#define SPACECTL_DEALLOC	1

struct spacectl_range {
	off_t r_offset;
	off_t r_len;
};

/* Devices in /dev that are not there. */
int stand_in_open(const char *path, int flags, ...);
#define open stand_in_open

int fspacectl(int fd, int cmd, const struct spacectl_range *range, int flags,
	      struct spacectl_range *left);

#endif

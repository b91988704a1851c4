/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_SYS_DISK_H
#define STAND_IN_SYS_DISK_H

#include <sys/ioctl.h>

/* Linux' character devices know none of them. */
#define DIOCGSECTORSIZE		_IOR('d', 128, unsigned int)
#define DIOCGMEDIASIZE		_IOR('d', 129, off_t)
#define DIOCGDELETE		_IOW('d', 136, off_t[2])
#define DIOCGSTRIPESIZE		_IOR('d', 139, off_t)

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_SYS_MOUNT_H
#define STAND_IN_SYS_MOUNT_H

#include_next <sys/mount.h>

#define statfs stand_in_statfs

struct stand_in_statfs {
	char f_fstypename[16];
};

int stand_in_statfs_of(int fd, struct stand_in_statfs *fs);
#define fstatfs stand_in_statfs_of

#endif

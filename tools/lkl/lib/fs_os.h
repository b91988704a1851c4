/* SPDX-License-Identifier: GPL-2.0 */
/* Members of fs_host (fs.h) for which there is no POSIX. */
#ifndef LKL_TOOLS_FS_OS_H
#define LKL_TOOLS_FS_OS_H

#include "fs.h"

/* What an errno of the host is on Linux, negative. */
long fs_os_error(int err);

long fs_os_list(int fd, void *buf, size_t size);
long fs_os_stat(int dir, const char *name, struct attributes *attr);
long fs_os_syncfs(int fd);
long fs_os_chmod(int dir, const char *name, uint32_t mode);
long fs_os_listxattr(int dir, const char *name, char *buf, size_t size);
long fs_os_getxattr(int dir, const char *name, const char *attr, void *buf, size_t size);
long fs_os_setxattr(int dir, const char *name, const char *attr, const void *value,
		size_t size);
long fs_os_removexattr(int dir, const char *name, const char *attr);

#endif

// SPDX-License-Identifier: GPL-2.0
/* Linux */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fs_os.h"

long fs_os_error(int err)
{
	return -err;
}

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

long fs_os_list(int fd, void *buf, size_t size)
{
	return result(getdents64(fd, buf, size));
}

long fs_os_stat(int dir, const char *name, struct attributes *attr)
{
	struct statx sx;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS, &sx))
		return -errno;
	*attr = (struct attributes){
		.mode = sx.stx_mode, .uid = sx.stx_uid, .gid = sx.stx_gid,
		.links = sx.stx_nlink, .major = sx.stx_rdev_major,
		.minor = sx.stx_rdev_minor, .size = sx.stx_size,
		.stored = sx.stx_blocks * 512,
		.dev = makedev(sx.stx_dev_major, sx.stx_dev_minor), .ino = sx.stx_ino,
		.atime = { sx.stx_atime.tv_sec, sx.stx_atime.tv_nsec },
		.mtime = { sx.stx_mtime.tv_sec, sx.stx_mtime.tv_nsec },
	};
	return 0;
}

long fs_os_syncfs(int fd)
{
	return result(syncfs(fd));
}

/*
 * For calls that know no folders: a path that ends in @name, which is not followed. Names
 * of some file systems are longer than NAME_MAX; too long a one stays too long.
 */
#define PATH_SIZE 1200

static const char *path_of(char path[PATH_SIZE], int dir, const char *name)
{
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d/%s", dir, name);
	return path;
}

/* The kernel's call for names follows symbolic links, and descriptors of devices open them. */
long fs_os_chmod(int dir, const char *name, uint32_t mode)
{
	char path[PATH_SIZE];
	long ret;
	int fd;

	if (!*name)
		return result(fchmod(dir, mode));
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = result(chmod(path, mode));
	close(fd);
	return ret;
}

long fs_os_listxattr(int dir, const char *name, char *buf, size_t size)
{
	char path[PATH_SIZE];

	if (!*name)
		return result(flistxattr(dir, buf, size));
	return result(llistxattr(path_of(path, dir, name), buf, size));
}

long fs_os_getxattr(int dir, const char *name, const char *attr, void *buf, size_t size)
{
	char path[PATH_SIZE];

	if (!*name)
		return result(fgetxattr(dir, attr, buf, size));
	return result(lgetxattr(path_of(path, dir, name), attr, buf, size));
}

long fs_os_setxattr(int dir, const char *name, const char *attr, const void *value,
			  size_t size)
{
	char path[PATH_SIZE];

	if (!*name)
		return result(fsetxattr(dir, attr, value, size, 0));
	return result(lsetxattr(path_of(path, dir, name), attr, value, size, 0));
}

long fs_os_removexattr(int dir, const char *name, const char *attr)
{
	char path[PATH_SIZE];

	if (!*name)
		return result(fremovexattr(dir, attr));
	return result(lremovexattr(path_of(path, dir, name), attr));
}

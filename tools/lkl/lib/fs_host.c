// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fs.h"

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static long host_open_dir(int dir, const char *name)
{
	return result(openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static long host_reach_dir(int dir, const char *name)
{
	return result(openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

long fs_host_resolve(const char *path)
{
	return result(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static long host_reach(int dir, const char *name)
{
	return result(openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

/* What became a fifo meanwhile does not stop us. */
static long host_open_file(int dir, const char *name)
{
	return result(openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			     O_CLOEXEC));
}

static long host_create(int dir, const char *name, uint32_t mode)
{
	return result(openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			     mode));
}

static long host_close(int fd)
{
	return result(close(fd));
}

static long host_list(int fd, void *buf, size_t size)
{
	return result(getdents64(fd, buf, size));
}

static long host_stat(int dir, const char *name, struct attributes *attr)
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

static long host_pread(int fd, void *buf, size_t len, uint64_t pos)
{
	return result(pread(fd, buf, len, pos));
}

static long host_pwrite(int fd, const void *buf, size_t len, uint64_t pos)
{
	return result(pwrite(fd, buf, len, pos));
}

static int64_t host_seek(int fd, uint64_t pos, int whence)
{
	off_t at = lseek(fd, pos, whence);

	return at < 0 ? -errno : at;
}

static long host_truncate(int fd, uint64_t size)
{
	return result(ftruncate(fd, size));
}

static long host_syncfs(int fd)
{
	return result(syncfs(fd));
}

static long host_mkdir(int dir, const char *name, uint32_t mode)
{
	return result(mkdirat(dir, name, mode));
}

static long host_symlink(const char *target, int dir, const char *name)
{
	return result(symlinkat(target, dir, name));
}

static long host_readlink(int dir, const char *name, char *buf, size_t size)
{
	return result(readlinkat(dir, name, buf, size));
}

static long host_link(int from_dir, const char *from, int dir, const char *name)
{
	return result(linkat(from_dir, from, dir, name, 0));
}

static long host_mknod(int dir, const char *name, uint32_t mode, uint32_t major,
		       uint32_t minor)
{
	return result(mknodat(dir, name, mode, makedev(major, minor)));
}

static long host_unlink(int dir, const char *name)
{
	return result(unlinkat(dir, name, 0));
}

static long host_chown(int dir, const char *name, uint32_t uid, uint32_t gid)
{
	return result(fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
}

static long host_utimes(int dir, const char *name, const struct timespec times[2])
{
	if (!*name)
		return result(futimens(dir, times));
	return result(utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW));
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
static long host_chmod(int dir, const char *name, uint32_t mode)
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

static long host_listxattr(int dir, const char *name, char *buf, size_t size)
{
	char path[PATH_SIZE];

	if (!*name)
		return result(flistxattr(dir, buf, size));
	return result(llistxattr(path_of(path, dir, name), buf, size));
}

static long host_getxattr(int dir, const char *name, const char *attr, void *buf, size_t size)
{
	char path[PATH_SIZE];

	if (!*name)
		return result(fgetxattr(dir, attr, buf, size));
	return result(lgetxattr(path_of(path, dir, name), attr, buf, size));
}

static long host_setxattr(int dir, const char *name, const char *attr, const void *value,
			  size_t size)
{
	char path[PATH_SIZE];

	if (!*name)
		return result(fsetxattr(dir, attr, value, size, 0));
	return result(lsetxattr(path_of(path, dir, name), attr, value, size, 0));
}

static long host_removexattr(int dir, const char *name, const char *attr)
{
	char path[PATH_SIZE];

	if (!*name)
		return result(fremovexattr(dir, attr));
	return result(lremovexattr(path_of(path, dir, name), attr));
}

const struct fs fs_host = {
	.open_dir = host_open_dir, .reach_dir = host_reach_dir,
	.reach = host_reach, .open_file = host_open_file, .create = host_create, .close = host_close,
	.list = host_list, .stat = host_stat, .pread = host_pread,
	.pwrite = host_pwrite, .seek = host_seek, .truncate = host_truncate,
	.syncfs = host_syncfs, .mkdir = host_mkdir, .symlink = host_symlink,
	.readlink = host_readlink, .link = host_link, .mknod = host_mknod,
	.unlink = host_unlink, .chown = host_chown, .chmod = host_chmod,
	.utimes = host_utimes, .listxattr = host_listxattr, .getxattr = host_getxattr,
	.setxattr = host_setxattr, .removexattr = host_removexattr,
};

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include <lkl.h>

#include "fs.h"
#include "steady.h"

/* What a file without data costs, about. */
#define INODE 4096

static long inside_open_dir(int dir, const char *name)
{
	steady_settle();
	return lkl_sys_openat(dir, name, LKL_O_RDONLY | LKL_O_DIRECTORY | LKL_O_NOFOLLOW |
			      LKL_O_CLOEXEC, 0);
}

static long inside_reach_dir(int dir, const char *name)
{
	steady_settle();
	return lkl_sys_openat(dir, name, LKL_O_PATH | LKL_O_DIRECTORY | LKL_O_NOFOLLOW |
			      LKL_O_CLOEXEC, 0);
}

static long inside_open_file(int dir, const char *name)
{
	steady_settle();
	return lkl_sys_openat(dir, name, LKL_O_RDONLY | LKL_O_NOFOLLOW | LKL_O_NONBLOCK |
			      LKL_O_NOCTTY | LKL_O_CLOEXEC, 0);
}

static long inside_create(int dir, const char *name, uint32_t mode)
{
	long fd;

	steady_settle();
	fd = lkl_sys_openat(dir, name, LKL_O_WRONLY | LKL_O_CREAT | LKL_O_EXCL |
			    LKL_O_NOFOLLOW | LKL_O_CLOEXEC, mode);
	if (fd >= 0)
		steady_wrote(fd, INODE);
	return fd;
}

static long inside_close(int fd)
{
	steady_settle();
	return lkl_sys_close(fd);
}

static long inside_list(int fd, void *buf, size_t size)
{
	steady_settle();
	return lkl_sys_getdents64(fd, buf, size);
}

static long inside_stat(int dir, const char *name, struct attributes *attr)
{
	struct lkl_statx sx;
	long ret;

	steady_settle();
	ret = lkl_sys_statx(dir, name, LKL_AT_SYMLINK_NOFOLLOW | LKL_AT_EMPTY_PATH,
			    LKL_STATX_BASIC_STATS, &sx);
	if (ret)
		return ret;
	*attr = (struct attributes){
		.mode = sx.stx_mode, .uid = sx.stx_uid, .gid = sx.stx_gid,
		.links = sx.stx_nlink, .major = sx.stx_rdev_major,
		.minor = sx.stx_rdev_minor, .size = sx.stx_size,
		.stored = sx.stx_blocks * 512,
		.dev = (uint64_t)sx.stx_dev_major << 32 | sx.stx_dev_minor, .ino = sx.stx_ino,
		.atime = { sx.stx_atime.tv_sec, sx.stx_atime.tv_nsec },
		.mtime = { sx.stx_mtime.tv_sec, sx.stx_mtime.tv_nsec },
	};
	return 0;
}

static long inside_pread(int fd, void *buf, size_t len, uint64_t pos)
{
	steady_settle();
	return lkl_sys_pread64(fd, buf, len, pos);
}

static long inside_pwrite(int fd, const void *buf, size_t len, uint64_t pos)
{
	long done;

	steady_settle();
	done = lkl_sys_pwrite64(fd, buf, len, pos);
	if (done > 0)
		steady_wrote(fd, done);
	return done;
}

static int64_t inside_seek(int fd, uint64_t pos, int whence)
{
	steady_settle();
	return lkl_sys_lseek(fd, pos, whence);
}

static long inside_truncate(int fd, uint64_t size)
{
	steady_settle();
	return lkl_sys_ftruncate(fd, size);
}

static long inside_syncfs(int fd)
{
	steady_settle();
	return lkl_sys_syncfs(fd);
}

static long inside_mkdir(int dir, const char *name, uint32_t mode)
{
	steady_settle();
	return lkl_sys_mkdirat(dir, name, mode);
}

static long inside_symlink(const char *target, int dir, const char *name)
{
	steady_settle();
	return lkl_sys_symlinkat(target, dir, name);
}

static long inside_readlink(int dir, const char *name, char *buf, size_t size)
{
	steady_settle();
	return lkl_sys_readlinkat(dir, name, buf, size);
}

static long inside_link(int from_dir, const char *from, int dir, const char *name)
{
	steady_settle();
	return lkl_sys_linkat(from_dir, from, dir, name, 0);
}

static long inside_mknod(int dir, const char *name, uint32_t mode, uint32_t major,
			 uint32_t minor)
{
	steady_settle();
	/* The kernel's own encoding, with 20 bits for minor numbers. */
	return lkl_sys_mknodat(dir, name, mode, (minor & 0xff) | (major << 8) |
			       ((minor & ~0xffU) << 12));
}

static long inside_unlink(int dir, const char *name)
{
	steady_settle();
	return lkl_sys_unlinkat(dir, name, 0);
}

static long inside_chown(int dir, const char *name, uint32_t uid, uint32_t gid)
{
	steady_settle();
	return lkl_sys_fchownat(dir, name, uid, gid,
				LKL_AT_SYMLINK_NOFOLLOW | LKL_AT_EMPTY_PATH);
}

static long inside_chmod(int dir, const char *name, uint32_t mode)
{
	steady_settle();
	return lkl_sys_fchmodat2(dir, name, mode,
				 LKL_AT_SYMLINK_NOFOLLOW | LKL_AT_EMPTY_PATH);
}

static long inside_utimes(int dir, const char *name, const struct timespec times[2])
{
	struct __lkl__kernel_timespec ts[2] = {
		{ times[0].tv_sec, times[0].tv_nsec },
		{ times[1].tv_sec, times[1].tv_nsec },
	};

	steady_settle();
	return lkl_sys_utimensat(dir, *name ? name : NULL, ts,
				 *name ? LKL_AT_SYMLINK_NOFOLLOW : 0);
}

/* As on the host's side. */
#define PATH_SIZE 1200

static const char *path_of(char path[PATH_SIZE], int dir, const char *name)
{
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d/%s", dir, name);
	return path;
}

static long inside_listxattr(int dir, const char *name, char *buf, size_t size)
{
	char path[PATH_SIZE];

	steady_settle();
	if (!*name)
		return lkl_sys_flistxattr(dir, buf, size);
	return lkl_sys_llistxattr(path_of(path, dir, name), buf, size);
}

static long inside_getxattr(int dir, const char *name, const char *attr, void *buf,
			    size_t size)
{
	char path[PATH_SIZE];

	steady_settle();
	if (!*name)
		return lkl_sys_fgetxattr(dir, attr, buf, size);
	return lkl_sys_lgetxattr(path_of(path, dir, name), attr, buf, size);
}

static long inside_setxattr(int dir, const char *name, const char *attr, const void *value,
			    size_t size)
{
	char path[PATH_SIZE];

	steady_settle();
	if (!*name)
		return lkl_sys_fsetxattr(dir, attr, value, size, 0);
	return lkl_sys_lsetxattr(path_of(path, dir, name), attr, value, size, 0);
}

static long inside_removexattr(int dir, const char *name, const char *attr)
{
	char path[PATH_SIZE];

	steady_settle();
	if (!*name)
		return lkl_sys_fremovexattr(dir, attr);
	return lkl_sys_lremovexattr(path_of(path, dir, name), attr);
}

const struct fs fs_inside = {
	.open_dir = inside_open_dir, .reach_dir = inside_reach_dir,
	.open_file = inside_open_file, .create = inside_create, .close = inside_close,
	.list = inside_list, .stat = inside_stat, .pread = inside_pread,
	.pwrite = inside_pwrite, .seek = inside_seek, .truncate = inside_truncate,
	.syncfs = inside_syncfs, .mkdir = inside_mkdir, .symlink = inside_symlink,
	.readlink = inside_readlink, .link = inside_link, .mknod = inside_mknod,
	.unlink = inside_unlink, .chown = inside_chown, .chmod = inside_chmod,
	.utimes = inside_utimes, .listxattr = inside_listxattr,
	.getxattr = inside_getxattr, .setxattr = inside_setxattr,
	.removexattr = inside_removexattr,
};

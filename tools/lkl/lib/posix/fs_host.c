// SPDX-License-Identifier: GPL-2.0
/* The host's files, by the calls of POSIX; fs_os.c has what each system does in its way. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/sysmacros.h>
#endif
#include <unistd.h>

#include "fs.h"
#include "fs_os.h"

static long result(int64_t ret)
{
	return ret < 0 ? fs_os_error(errno) : ret;
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
	return result(lseek(fd, pos, whence));
}

static long host_truncate(int fd, uint64_t size)
{
	return result(ftruncate(fd, size));
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

const struct fs fs_host = {
	.open_dir = host_open_dir, .reach_dir = host_reach_dir,
	.reach = host_reach, .open_file = host_open_file, .create = host_create, .close = host_close,
	.list = fs_os_list, .stat = fs_os_stat, .pread = host_pread,
	.pwrite = host_pwrite, .seek = host_seek, .truncate = host_truncate,
	.syncfs = fs_os_syncfs, .mkdir = host_mkdir, .symlink = host_symlink,
	.readlink = host_readlink, .link = host_link, .mknod = host_mknod,
	.unlink = host_unlink, .chown = host_chown, .chmod = fs_os_chmod,
	.utimes = host_utimes, .listxattr = fs_os_listxattr, .getxattr = fs_os_getxattr,
	.setxattr = fs_os_setxattr, .removexattr = fs_os_removexattr,
};

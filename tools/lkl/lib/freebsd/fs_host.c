// SPDX-License-Identifier: GPL-2.0
/* FreeBSD has all of it but one call for lists of names, and other attributes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/extattr.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl.h>

#include "fs.h"

/* Where the numbers differ; those below 35 are the same, but for EDEADLK and EAGAIN. */
static long linux_errno(int err)
{
	static const unsigned char numbers[][2] = {
		{ EDEADLK, LKL_EDEADLK }, { EAGAIN, LKL_EAGAIN },
		{ EOPNOTSUPP, LKL_EOPNOTSUPP }, { ELOOP, LKL_ELOOP },
		{ ENAMETOOLONG, LKL_ENAMETOOLONG }, { ENOTEMPTY, LKL_ENOTEMPTY },
		{ EDQUOT, LKL_EDQUOT }, { ESTALE, LKL_ESTALE }, { ENOSYS, LKL_ENOSYS },
		{ EOVERFLOW, LKL_EOVERFLOW }, { EILSEQ, LKL_EILSEQ }, { ENOATTR, LKL_ENODATA },
		{ ENOTCAPABLE, LKL_EPERM }, { ECAPMODE, LKL_EPERM }, { EINTEGRITY, LKL_EUCLEAN },
		/* Of opening a symbolic link without following it. */
		{ EMLINK, LKL_ELOOP },
	};

	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (err == numbers[i][0])
			return -numbers[i][1];
	return err < EAGAIN ? -err : -LKL_EIO;
}

static long result(long ret)
{
	return ret < 0 ? linux_errno(errno) : ret;
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

/* Linux's are no longer than the system's. */
static long host_list(int fd, void *buf, size_t size)
{
	char from[8192] __attribute__((aligned(8)));
	size_t used = 0;
	long got, at;

	got = getdirentries(fd, from, size < sizeof(from) ? size : sizeof(from), NULL);
	if (got <= 0)
		return result(got);
	for (at = 0; at < got;) {
		struct dirent *de = (struct dirent *)(from + at);
		struct lkl_linux_dirent64 *to = (void *)((char *)buf + used);
		size_t len = (offsetof(struct lkl_linux_dirent64, d_name) + de->d_namlen + 1 + 7) & ~7UL;

		at += de->d_reclen;
		to->d_ino = de->d_fileno;
		to->d_off = 0;
		to->d_reclen = len;
		to->d_type = de->d_type;
		memcpy(to->d_name, de->d_name, de->d_namlen);
		to->d_name[de->d_namlen] = 0;
		used += len;
	}
	return used;
}

static long host_stat(int dir, const char *name, struct attributes *attr)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return linux_errno(errno);
	*attr = (struct attributes){
		.mode = st.st_mode, .uid = st.st_uid, .gid = st.st_gid, .links = st.st_nlink,
		.major = major(st.st_rdev), .minor = minor(st.st_rdev), .size = st.st_size,
		.stored = st.st_blocks * 512ULL, .dev = st.st_dev, .ino = st.st_ino,
		.atime = st.st_atim, .mtime = st.st_mtim,
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
	return result(lseek(fd, pos, whence));
}

static long host_truncate(int fd, uint64_t size)
{
	return result(ftruncate(fd, size));
}

static long host_syncfs(int fd)
{
	return result(fsync(fd));
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

static long host_chmod(int dir, const char *name, uint32_t mode)
{
	return result(*name ? fchmodat(dir, name, mode, AT_SYMLINK_NOFOLLOW) : fchmod(dir, mode));
}

static long host_utimes(int dir, const char *name, const struct timespec times[2])
{
	if (!*name)
		return result(futimens(dir, times));
	return result(utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW));
}

/* ---- extended attributes -------------------------------------------------------- */

/*
 * "user." and "system." are namespaces. Of names, symbolic links and devices there are
 * no attributes here: the calls for them take paths.
 */
static int namespace_of(const char **attr)
{
	if (strncmp(*attr, "user.", 5))
		return -1;
	*attr += 5;
	return EXTATTR_NAMESPACE_USER;
}

/* A list of names with a byte of length before each becomes one with a prefix and a NUL. */
static long host_listxattr(int dir, const char *name, char *buf, size_t size)
{
	char list[65536];
	size_t used = 0;
	long got, at;

	if (*name)
		return 0;
	got = extattr_list_fd(dir, EXTATTR_NAMESPACE_USER, list, sizeof(list));
	if (got < 0)
		return errno == EPERM ? 0 : linux_errno(errno);
	for (at = 0; at < got; at += 1 + (unsigned char)list[at]) {
		size_t len = (unsigned char)list[at];

		if (used + 5 + len + 1 > size)
			return -LKL_ERANGE;
		memcpy(buf + used, "user.", 5);
		memcpy(buf + used + 5, list + at + 1, len);
		used += 5 + len;
		buf[used++] = 0;
	}
	return used;
}

static long host_getxattr(int dir, const char *name, const char *attr, void *buf, size_t size)
{
	int namespace = namespace_of(&attr);

	if (*name || namespace < 0)
		return -LKL_EOPNOTSUPP;
	return result(extattr_get_fd(dir, namespace, attr, buf, size));
}

static long host_setxattr(int dir, const char *name, const char *attr, const void *value,
			  size_t size)
{
	int namespace = namespace_of(&attr);
	long done;

	if (*name || namespace < 0)
		return -LKL_EOPNOTSUPP;
	done = extattr_set_fd(dir, namespace, attr, value, size);
	return done < 0 ? linux_errno(errno) : 0;
}

static long host_removexattr(int dir, const char *name, const char *attr)
{
	int namespace = namespace_of(&attr);

	if (*name || namespace < 0)
		return -LKL_EOPNOTSUPP;
	return result(extattr_delete_fd(dir, namespace, attr));
}

const struct fs fs_host = {
	.open_dir = host_open_dir, .reach_dir = host_reach_dir, .reach = host_reach,
	.open_file = host_open_file, .create = host_create, .close = host_close,
	.list = host_list, .stat = host_stat, .pread = host_pread,
	.pwrite = host_pwrite, .seek = host_seek, .truncate = host_truncate,
	.syncfs = host_syncfs, .mkdir = host_mkdir, .symlink = host_symlink,
	.readlink = host_readlink, .link = host_link, .mknod = host_mknod,
	.unlink = host_unlink, .chown = host_chown, .chmod = host_chmod,
	.utimes = host_utimes, .listxattr = host_listxattr, .getxattr = host_getxattr,
	.setxattr = host_setxattr, .removexattr = host_removexattr,
};

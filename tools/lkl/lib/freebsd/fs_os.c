// SPDX-License-Identifier: GPL-2.0
/* FreeBSD: entries of folders have another form, and attributes other calls. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/extattr.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl.h>

#include "fs_os.h"

/* Where the numbers differ; those below 35 are the same, but for EDEADLK and EAGAIN. */
long fs_os_error(int err)
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
	return ret < 0 ? fs_os_error(errno) : ret;
}

/* Linux's are no longer than the system's. */
long fs_os_list(int fd, void *buf, size_t size)
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

long fs_os_stat(int dir, const char *name, struct attributes *attr)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return fs_os_error(errno);
	*attr = (struct attributes){
		.mode = st.st_mode, .uid = st.st_uid, .gid = st.st_gid, .links = st.st_nlink,
		.major = major(st.st_rdev), .minor = minor(st.st_rdev), .size = st.st_size,
		.stored = st.st_blocks * 512ULL, .dev = st.st_dev, .ino = st.st_ino,
		.atime = st.st_atim, .mtime = st.st_mtim,
	};
	return 0;
}

long fs_os_syncfs(int fd)
{
	return result(fsync(fd));
}

long fs_os_chmod(int dir, const char *name, uint32_t mode)
{
	return result(*name ? fchmodat(dir, name, mode, AT_SYMLINK_NOFOLLOW) : fchmod(dir, mode));
}

/*
 * Users have the namespace "user." alone. Of names, symbolic links and devices there are
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
long fs_os_listxattr(int dir, const char *name, char *buf, size_t size)
{
	char list[65536];
	size_t used = 0;
	long got, at;

	if (*name)
		return 0;
	got = extattr_list_fd(dir, EXTATTR_NAMESPACE_USER, list, sizeof(list));
	if (got < 0)
		return errno == EPERM ? 0 : fs_os_error(errno);
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

long fs_os_getxattr(int dir, const char *name, const char *attr, void *buf, size_t size)
{
	int namespace = namespace_of(&attr);

	if (*name || namespace < 0)
		return -LKL_EOPNOTSUPP;
	return result(extattr_get_fd(dir, namespace, attr, buf, size));
}

long fs_os_setxattr(int dir, const char *name, const char *attr, const void *value,
			  size_t size)
{
	int namespace = namespace_of(&attr);
	long done;

	if (*name || namespace < 0)
		return -LKL_EOPNOTSUPP;
	done = extattr_set_fd(dir, namespace, attr, value, size);
	return done < 0 ? fs_os_error(errno) : 0;
}

long fs_os_removexattr(int dir, const char *name, const char *attr)
{
	int namespace = namespace_of(&attr);

	if (*name || namespace < 0)
		return -LKL_EOPNOTSUPP;
	return result(extattr_delete_fd(dir, namespace, attr));
}

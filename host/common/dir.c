// SPDX-License-Identifier: GPL-2.0
/* Directory streams over getdents64(), as the C library has them. */
#include <stdlib.h>

#include <lkl.h>

#define DIR_BUFFER 32768

struct lkl_dir {
	int fd;
	/* Of the last lkl_readdir(). */
	int err;
	/* Entries not handed out yet: @buf from @pos to @end. */
	long pos;
	long end;
	char buf[DIR_BUFFER] __attribute__((aligned(8)));
};

static struct lkl_dir *dir_of(int fd, int *err)
{
	struct lkl_dir *dir = malloc(sizeof(*dir));

	if (!dir) {
		*err = -LKL_ENOMEM;
		return NULL;
	}
	dir->fd = fd;
	dir->err = 0;
	dir->pos = 0;
	dir->end = 0;
	*err = 0;
	return dir;
}

struct lkl_dir *lkl_opendir(const char *path, int *err)
{
	struct lkl_dir *dir;
	long fd = lkl_sys_open(path, LKL_O_RDONLY | LKL_O_DIRECTORY |
			       LKL_O_CLOEXEC, 0);

	if (fd < 0) {
		*err = fd;
		return NULL;
	}
	dir = dir_of(fd, err);
	if (!dir)
		lkl_sys_close(fd);
	return dir;
}

struct lkl_dir *lkl_fdopendir(int fd, int *err)
{
	struct lkl_stat st;
	long ret = lkl_sys_fstat(fd, &st);

	if (!ret && !LKL_S_ISDIR(st.st_mode))
		ret = -LKL_ENOTDIR;
	if (ret) {
		*err = ret;
		return NULL;
	}
	return dir_of(fd, err);
}

void lkl_rewinddir(struct lkl_dir *dir)
{
	dir->err = lkl_sys_lseek(dir->fd, 0, LKL_SEEK_SET);
	dir->pos = 0;
	dir->end = 0;
}

int lkl_closedir(struct lkl_dir *dir)
{
	int ret = lkl_sys_close(dir->fd);

	free(dir);
	return ret;
}

struct lkl_linux_dirent64 *lkl_readdir(struct lkl_dir *dir)
{
	struct lkl_linux_dirent64 *entry;

	if (dir->pos >= dir->end) {
		long n = lkl_sys_getdents64(dir->fd, (void *)dir->buf,
					    sizeof(dir->buf));

		dir->err = n < 0 ? n : 0;
		dir->pos = 0;
		dir->end = n > 0 ? n : 0;
		if (n <= 0)
			return NULL;
	}
	entry = (void *)(dir->buf + dir->pos);
	dir->pos += entry->d_reclen;
	return entry;
}

int lkl_errdir(struct lkl_dir *dir)
{
	return dir->err;
}

int lkl_dirfd(struct lkl_dir *dir)
{
	return dir->fd;
}

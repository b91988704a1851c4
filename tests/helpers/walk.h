/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For helper programs: reads all of a file system that may be broken, and works on it.
 * Errors are counted and otherwise ignored.
 */
#ifndef LKL_TEST_WALK_H
#define LKL_TEST_WALK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

static int files, folders, errors;

static inline void read_all(const char *path)
{
	static char buf[65536];
	long n, total = 0, fd = lkl_sys_open(path, LKL_O_RDONLY | LKL_O_NONBLOCK, 0);

	if (fd < 0) {
		errors++;
		return;
	}
	/* A broken size may be huge: the beginning will do. */
	while ((n = lkl_sys_read(fd, buf, sizeof(buf))) > 0 && total < 4 << 20)
		total += n;
	errors += n < 0;
	files++;
	lkl_sys_close(fd);
}

static inline void walk(const char *path, int depth)
{
	struct lkl_linux_dirent64 *de;
	struct lkl_dir *dir;
	struct lkl_stat st;
	char *child, buf[256];
	int err = 0, entries = 0;

	dir = lkl_opendir(path, &err);
	if (!dir) {
		errors++;
		return;
	}
	folders++;
	child = malloc(strlen(path) + 300);
	/* A broken folder may have itself as an entry, or no end. */
	while ((de = lkl_readdir(dir)) && entries++ < 20000 && folders < 2000) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		sprintf(child, "%s/%s", path, de->d_name);
		if (lkl_sys_lstat(child, &st)) {
			errors++;
			continue;
		}
		lkl_sys_listxattr(child, buf, sizeof(buf));
		if ((st.st_mode & LKL_S_IFMT) == LKL_S_IFDIR && depth < 20)
			walk(child, depth + 1);
		else if ((st.st_mode & LKL_S_IFMT) == LKL_S_IFREG)
			read_all(child);
		else if ((st.st_mode & LKL_S_IFMT) == LKL_S_IFLNK)
			lkl_sys_readlink(child, buf, sizeof(buf));
	}
	errors += !!lkl_errdir(dir);
	lkl_closedir(dir);
	free(child);
}

static inline void work(void)
{
	static char buf[65536];
	char path[64];
	int i, fd;

	for (i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/mnt/new%d", i);
		fd = lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT, 0644);
		if (fd < 0) {
			errors++;
			continue;
		}
		errors += lkl_sys_write(fd, buf, sizeof(buf)) < 0;
		errors += lkl_sys_fsync(fd) < 0;
		lkl_sys_close(fd);
	}
	errors += lkl_sys_mkdir("/mnt/newdir", 0755) < 0;
	errors += lkl_sys_rename("/mnt/new1", "/mnt/newdir/moved") < 0;
	errors += lkl_sys_unlink("/mnt/new2") < 0;
	errors += lkl_sys_truncate("/mnt/new3", 1 << 20) < 0;
	lkl_sys_sync();
}

#endif

// SPDX-License-Identifier: GPL-2.0
/* Parameters below /proc/sys, and limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "entries.h"

int lkl_sysctl(const char *path, const char *value)
{
	int dots = !strchr(path, '/');
	long fd, ret;
	char file[256];
	char *c;

	ret = lkl_mount_fs("proc");
	if (ret < 0)
		return ret;
	if (snprintf(file, sizeof(file), "/proc/sys/%s", path) >= (int)sizeof(file))
		return -LKL_ENOENT;
	for (c = file; dots && *c; c++)
		if (*c == '.')
			*c = '/';
	fd = lkl_sys_open(file, LKL_O_WRONLY | LKL_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	ret = lkl_sys_write(fd, (char *)value, strlen(value));
	lkl_sys_close(fd);
	return ret < 0 ? ret : 0;
}

static int write_entry(const char *path, const char *value, void *arg)
{
	return lkl_sysctl(path, value);
}

int lkl_sysctl_parse_write(const char *sysctls)
{
	return lkl_entries(sysctls, write_entry, NULL);
}

int lkl_set_fd_limit(unsigned int fd_limit)
{
	struct lkl_rlimit64 limit = { .rlim_cur = fd_limit, .rlim_max = fd_limit };
	char value[16];
	long err;

	err = lkl_sys_prlimit64(0, LKL_RLIMIT_NOFILE, &limit, NULL);
	if (err != -LKL_EPERM)
		return err;
	/* Above what any process may have. */
	snprintf(value, sizeof(value), "%u", fd_limit);
	err = lkl_sysctl("fs.nr_open", value);
	return err ? err : lkl_sys_prlimit64(0, LKL_RLIMIT_NOFILE, &limit, NULL);
}

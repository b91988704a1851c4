// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#include "sysfs.h"

/*
 * Appends to the folder name @path the first entry that starts with @prefix;
 * -ENOENT if there is none.
 */
static int descend(char *path, const char *prefix)
{
	struct lkl_linux_dirent64 *entry;
	struct lkl_dir *dir;
	int err;

	dir = lkl_opendir(path, &err);
	if (!dir)
		return err;
	while ((entry = lkl_readdir(dir))) {
		size_t len = strlen(path);

		if (entry->d_name[0] == '.' ||
		    strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		if (snprintf(path + len, LKL_SYSFS_PATH - len, "/%s",
			     entry->d_name) >= (int)(LKL_SYSFS_PATH - len))
			err = -LKL_ENAMETOOLONG;
		break;
	}
	if (!entry)
		err = lkl_errdir(dir) ? lkl_errdir(dir) : -LKL_ENOENT;
	lkl_closedir(dir);
	return err;
}

int lkl_sysfs_virtio(int platform_id, const char *class, char path[LKL_SYSFS_PATH])
{
	int err;

	if (platform_id < 0)
		return -LKL_ENODEV;
	err = lkl_mount_fs("sysfs");
	if (err < 0)
		return err;
	snprintf(path, LKL_SYSFS_PATH, "/sysfs/bus/platform/devices/virtio-mmio.%d",
		 platform_id);
	err = descend(path, "virtio");
	if (!err)
		err = descend(path, class);
	if (!err)
		err = descend(path, "");
	return err;
}

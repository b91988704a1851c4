// SPDX-License-Identifier: GPL-2.0
/* From the number of a disk to the number of its block device, through sysfs. */
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#include "disk.h"

#define SYSFS_PATH 256

static uint32_t encode_dev(unsigned int major, unsigned int minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* A decimal number at *@s, which is left behind it. 0, or -1 without digits. */
static int number(const char **s, unsigned int *value)
{
	const char *start = *s;

	for (*value = 0; **s >= '0' && **s <= '9'; ++*s)
		*value = *value * 10 + (**s - '0');
	return *s == start ? -1 : 0;
}

int lkl_encode_dev_from_sysfs(const char *path, uint32_t *devid)
{
	char buf[32];
	const char *s = buf;
	unsigned int major, minor;
	long fd, n;

	fd = lkl_sys_open(path, LKL_O_RDONLY, 0);
	if (fd < 0)
		return fd;
	n = lkl_sys_read(fd, buf, sizeof(buf) - 1);
	lkl_sys_close(fd);
	if (n < 0)
		return n;
	buf[n] = 0;
	if (number(&s, &major) || *s++ != ':' || number(&s, &minor))
		return -LKL_EINVAL;
	*devid = encode_dev(major, minor);
	return 0;
}

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
		if (snprintf(path + len, SYSFS_PATH - len, "/%s",
			     entry->d_name) >= (int)(SYSFS_PATH - len))
			err = -LKL_ENAMETOOLONG;
		break;
	}
	if (!entry)
		err = lkl_errdir(dir) ? lkl_errdir(dir) : -LKL_ENOENT;
	lkl_closedir(dir);
	return err;
}

/* The folder of the disk's block device in sysfs: .../block/vdX */
static int sysfs_disk(int disk_id, char *path)
{
	int platform_id, err;

	platform_id = lkl_disk_platform_id(disk_id);
	if (platform_id < 0)
		return platform_id;
	err = lkl_mount_fs("sysfs");
	if (err < 0)
		return err;
	snprintf(path, SYSFS_PATH, "/sysfs/bus/platform/devices/virtio-mmio.%d",
		 platform_id);
	err = descend(path, "virtio");
	if (!err)
		err = descend(path, "block");
	if (!err)
		err = descend(path, "");
	return err;
}

int lkl_get_virtio_blkdev(int disk_id, unsigned int part, uint32_t *devid)
{
	char disk[SYSFS_PATH], path[2 * SYSFS_PATH + 32];
	int err;

	err = sysfs_disk(disk_id, disk);
	if (err)
		return err;
	if (part)
		snprintf(path, sizeof(path), "%s/%s%u/dev", disk,
			 strrchr(disk, '/') + 1, part);
	else
		snprintf(path, sizeof(path), "%s/dev", disk);
	return lkl_encode_dev_from_sysfs(path, devid);
}

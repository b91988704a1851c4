// SPDX-License-Identifier: GPL-2.0
/* From the number of a disk to the number of its block device, through sysfs. */
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#include "disk.h"
#include "sysfs.h"

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

/* The folder of the disk's block device in sysfs: .../block/vdX */
static int sysfs_disk(int disk_id, char *path)
{
	int platform_id = lkl_disk_platform_id(disk_id);

	return platform_id < 0 ? platform_id :
		lkl_sysfs_virtio(platform_id, "block", path);
}

int lkl_get_virtio_blkdev(int disk_id, unsigned int part, uint32_t *devid)
{
	char disk[LKL_SYSFS_PATH], path[2 * LKL_SYSFS_PATH + 32];
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

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>
#include <lkl/linux/major.h>
#include <lkl/linux/raid/md_p.h>
#include <lkl/linux/raid/md_u.h>

#include "kernel.h"
#include "layers.h"
#include "md.h"
#include "message.h"

int md_is_member(const struct device *dev)
{
	return dev->type && !strcmp(dev->type, "linux_raid_member");
}

static long on_array(const char *name, unsigned long request, void *arg)
{
	char node[64];
	long fd, ret;

	snprintf(node, sizeof(node), "/dev/%s", name);
	fd = lkl_sys_open(node, LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	ret = lkl_sys_ioctl(fd, request, (uintptr_t)arg);
	lkl_sys_close(fd);
	return ret;
}

static int stop(const char *name)
{
	return on_array(name, LKL_STOP_ARRAY, NULL);
}

static long set_parameter(const char *name, const char *value)
{
	char path[64];
	long fd, ret;

	snprintf(path, sizeof(path), "/sysfs/module/md_mod/parameters/%s", name);
	fd = lkl_sys_open(path, LKL_O_WRONLY, 0);
	if (fd < 0)
		return fd;
	ret = lkl_sys_write(fd, (char *)value, strlen(value));
	lkl_sys_close(fd);
	return ret < 0 ? ret : 0;
}

static long add_member(long fd, const struct device *dev)
{
	lkl_mdu_disk_info_t info = { 0 };
	unsigned int major, minor;
	char text[32];
	long ret;

	ret = sysfs_text(dev->name, "dev", text, sizeof(text));
	if (ret)
		return ret;
	if (sscanf(text, "%u:%u", &major, &minor) != 2)
		return -LKL_EINVAL;
	info.major = major;
	info.minor = minor;
	return lkl_sys_ioctl(fd, LKL_ADD_NEW_DISK, (uintptr_t)&info);
}

static long set_version(long fd, const char *version)
{
	lkl_mdu_array_info_t info = { 0 };

	/* Without members in @info it only says where the superblocks are. */
	if (sscanf(version ? version : "", "%d.%d", &info.major_version,
		   &info.minor_version) != 2)
		return -LKL_EINVAL;
	/* "0.90.0" */
	return lkl_sys_ioctl(fd, LKL_SET_ARRAY_INFO, (uintptr_t)&info);
}

static long assemble(const char *name, struct device *const *members, int n)
{
	char node[64];
	long fd, ret;
	int i, added = 0;

	snprintf(node, sizeof(node), "/dev/%s", name);
	fd = lkl_sys_open(node, LKL_O_RDWR | LKL_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	ret = set_version(fd, members[0]->version);
	for (i = 0; !ret && i < n; i++) {
		long err = add_member(fd, members[i]);

		if (err) {
			kernel_log_show();
			warning("%s cannot be used as a member of its RAID array: %s",
				members[i]->title, lkl_strerror(err));
		}
		added += !err;
	}
	if (!ret && !added)
		ret = -LKL_ENODEV;
	if (!ret)
		ret = lkl_sys_ioctl(fd, LKL_RUN_ARRAY, 0);
	lkl_sys_close(fd);
	return ret;
}

static void explain(const char *title, int n, long err)
{
	kernel_log_show();
	if (err == -LKL_EINVAL || err == -LKL_EIO || err == -LKL_ENODEV)
		error("%s cannot be started from the %d member%s at hand; name all images that hold a part of it",
		      title, n, n == 1 ? "" : "s");
	else
		error("%s cannot be started: %s", title, lkl_strerror(err));
}

/* What is to be done about members that are not there. */
static int settle(const char *name, const char *title, int read_only, int degraded)
{
	uint64_t missing = 0, disks = 0, is_read_only = 0;
	long ret;

	sysfs_number(name, "md/degraded", &missing);
	sysfs_number(name, "md/raid_disks", &disks);
	if (missing && !read_only && !degraded) {
		warning("%s lacks %llu of %llu members and is opened read-only; name all images, or use \"degraded\" to write",
			title, (unsigned long long)missing, (unsigned long long)disks);
		read_only = 1;
	}
	/* With members that are, it is so already. */
	sysfs_number(name, "ro", &is_read_only);
	if (!read_only || is_read_only)
		return 0;
	ret = on_array(name, LKL_STOP_ARRAY_RO, NULL);
	if (ret)
		error("%s cannot be made read-only: %s", title, lkl_strerror(ret));
	return ret ? -1 : 0;
}

struct device *md_assemble(struct device *const *members, int n, int read_only, int degraded)
{
	static int number;
	char name[32], title[1024];
	const struct device *first = members[0];
	long err;

	snprintf(title, sizeof(title), "RAID array %s of %s",
		 first->label ? first->label : first->uuid, first->title);
	snprintf(name, sizeof(name), "md%d", number++);
	kernel_log_mark();
	/* It starts without writing: the first write of somebody else sets that off. */
	err = set_parameter("start_ro", "1");
	if (!err)
		err = set_parameter("new_array", name);
	if (err) {
		error("%s: the kernel makes no array: %s", title, lkl_strerror(err));
		return NULL;
	}
	err = assemble(name, members, n);
	if (err) {
		explain(title, n, err);
		stop(name);
		return NULL;
	}
	if (settle(name, title, read_only, degraded) || layers_add(stop, name, title)) {
		stop(name);
		return NULL;
	}
	return device_new(NULL, name, title);
}

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "device.h"
#include "message.h"

#define SECTOR 512

int sysfs_text(const char *name, const char *attribute, char *buf, unsigned int size)
{
	char path[128];
	long fd, n;

	snprintf(path, sizeof(path), "/sysfs/class/block/%s/%s", name, attribute);
	fd = lkl_sys_open(path, LKL_O_RDONLY, 0);
	if (fd < 0)
		return fd;
	n = lkl_sys_read(fd, buf, size - 1);
	lkl_sys_close(fd);
	if (n < 0)
		return n;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = 0;
	return 0;
}

int sysfs_number(const char *name, const char *attribute, uint64_t *value)
{
	char buf[32], *end;
	int err = sysfs_text(name, attribute, buf, sizeof(buf));

	if (err)
		return err;
	*value = strtoull(buf, &end, 10);
	return end == buf ? -LKL_EINVAL : 0;
}

static void append(struct device *parent, struct device *dev)
{
	struct device **at = &parent->children;

	while (*at)
		at = &(*at)->next;
	*at = dev;
}

struct device *device_new(struct device *parent, const char *name, const char *title)
{
	struct device *dev = calloc(1, sizeof(*dev));
	uint64_t sectors = 0, ro = 0;
	int err;

	if (dev)
		dev->title = strdup(title);
	if (!dev || !dev->title) {
		free(dev);
		error("%s: out of memory", title);
		return NULL;
	}
	dev->fd = -1;
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	snprintf(dev->node, sizeof(dev->node), "/dev/%s", name);
	err = sysfs_number(name, "size", &sectors);
	if (!err)
		err = sysfs_number(name, "ro", &ro);
	if (err) {
		error("%s: the kernel does not show it: %s", title, lkl_strerror(err));
		free(dev->title);
		free(dev);
		return NULL;
	}
	dev->size = sectors * SECTOR;
	dev->read_only = !!ro;
	if (parent) {
		dev->parent = parent;
		append(parent, dev);
	}
	return dev;
}

struct device *device_new_disk(uint32_t devno, const char *title, int fd)
{
	unsigned int major = devno >> 8 & 0xfff, minor = (devno & 0xff) | (devno >> 12 & 0xfff00);
	char path[64], target[256];
	struct device *dev;
	char *name;
	long n;

	snprintf(path, sizeof(path), "/sysfs/dev/block/%u:%u", major, minor);
	n = lkl_sys_readlink(path, target, sizeof(target) - 1);
	if (n < 0) {
		error("%s: the kernel does not show it: %s", title, lkl_strerror(n));
		return NULL;
	}
	target[n] = 0;
	name = strrchr(target, '/');
	dev = device_new(NULL, name ? name + 1 : target, title);
	if (dev)
		dev->fd = fd;
	return dev;
}

void device_free(struct device *dev)
{
	struct device *child, *next;

	if (!dev)
		return;
	for (child = dev->children; child; child = next) {
		next = child->next;
		device_free(child);
	}
	free(dev->title);
	free(dev->part_label);
	free(dev->part_uuid);
	free(dev->part_type);
	free(dev->table);
	free(dev->type);
	free(dev->usage);
	free(dev->version);
	free(dev->label);
	free(dev->uuid);
	free(dev->uuid_sub);
	free(dev);
}

const char *device_type_words(const struct device *dev)
{
	static const struct {
		const char *type, *words;
	} words[] = {
		{ "crypto_LUKS", "LUKS encryption" },
		{ "LVM2_member", "LVM physical volume" },
		{ "linux_raid_member", "Linux RAID member" },
		{ "swap", "swap space" },
		{ "BitLocker", "BitLocker encryption" },
		{ "zfs_member", "ZFS member" },
	};
	unsigned int i;

	if (dev->ambivalent)
		return "contradictory signatures";
	if (!dev->type)
		return dev->table ? "partition table" : "unknown content";
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(dev->type, words[i].type))
			return words[i].words;
	return dev->type;
}

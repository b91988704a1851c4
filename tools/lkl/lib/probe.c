// SPDX-License-Identifier: GPL-2.0
/* What is on a device, and below it; who says it is in probe_blkid.c or probe_own.c. */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "dm.h"
#include "message.h"
#include "probe.h"

/* Tables in tables: an extended partition, a BSD label in a partition. */
#define DEPTH_MAX 8
/*
 * Partitions of a disk, those in partitions too, as many as the kernel sees at most. An attacker's
 * tables may describe each other.
 */
#define PARTITIONS_MAX 256

int probe_keep(char **to, const char *text)
{
	if (!text || !*text)
		return 0;
	*to = strdup(text);
	return *to ? 0 : -1;
}

/*
 * The kernel's name for partition @n of @disk, if it sees one that starts there. 0, or
 * -1 if it does not.
 */
static int partition_name(const struct device *disk, int n, uint64_t start, char *name,
			  unsigned int size)
{
	size_t len = strlen(disk->name);
	int digit = disk->name[len - 1] >= '0' && disk->name[len - 1] <= '9';
	uint64_t sector;

	snprintf(name, size, "%s%s%d", disk->name, digit ? "p" : "", n);
	if (sysfs_number(name, "start", &sector))
		return -1;
	return sector * 512 == start ? 0 : -1;
}

/* The kernel looks for no partitions in mapped devices, and knows not all tables. */
static struct device *map_partition(struct device *disk, const char *title, uint64_t start,
				    uint64_t size)
{
	struct dm_target target = { .length = size / 512, .type = "linear" };
	char params[64];

	snprintf(params, sizeof(params), "%s %llu", disk->node, (unsigned long long)start / 512);
	target.params = params;
	return dm_map(disk, title, &target, disk->read_only);
}

static int count(const struct device *dev)
{
	const struct device *child;
	int n = 0;

	for (child = dev->children; child; child = child->next)
		n += 1 + count(child);
	return n;
}

/* Whether there is no room for one more below the disk that @dev is on; says so once. */
static int is_full(const struct device *dev)
{
	static const struct device *said;

	while (dev->parent)
		dev = dev->parent;
	if (count(dev) < PARTITIONS_MAX)
		return 0;
	if (said != dev)
		warning("%s has more than %d partitions; the others are left out", dev->title,
			PARTITIONS_MAX);
	said = dev;
	return 1;
}

int probe_add_partition(struct device *disk, const struct partition *p)
{
	char name[64], title[1024];
	struct device *dev;

	/* A partition that begins where its disk does has the disk's table, once more. */
	if ((disk->part && !disk->start) || is_full(disk))
		return 0;
	snprintf(title, sizeof(title), "%s, partition %d", disk->title, p->number);
	if (!p->size || p->start >= disk->size || p->size > disk->size - p->start) {
		warning("%s lies outside of it, and is left out", title);
		return 0;
	}
	if (partition_name(disk, p->number, p->start, name, sizeof(name)))
		dev = map_partition(disk, title, p->start, p->size);
	else
		dev = device_new(disk, name, title);
	if (!dev)
		return -1;
	dev->part = p->number;
	dev->start = p->start;
	if (disk->fd >= 0) {
		dev->fd = disk->fd;
		dev->offset = disk->offset + p->start;
	}
	return probe_keep(&dev->part_label, p->label) || probe_keep(&dev->part_uuid, p->uuid) ||
	       probe_keep(&dev->part_type, p->type) ? -1 : 0;
}

int device_probe(struct device *dev)
{
	struct device *child;
	int err, depth = 0;

	for (child = dev; child; child = child->parent)
		depth++;
	if (depth > DEPTH_MAX)
		return 0;
	err = probe_look(dev);
	for (child = dev->children; child && !err; child = child->next)
		err = device_probe(child);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/* What is on a device: libblkid says it. */
#include <blkid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "message.h"

/* Tables in tables: an extended partition, a BSD label in a partition. */
#define DEPTH_MAX 8

static int keep(char **to, const char *text)
{
	if (!text || !*text)
		return 0;
	*to = strdup(text);
	return *to ? 0 : -1;
}

static int keep_value(char **to, blkid_probe pr, const char *name)
{
	const char *text = NULL;

	blkid_probe_lookup_value(pr, name, &text, NULL);
	return keep(to, text);
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

static int add_partition(struct device *disk, blkid_partition par)
{
	uint64_t start = (uint64_t)blkid_partition_get_start(par) * 512;
	int n = blkid_partition_get_partno(par);
	char name[64], title[1024], type[16];
	struct device *dev;
	int err = 0;

	/* An extended partition is only where others are listed. */
	if (blkid_partition_is_extended(par))
		return 0;
	if (partition_name(disk, n, start, name, sizeof(name)))
		return 0;
	snprintf(title, sizeof(title), "%s, partition %d", disk->title, n);
	dev = device_new(disk, name, title);
	if (!dev)
		return -1;
	dev->part = n;
	dev->start = start;
	if (disk->fd >= 0) {
		dev->fd = disk->fd;
		dev->offset = disk->offset + start;
	}
	err |= keep(&dev->part_label, blkid_partition_get_name(par));
	err |= keep(&dev->part_uuid, blkid_partition_get_uuid(par));
	if (blkid_partition_get_type_string(par)) {
		err |= keep(&dev->part_type, blkid_partition_get_type_string(par));
	} else {
		snprintf(type, sizeof(type), "0x%02x", blkid_partition_get_type(par));
		err |= keep(&dev->part_type, type);
	}
	return err;
}

static int probe_table(struct device *dev, blkid_probe pr)
{
	blkid_partlist list = blkid_probe_get_partitions(pr);
	blkid_parttable table;
	int i, n;

	if (!list)
		return 0;
	n = blkid_partlist_numof_partitions(list);
	table = blkid_partlist_get_table(list);
	if (!table)
		return 0;
	if (keep(&dev->table, blkid_parttable_get_type(table)))
		return -1;
	for (i = 0; i < n; i++)
		if (add_partition(dev, blkid_partlist_get_partition(list, i)))
			return -1;
	return 0;
}

static int probe_content(struct device *dev, blkid_probe pr)
{
	int ret;

	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
					  BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
					  BLKID_SUBLKS_VERSION);
	blkid_probe_enable_partitions(pr, 1);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_ENTRY_DETAILS);

	ret = blkid_do_safeprobe(pr);
	if (ret == -2)
		dev->ambivalent = 1;
	else if (ret < 0)
		return 0;	/* too small for anything */
	if (!ret && (keep_value(&dev->type, pr, "TYPE") || keep_value(&dev->usage, pr, "USAGE") ||
		     keep_value(&dev->version, pr, "VERSION") ||
		     keep_value(&dev->label, pr, "LABEL") ||
		     keep_value(&dev->uuid, pr, "UUID") ||
		     keep_value(&dev->uuid_sub, pr, "UUID_SUB")))
		return -1;
	return 0;
}

int device_probe(struct device *dev)
{
	struct device *child;
	blkid_probe pr;
	int err, depth = 0;

	for (child = dev; child; child = child->parent)
		depth++;
	if (depth > DEPTH_MAX)
		return 0;
	pr = blkid_new_probe();
	if (!pr || blkid_probe_set_device(pr, dev->fd, dev->offset, dev->size)) {
		error("%s: cannot be examined", dev->title);
		blkid_free_probe(pr);
		return -1;
	}
	err = probe_content(dev, pr);
	if (!err)
		err = probe_table(dev, pr);
	blkid_free_probe(pr);
	if (err) {
		error("%s: out of memory", dev->title);
		return -1;
	}
	for (child = dev->children; child; child = child->next)
		if (device_probe(child))
			return -1;
	return 0;
}

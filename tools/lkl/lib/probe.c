// SPDX-License-Identifier: GPL-2.0
/* What is on a device: libblkid says it. */
#include <blkid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "device.h"
#include "dm.h"
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

static int add_partition(struct device *disk, blkid_partition par)
{
	uint64_t start = (uint64_t)blkid_partition_get_start(par) * 512;
	int n = blkid_partition_get_partno(par);
	char name[64], title[1024], type[16];
	uint64_t size = (uint64_t)blkid_partition_get_size(par) * 512;
	struct device *dev;
	int err = 0;

	/* An extended partition is only where others are listed. */
	if (blkid_partition_is_extended(par))
		return 0;
	snprintf(title, sizeof(title), "%s, partition %d", disk->title, n);
	if (!size || start >= disk->size || size > disk->size - start) {
		warning("%s lies outside of it, and is left out", title);
		return 0;
	}
	if (partition_name(disk, n, start, name, sizeof(name)))
		dev = map_partition(disk, title, start, size);
	else
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

/* A disk of 4096-byte sectors, in an image that does not tell so. */
static int has_large_sectors(const struct device *dev)
{
	char small[8], large[8];

	return !content_read(dev, small, 8, 512) && !content_read(dev, large, 8, 4096) &&
	       memcmp(small, "EFI PART", 8) && !memcmp(large, "EFI PART", 8);
}

static int probe_at(struct device *dev, int fd, uint64_t offset)
{
	blkid_probe pr = blkid_new_probe();
	int err;

	if (!pr || blkid_probe_set_device(pr, fd, offset, dev->size)) {
		error("%s: cannot be examined", dev->title);
		blkid_free_probe(pr);
		return -1;
	}
	if (has_large_sectors(dev))
		blkid_probe_set_sectorsize(pr, 4096);
	err = probe_content(dev, pr) || probe_table(dev, pr);
	if (err)
		error("%s: out of memory", dev->title);
	blkid_free_probe(pr);
	return err ? -1 : 0;
}

int device_probe(struct device *dev)
{
	struct device *child;
	int fd, err, depth = 0;
	uint64_t offset;

	for (child = dev; child; child = child->parent)
		depth++;
	if (depth > DEPTH_MAX)
		return 0;
	fd = content_open(dev, &offset);
	if (fd < 0)
		return -1;
	err = probe_at(dev, fd, offset);
	content_close(dev, fd);
	for (child = dev->children; child && !err; child = child->next)
		err = device_probe(child);
	return err;
}

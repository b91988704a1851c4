// SPDX-License-Identifier: GPL-2.0
/* What is on a device: libblkid says it. */
#include <blkid.h>
#include <stdio.h>
#include <string.h>

#include "content.h"
#include "message.h"
#include "probe.h"

static int keep_value(char **to, blkid_probe pr, const char *name)
{
	const char *text = NULL;

	blkid_probe_lookup_value(pr, name, &text, NULL);
	return probe_keep(to, text);
}

static int add_partition(struct device *disk, blkid_partition par)
{
	const char *type = blkid_partition_get_type_string(par);
	char number[16];

	snprintf(number, sizeof(number), "0x%02x", blkid_partition_get_type(par));
	/* An extended partition is only where others are listed. */
	if (blkid_partition_is_extended(par))
		return 0;
	return probe_add_partition(disk, &(struct partition){
		.number = blkid_partition_get_partno(par),
		.start = (uint64_t)blkid_partition_get_start(par) * 512,
		.size = (uint64_t)blkid_partition_get_size(par) * 512,
		.label = blkid_partition_get_name(par),
		.uuid = blkid_partition_get_uuid(par),
		.type = type ? type : number,
	});
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
	if (probe_keep(&dev->table, blkid_parttable_get_type(table)))
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

int probe_look(struct device *dev)
{
	uint64_t offset;
	int fd, err;

	fd = content_open(dev, &offset);
	if (fd < 0)
		return -1;
	err = probe_at(dev, fd, offset);
	content_close(dev, fd);
	return err;
}

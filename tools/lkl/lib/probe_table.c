// SPDX-License-Identifier: GPL-2.0
/* Partition tables, for hosts without libblkid: GPT and the one of DOS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "le.h"
#include "message.h"
#include "probe.h"
#include "probe_table.h"

#define SECTOR		512
#define ENTRIES_MAX	1024
#define ENTRY_MAX	4096
/* Logical partitions that are followed. */
#define LOGICAL_MAX	128
#define TYPE_GPT	0xee

/* ---- GPT ----------------------------------------------------------------------------- */

/* Its first three fields are little-endian numbers. */
static void guid(char text[37], const unsigned char *g)
{
	const unsigned char u[16] = {
		g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6],
		g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15],
	};

	probe_uuid(text, u);
}

static int add_entry(struct device *dev, int number, const unsigned char *e, uint64_t sector)
{
	static const unsigned char none[16];
	uint64_t first = le64(e + 32), last = le64(e + 40);
	char type[37], uuid[37], label[36 * 3 + 5];

	if (!memcmp(e, none, 16))
		return 0;
	guid(type, e);
	guid(uuid, e + 16);
	probe_utf16(label, sizeof(label), e + 56, 72);
	/* What would not fit the numbers lies outside in any case. */
	if (last < first || last > UINT64_MAX / sector - 1)
		first = last = UINT64_MAX / sector - 1;
	return probe_add_partition(dev, &(struct partition){
		.number = number, .start = first * sector, .size = (last - first + 1) * sector,
		.label = label, .uuid = uuid, .type = type,
	});
}

/* 1 if there is one with sectors of that size; -1 on errors. */
static int try_gpt(struct device *dev, uint64_t sector)
{
	unsigned char head[92], e[ENTRY_MAX];
	uint64_t at, size;
	uint32_t count;

	if (content_read(dev, head, sizeof(head), sector) || memcmp(head, "EFI PART", 8))
		return 0;
	at = le64(head + 72);
	count = le32(head + 80);
	size = le32(head + 84);
	if (at >= dev->size / sector || count > ENTRIES_MAX || size < 128 || size > ENTRY_MAX) {
		warning("%s: its partition table is damaged", dev->title);
		return 0;
	}
	if (probe_keep(&dev->table, "gpt"))
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		if (content_read(dev, e, size, at * sector + i * size))
			break;
		if (add_entry(dev, i + 1, e, sector))
			return -1;
	}
	return 1;
}

/* ---- DOS ----------------------------------------------------------------------------- */

static int is_extended(unsigned int type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static int add_dos(struct device *dev, int number, const unsigned char *e, uint64_t base,
		   uint32_t disk_id)
{
	char uuid[16], type[8];

	snprintf(uuid, sizeof(uuid), "%08x-%02x", disk_id, number);
	snprintf(type, sizeof(type), "0x%02x", e[4]);
	return probe_add_partition(dev, &(struct partition){
		.number = number, .start = (base + le32(e + 8)) * SECTOR,
		.size = (uint64_t)le32(e + 12) * SECTOR, .uuid = disk_id ? uuid : NULL,
		.type = type,
	});
}

/* Each record in the extended partition has one partition, and points to the next record. */
static int add_logical(struct device *dev, uint64_t first, uint32_t disk_id)
{
	unsigned char b[SECTOR];
	uint64_t at = first;
	int number = 5;

	for (int n = 0; n < LOGICAL_MAX; n++) {
		uint64_t next = 0;

		if (content_read(dev, b, SECTOR, at * SECTOR) || le16(b + 510) != 0xaa55)
			break;
		for (const unsigned char *e = b + 446; e < b + 446 + 64; e += 16) {
			if (is_extended(e[4]))
				next = le32(e + 8);
			else if (e[4] && le32(e + 12) &&
				 add_dos(dev, number++, e, at, disk_id))
				return -1;
		}
		if (!next)
			break;
		at = first + next;
	}
	return 0;
}

/* Boot code may be anything: the entries have to make sense. */
static int is_table(const unsigned char *b)
{
	int used = 0;

	if (le16(b + 510) != 0xaa55)
		return 0;
	for (const unsigned char *e = b + 446; e < b + 446 + 64; e += 16) {
		if (e[0] && e[0] != 0x80)
			return 0;
		used += e[4] != 0;
	}
	return used;
}

static int try_dos(struct device *dev)
{
	unsigned char b[SECTOR];
	uint32_t disk_id;

	if (content_read(dev, b, SECTOR, 0) || !is_table(b))
		return 0;
	disk_id = le32(b + 440);
	if (probe_keep(&dev->table, "dos"))
		return -1;
	for (int i = 0; i < 4; i++) {
		const unsigned char *e = b + 446 + 16 * i;

		if (e[4] && e[4] != TYPE_GPT && !is_extended(e[4]) &&
		    add_dos(dev, i + 1, e, 0, disk_id))
			return -1;
	}
	for (int i = 0; i < 4; i++) {
		const unsigned char *e = b + 446 + 16 * i;

		if (is_extended(e[4]) && add_logical(dev, le32(e + 8), disk_id))
			return -1;
	}
	return 1;
}

int probe_table(struct device *dev)
{
	int found = try_gpt(dev, 512);

	/* A disk of 4096-byte sectors, in an image that does not tell so. */
	if (!found)
		found = try_gpt(dev, 4096);
	if (!found)
		found = try_dos(dev);
	return found < 0 ? -1 : 0;
}

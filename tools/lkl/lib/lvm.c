// SPDX-License-Identifier: GPL-2.0
/* From physical volumes to the text that describes their groups, and to its tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "content.h"
#include "lvm.h"
#include "message.h"

#define SECTOR		512
#define LABEL_SECTORS	4
#define ID_LEN		32
#define AREA_HEADER	512
#define TEXT_MAX	(64ULL << 20)
#define AREAS_MAX	16
/* For each list in a group; LVM itself gives up long before. */
#define MEMBERS_MAX	100000

static const char label_mark[] = "LABELONE";
static const char label_type[] = "LVM2 001";
static const char area_mark[] = " LVM2 x[5A%r0N*>";

static uint32_t le32(const unsigned char *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const unsigned char *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* CRC-32 with a start of its own, and not inverted at the end. */
static uint32_t checksum(const unsigned char *p, uint64_t len)
{
	uint32_t crc = 0xf597a6cf;
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

int lvm_is_member(const struct device *dev)
{
	return dev->type && !strcmp(dev->type, "LVM2_member");
}

/* Without the dashes, which not everybody writes. */
static int same_uuid(const char *a, const char *b)
{
	while (a && b) {
		while (*a == '-')
			a++;
		while (*b == '-')
			b++;
		if (*a != *b)
			return 0;
		if (!*a)
			return 1;
		a++;
		b++;
	}
	return 0;
}

/* ---- groups out of text --------------------------------------------------- */

static int count(const struct lvm_node *section)
{
	const struct lvm_node *n;
	int c = 0;

	for (n = section ? section->members : NULL; n; n = n->next)
		c += n->kind == LVM_SECTION;
	return c;
}

static int fill_physical(struct lvm_group *g, const struct lvm_node *section)
{
	const struct lvm_node *n;
	struct lvm_physical *pv = g->physical;

	for (n = section ? section->members : NULL; n; n = n->next) {
		int64_t start, extents;

		if (n->kind != LVM_SECTION)
			continue;
		start = lvm_number(n, "pe_start", -1);
		extents = lvm_number(n, "pe_count", -1);
		pv->name = n->name;
		pv->uuid = lvm_string(n, "id");
		pv->hint = lvm_string(n, "device");
		if (!pv->uuid || start < 0 || extents < 0)
			return -1;
		pv->start = start;
		pv->extents = extents;
		pv++;
	}
	return 0;
}

static int fill_logical(struct lvm_group *g, const struct lvm_node *section)
{
	struct lvm_logical *lv = g->logical;
	const struct lvm_node *n, *s;

	for (n = section ? section->members : NULL; n; n = n->next) {
		if (n->kind != LVM_SECTION)
			continue;
		lv->name = n->name;
		lv->uuid = lvm_string(n, "id");
		lv->visible = lvm_has_word(n, "status", "VISIBLE");
		lv->node = n;
		for (s = n->members; s; s = s->next) {
			int64_t extents = s->kind == LVM_SECTION ?
					  lvm_number(s, "extent_count", -1) : 0;

			if (extents < 0 || (uint64_t)extents > (1ULL << 54) / g->extent_size)
				return -1;
			lv->size += extents * g->extent_size * SECTOR;
			if (s->kind == LVM_SECTION && !lv->type)
				lv->type = lvm_string(s, "type");
		}
		lv++;
	}
	return 0;
}

/*
 * A snapshot has a volume for what was changed since, which has the name that the user
 * gave, and one for itself. Users see the one, whatever flags the text has.
 */
static void show_snapshots(struct lvm_group *g)
{
	int i, j;

	for (i = 0; i < g->n_logical; i++) {
		struct lvm_logical *lv = &g->logical[i];
		const struct lvm_node *s = lv->node->members;
		const char *store;

		if (!lv->type || strcmp(lv->type, "snapshot"))
			continue;
		lv->visible = 0;
		while (s && s->kind != LVM_SECTION)
			s = s->next;
		store = lvm_string(s, "cow_store");
		for (j = 0; store && j < g->n_logical; j++)
			if (!strcmp(g->logical[j].name, store))
				g->logical[j].visible = 1;
	}
}

static void free_group(struct lvm_group *g)
{
	if (!g)
		return;
	lvm_text_free(g->text);
	free(g->name);
	free(g->physical);
	free(g->logical);
	free(g);
}

void lvm_free(struct lvm_group *groups)
{
	struct lvm_group *next;

	for (; groups; groups = next) {
		next = groups->next;
		free_group(groups);
	}
}

/* The group that @text describes: the one section on its outside. */
static struct lvm_group *new_group(const char *text, uint64_t len)
{
	struct lvm_group *g = calloc(1, sizeof(*g));
	const struct lvm_node *n, *pvs, *lvs;
	int64_t extent_size;

	if (!g)
		return NULL;
	g->text = lvm_text_parse(text, len);
	for (n = g->text ? g->text->members : NULL; n && n->kind != LVM_SECTION; n = n->next)
		;
	if (!n)
		goto fail;
	g->name = strdup(n->name);
	g->uuid = lvm_string(n, "id");
	g->number = lvm_number(n, "seqno", -1);
	extent_size = lvm_number(n, "extent_size", -1);
	if (!g->name || !g->uuid || g->number < 0 || extent_size <= 0 ||
	    extent_size > 1LL << 40)
		goto fail;
	g->extent_size = extent_size;
	pvs = lvm_find(n, "physical_volumes", LVM_SECTION);
	lvs = lvm_find(n, "logical_volumes", LVM_SECTION);
	g->n_physical = count(pvs);
	g->n_logical = count(lvs);
	if (g->n_physical > MEMBERS_MAX || g->n_logical > MEMBERS_MAX)
		goto fail;
	g->physical = calloc(g->n_physical + 1, sizeof(*g->physical));
	g->logical = calloc(g->n_logical + 1, sizeof(*g->logical));
	if (g->physical && g->logical && !fill_physical(g, pvs) && !fill_logical(g, lvs)) {
		show_snapshots(g);
		return g;
	}
fail:
	free_group(g);
	return NULL;
}

/* ---- text out of physical volumes ----------------------------------------- */

/*
 * Where the label says what is: @at becomes the place of the header behind it, in the
 * label's @sectors.
 */
static int find_label(const unsigned char *sectors, unsigned int *at)
{
	unsigned int i;

	for (i = 0; i < LABEL_SECTORS; i++) {
		const unsigned char *s = sectors + i * SECTOR;

		if (memcmp(s, label_mark, 8) || memcmp(s + 24, label_type, 8))
			continue;
		if (le32(s + 16) != checksum(s + 20, SECTOR - 20))
			continue;
		*at = le32(s + 20);
		if (*at > SECTOR - ID_LEN - 8)
			continue;
		*at += i * SECTOR;
		return 0;
	}
	return -1;
}

/* The text of one area, or NULL if there is none or it is damaged. */
static char *read_area(const struct device *dev, uint64_t offset, uint64_t *len)
{
	unsigned char h[AREA_HEADER];
	uint64_t start, size, at, first;
	uint32_t sum;
	char *text;

	if (content_read(dev, h, sizeof(h), offset) || memcmp(h + 4, area_mark, 16) ||
	    le32(h) != checksum(h + 4, sizeof(h) - 4))
		return NULL;
	start = le64(h + 24);
	size = le64(h + 32);
	at = le64(h + 40);
	*len = le64(h + 48);
	sum = le32(h + 56);
	if (size <= AREA_HEADER || !*len || *len > TEXT_MAX || *len > size - AREA_HEADER ||
	    at < AREA_HEADER || at >= size || le32(h + 60) & 1)
		return NULL;
	text = malloc(*len);
	if (!text)
		return NULL;
	/* The area is a ring, behind its header. */
	first = *len < size - at ? *len : size - at;
	if (content_read(dev, text, first, start + at) ||
	    content_read(dev, text + first, *len - first, start + AREA_HEADER) ||
	    checksum((unsigned char *)text, *len) != sum) {
		free(text);
		return NULL;
	}
	return text;
}

/* Adds the group to @groups, in place of an older description of the same one. */
static void add_group(struct lvm_group **groups, struct lvm_group *g)
{
	for (; *groups; groups = &(*groups)->next) {
		struct lvm_group *old = *groups;

		if (!same_uuid(old->uuid, g->uuid))
			continue;
		if (old->number >= g->number) {
			free_group(g);
			return;
		}
		g->next = old->next;
		free_group(old);
		*groups = g;
		return;
	}
	*groups = g;
}

/* Reads the descriptions that @dev has; its own UUID goes to @uuid. */
static int read_physical(const struct device *dev, char *uuid, struct lvm_group **groups)
{
	unsigned char sectors[LABEL_SECTORS * SECTOR];
	unsigned int at, end;
	int data = 1, areas = 0, good = 0;

	if (content_read(dev, sectors, sizeof(sectors), 0) || find_label(sectors, &at)) {
		warning("%s: the LVM label is damaged", dev->title);
		return -1;
	}
	memcpy(uuid, sectors + at, ID_LEN);
	uuid[ID_LEN] = 0;
	end = (at / SECTOR + 1) * SECTOR;
	/* Places of data, an empty one, places of descriptions, an empty one. */
	for (at += ID_LEN + 8; at + 16 <= end && areas < AREAS_MAX; at += 16) {
		uint64_t offset = le64(sectors + at), len;
		struct lvm_group *g = NULL;
		char *text;

		if (!offset && !data)
			break;
		if (!offset) {
			data = 0;
			continue;
		}
		if (data)
			continue;
		areas++;
		text = read_area(dev, offset, &len);
		if (text)
			g = new_group(text, len);
		free(text);
		if (!g)
			continue;
		good++;
		add_group(groups, g);
	}
	if (areas && !good)
		warning("%s: belongs to no volume group, or its description is damaged",
			dev->title);
	return 0;
}

static void settle(struct lvm_group *groups, const char *uuid, struct device *dev)
{
	int i;

	for (; groups; groups = groups->next)
		for (i = 0; i < groups->n_physical; i++)
			if (same_uuid(groups->physical[i].uuid, uuid))
				groups->physical[i].dev = dev;
}

struct lvm_group *lvm_read(struct device *const *physical, int n)
{
	char (*uuids)[ID_LEN + 1] = calloc(n, sizeof(*uuids));
	struct lvm_group *groups = NULL;
	int i;

	if (!uuids)
		return NULL;
	for (i = 0; i < n; i++)
		if (read_physical(physical[i], uuids[i], &groups))
			uuids[i][0] = 0;
	for (i = 0; i < n; i++)
		if (uuids[i][0])
			settle(groups, uuids[i], physical[i]);
	free(uuids);
	return groups;
}

char *lvm_title(const struct lvm_group *group, const char *lv, char *buf, unsigned int size)
{
	const struct device *dev = NULL;
	int i;

	for (i = 0; !dev && i < group->n_physical; i++)
		dev = group->physical[i].dev;
	while (dev && dev->parent)
		dev = dev->parent;
	snprintf(buf, size, "%s%svolume %.256s/%.256s", dev ? dev->title : "", dev ? ", " : "",
		 group->name, lv);
	return buf;
}

struct device *lvm_activate(struct lvm_group *group, struct lvm_logical *lv, int read_only)
{
	char name[32], title[1024];

	if (lvm_map(group, lv, read_only, name))
		return NULL;
	return device_new(NULL, name, lvm_title(group, lv->name, title, sizeof(title)));
}

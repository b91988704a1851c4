// SPDX-License-Identifier: GPL-2.0
/* The table: one line for each device, those inside of it indented below. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <message.h>

#include "show.h"

enum column { NAME, SIZE, TYPE, LABEL, UUID, COLUMNS };

static const char *const titles[COLUMNS] = { "NAME", "SIZE", "TYPE", "LABEL", "UUID" };

struct row {
	char *cells[COLUMNS];
};

struct table {
	struct row *rows;
	int n;
	int failed;
};

/* Columns of the terminal that @text takes. */
static int width(const char *text)
{
	wchar_t wide[512];
	size_t n = mbstowcs(wide, text, 512);
	int w = n == (size_t)-1 || n == 512 ? -1 : wcswidth(wide, n);

	return w < 0 ? (int)strlen(text) : w;
}

static void add(struct table *t, int depth, const char *name, uint64_t size, const char *type,
		const char *label, const char *uuid)
{
	struct row *rows = realloc(t->rows, (t->n + 1) * sizeof(*rows));
	char indented[600], clean[512], bytes[32];
	struct row *r;
	int i;

	if (!rows) {
		t->failed = 1;
		return;
	}
	t->rows = rows;
	r = &rows[t->n++];
	snprintf(indented, sizeof(indented), "%*s%s", 2 * (depth < 20 ? depth : 20), "",
		 message_clean(clean, sizeof(clean), name));
	r->cells[NAME] = strdup(indented);
	r->cells[SIZE] = strdup(size ? message_bytes(bytes, sizeof(bytes), size) : "");
	r->cells[TYPE] = strdup(message_clean(clean, sizeof(clean), type));
	r->cells[LABEL] = strdup(message_clean(clean, sizeof(clean), label ? label : ""));
	r->cells[UUID] = strdup(message_clean(clean, sizeof(clean), uuid ? uuid : ""));
	for (i = 0; i < COLUMNS; i++)
		t->failed |= !r->cells[i];
}

/* "ext4", "LUKS encryption, version 2", "gpt partition table" */
static void type_of(const struct device *dev, char *buf, size_t size)
{
	/* Of file systems and of LVM it says nothing that matters. */
	int version = dev->version && dev->type && (!strcmp(dev->type, "crypto_LUKS") ||
						    !strcmp(dev->type, "linux_raid_member"));

	if (dev->type)
		snprintf(buf, size, "%s%s%s", device_type_words(dev),
			 version ? ", version " : "", version ? dev->version : "");
	else if (dev->table)
		snprintf(buf, size, "%s partition table", dev->table);
	else
		snprintf(buf, size, "%s", dev->ambivalent ? device_type_words(dev) : "-");
}

static void add_device(struct table *t, int depth, const char *name, const struct device *dev)
{
	const struct device *child;
	char type[128], number[16];

	type_of(dev, type, sizeof(type));
	add(t, depth, name, dev->size, type, dev->label ? dev->label : dev->part_label, dev->uuid);
	for (child = dev->children; child; child = child->next) {
		snprintf(number, sizeof(number), "%d", child->part);
		add_device(t, depth + 1, child->part ? number : "decrypted", child);
	}
}

static void add_array(struct table *t, const struct array *a)
{
	const char *name = *a->name ? a->name : "array";
	char type[64];

	snprintf(type, sizeof(type), "RAID array%s%s", *a->level ? ", " : "", a->level);
	add(t, 0, name, a->dev ? a->dev->size : 0, a->dev ? type : "RAID array, incomplete", NULL,
	    a->uuid);
	if (a->dev)
		add_device(t, 1, "content", a->dev);
}

static void add_groups(struct table *t, const struct inventory *inv)
{
	const struct lvm_group *g;
	int i;

	for (g = inv->groups; g; g = g->next) {
		uint64_t size = 0;

		for (i = 0; i < g->n_physical; i++)
			size += g->physical[i].extents * g->extent_size * 512;
		add(t, 0, g->name, size, "LVM volume group", NULL, g->uuid);
		for (i = 0; i < inv->n_volumes; i++) {
			const struct volume_content *v = &inv->volumes[i];

			if (v->group != g)
				continue;
			if (v->dev)
				add_device(t, 1, v->volume->name, v->dev);
			else
				add(t, 1, v->volume->name, v->volume->size,
				    v->volume->type ? v->volume->type : "-", NULL, NULL);
		}
	}
}

static void print(const struct table *t)
{
	int widths[COLUMNS], i, c;

	for (c = 0; c < COLUMNS; c++) {
		widths[c] = strlen(titles[c]);
		for (i = 0; i < t->n; i++)
			if (width(t->rows[i].cells[c]) > widths[c])
				widths[c] = width(t->rows[i].cells[c]);
	}
	for (i = -1; i < t->n; i++) {
		int pending = 0;

		for (c = 0; c < COLUMNS; c++) {
			const char *cell = i < 0 ? titles[c] : t->rows[i].cells[c];
			int pad = widths[c] - width(cell);

			/* Sizes to the right; no spaces at the end of a line. */
			if (c == SIZE)
				pending += pad;
			if (*cell)
				printf("%*s%s", pending, "", cell);
			pending = *cell ? 2 : pending + 2;
			if (c != SIZE)
				pending += pad;
		}
		putchar('\n');
	}
}

int show_table(const struct inventory *inv)
{
	struct table t = { .n = 0 };
	int i, c;

	for (i = 0; i < inv->disks.n; i++)
		add_device(&t, 0, inv->disks.devices[i]->title, inv->disks.devices[i]);
	for (i = 0; i < inv->n_arrays; i++)
		add_array(&t, &inv->arrays[i]);
	add_groups(&t, inv);
	if (t.failed)
		error("out of memory");
	else
		print(&t);
	for (i = 0; i < t.n; i++)
		for (c = 0; c < COLUMNS; c++)
			free(t.rows[i].cells[c]);
	free(t.rows);
	return t.failed ? -1 : 0;
}

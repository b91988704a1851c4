// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "show.h"

/* Where the next value goes: how deep, and whether it is the first there. */
static int depth, first = 1;

/*
 * In quotes. Labels may be any bytes, JSON is UTF-8: what is none is shown as a question
 * mark.
 */
static void quoted(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	putchar('"');
	while (*p) {
		int i, more = *p < 0x80 ? 0 : *p >= 0xc2 && *p < 0xe0 ? 1 :
			      *p >= 0xe0 && *p < 0xf0 ? 2 : *p >= 0xf0 && *p < 0xf5 ? 3 : -1;

		for (i = 1; i <= more && (p[i] & 0xc0) == 0x80; i++)
			;
		if (more < 0 || i <= more) {
			putchar('?');
			p++;
			continue;
		}
		if (*p < ' ')
			printf("\\u%04x", *p);
		else if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else
			printf("%.*s", i, (const char *)p);
		p += i;
	}
	putchar('"');
}

/* The place of a value: @name in an object, NULL in an array. */
static void place(const char *name)
{
	printf("%s\n%*s", first ? "" : ",", depth, "");
	first = 0;
	if (name)
		printf("\"%s\": ", name);
}

static void begin(const char *name, char bracket)
{
	if (depth)
		place(name);
	putchar(bracket);
	depth++;
	first = 1;
}

static void end(char bracket)
{
	depth--;
	if (!first)
		printf("\n%*s", depth, "");
	putchar(bracket);
	first = 0;
}

static void text(const char *name, const char *value)
{
	if (!value || !*value)
		return;
	place(name);
	quoted(value);
}

static void number(const char *name, uint64_t value)
{
	place(name);
	printf("%llu", (unsigned long long)value);
}

static void boolean(const char *name, int value)
{
	place(name);
	fputs(value ? "true" : "false", stdout);
}

/* As @name; an image is told by what the user called it. */
static void device(const char *name, const struct device *dev, const char *title)
{
	const struct device *child;

	begin(name, '{');
	text("name", title);
	if (dev->part) {
		number("part", dev->part);
		number("start", dev->start);
	}
	number("size", dev->size);
	text("part_type", dev->part_type);
	text("part_label", dev->part_label);
	text("part_uuid", dev->part_uuid);
	text("table", dev->table);
	text("type", dev->type);
	text("usage", dev->usage);
	text("version", dev->version);
	text("label", dev->label);
	text("uuid", dev->uuid);
	text("uuid_sub", dev->uuid_sub);
	if (dev->ambivalent)
		boolean("ambivalent", 1);
	if (dev->children) {
		begin(dev->children->part ? "partitions" : "inside", '[');
		for (child = dev->children; child; child = child->next)
			device(NULL, child, NULL);
		end(']');
	}
	end('}');
}

static void array(const struct array *a)
{
	int i;

	begin(NULL, '{');
	text("name", a->name);
	text("uuid", a->uuid);
	text("level", a->level);
	begin("members", '[');
	for (i = 0; i < a->members.n; i++)
		text(NULL, a->members.devices[i]->title);
	end(']');
	boolean("started", !!a->dev);
	if (a->dev)
		device("content", a->dev, NULL);
	end('}');
}

static void group(const struct lvm_group *g, const struct inventory *inv)
{
	int i;

	begin(NULL, '{');
	text("name", g->name);
	text("uuid", g->uuid);
	number("extent_size", g->extent_size * 512);
	begin("physical_volumes", '[');
	for (i = 0; i < g->n_physical; i++) {
		begin(NULL, '{');
		text("uuid", g->physical[i].uuid);
		number("size", g->physical[i].extents * g->extent_size * 512);
		if (g->physical[i].dev)
			text("device", g->physical[i].dev->title);
		boolean("missing", !g->physical[i].dev);
		end('}');
	}
	end(']');
	begin("volumes", '[');
	for (i = 0; i < inv->n_volumes; i++) {
		const struct volume_content *v = &inv->volumes[i];

		if (v->group != g)
			continue;
		begin(NULL, '{');
		text("name", v->volume->name);
		text("uuid", v->volume->uuid);
		text("segments", v->volume->type);
		number("size", v->volume->size);
		if (v->dev)
			device("content", v->dev, NULL);
		end('}');
	}
	end(']');
	end('}');
}

void show_json(const struct inventory *inv)
{
	const struct lvm_group *g;
	int i;

	begin(NULL, '{');
	begin("images", '[');
	for (i = 0; i < inv->disks.n; i++)
		device(NULL, inv->disks.devices[i], inv->disks.devices[i]->title);
	end(']');
	begin("arrays", '[');
	for (i = 0; i < inv->n_arrays; i++)
		array(&inv->arrays[i]);
	end(']');
	begin("groups", '[');
	for (g = inv->groups; g; g = g->next)
		group(g, inv);
	end(']');
	end('}');
	putchar('\n');
}

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include <message.h>

#include "show.h"

#ifdef HAVE_LIBCJSON
#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

/*
 * Labels may be any bytes, JSON is UTF-8: what is none is shown as a question mark.
 * NULL without memory.
 */
static char *utf8(const char *text)
{
	char *copy = strdup(text);
	unsigned char *p = (unsigned char *)copy;

	while (p && *p) {
		int i, more = *p < 0x80 ? 0 : *p >= 0xc2 && *p < 0xe0 ? 1 :
			      *p >= 0xe0 && *p < 0xf0 ? 2 : *p >= 0xf0 && *p < 0xf5 ? 3 : -1;

		for (i = 1; i <= more && (p[i] & 0xc0) == 0x80; i++)
			;
		if (more < 0 || i <= more) {
			*p++ = '?';
			continue;
		}
		p += more + 1;
	}
	return copy;
}

static void text(cJSON *object, const char *name, const char *value)
{
	char *clean = value && *value ? utf8(value) : NULL;

	if (clean)
		cJSON_AddStringToObject(object, name, clean);
	free(clean);
}

/* As digits: the numbers of cJSON are doubles, in which not all sizes fit. */
static void number(cJSON *object, const char *name, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	cJSON_AddRawToObject(object, name, digits);
}

static cJSON *device(const struct device *dev)
{
	cJSON *object = cJSON_CreateObject(), *children;
	const struct device *child;

	if (dev->part) {
		number(object, "part", dev->part);
		number(object, "start", dev->start);
	}
	number(object, "size", dev->size);
	text(object, "part_type", dev->part_type);
	text(object, "part_label", dev->part_label);
	text(object, "part_uuid", dev->part_uuid);
	text(object, "table", dev->table);
	text(object, "type", dev->type);
	text(object, "usage", dev->usage);
	text(object, "version", dev->version);
	text(object, "label", dev->label);
	text(object, "uuid", dev->uuid);
	text(object, "uuid_sub", dev->uuid_sub);
	if (dev->ambivalent)
		cJSON_AddTrueToObject(object, "ambivalent");
	if (!dev->children)
		return object;
	children = cJSON_AddArrayToObject(object, dev->children->part ? "partitions" : "inside");
	for (child = dev->children; child; child = child->next)
		cJSON_AddItemToArray(children, device(child));
	return object;
}

static cJSON *array(const struct array *a)
{
	cJSON *object = cJSON_CreateObject(), *members;
	int i;

	text(object, "name", a->name);
	text(object, "uuid", a->uuid);
	text(object, "level", a->level);
	members = cJSON_AddArrayToObject(object, "members");
	for (i = 0; i < a->members.n; i++) {
		char *title = utf8(a->members.devices[i]->title);

		cJSON_AddItemToArray(members, cJSON_CreateString(title ? title : ""));
		free(title);
	}
	cJSON_AddBoolToObject(object, "started", !!a->dev);
	if (a->dev)
		cJSON_AddItemToObject(object, "content", device(a->dev));
	return object;
}

static cJSON *group(const struct lvm_group *g, const struct inventory *inv)
{
	cJSON *object = cJSON_CreateObject(), *list, *item;
	int i;

	text(object, "name", g->name);
	text(object, "uuid", g->uuid);
	number(object, "extent_size", g->extent_size * 512);
	list = cJSON_AddArrayToObject(object, "physical_volumes");
	for (i = 0; i < g->n_physical; i++) {
		item = cJSON_CreateObject();
		text(item, "uuid", g->physical[i].uuid);
		number(item, "size", g->physical[i].extents * g->extent_size * 512);
		if (g->physical[i].dev)
			text(item, "device", g->physical[i].dev->title);
		cJSON_AddBoolToObject(item, "missing", !g->physical[i].dev);
		cJSON_AddItemToArray(list, item);
	}
	list = cJSON_AddArrayToObject(object, "volumes");
	for (i = 0; i < inv->n_volumes; i++) {
		const struct volume_content *v = &inv->volumes[i];

		if (v->group != g)
			continue;
		item = cJSON_CreateObject();
		text(item, "name", v->volume->name);
		text(item, "uuid", v->volume->uuid);
		text(item, "segments", v->volume->type);
		number(item, "size", v->volume->size);
		if (v->dev)
			cJSON_AddItemToObject(item, "content", device(v->dev));
		cJSON_AddItemToArray(list, item);
	}
	return object;
}

int show_json(const struct inventory *inv)
{
	cJSON *all = cJSON_CreateObject(), *list, *item;
	const struct lvm_group *g;
	char *printed;
	int i;

	list = cJSON_AddArrayToObject(all, "images");
	for (i = 0; i < inv->disks.n; i++) {
		item = device(inv->disks.devices[i]);
		text(item, "name", inv->disks.devices[i]->title);
		cJSON_AddItemToArray(list, item);
	}
	list = cJSON_AddArrayToObject(all, "arrays");
	for (i = 0; i < inv->n_arrays; i++)
		cJSON_AddItemToArray(list, array(&inv->arrays[i]));
	list = cJSON_AddArrayToObject(all, "groups");
	for (g = inv->groups; g; g = g->next)
		cJSON_AddItemToArray(list, group(g, inv));
	printed = cJSON_Print(all);
	cJSON_Delete(all);
	if (!printed) {
		error("out of memory");
		return -1;
	}
	puts(printed);
	free(printed);
	return 0;
}

#else

int show_json(const struct inventory *inv)
{
	(void)inv;
	error("built without cJSON: --json is not possible");
	return -1;
}

#endif

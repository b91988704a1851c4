// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include <luks.h>
#include <md.h>
#include <message.h>

#include "inspect.h"

/* Devices inside of devices: an image may be made to have no end of them. */
#define DEVICES_MAX 2000

struct look {
	struct inventory *inventory;
	const char *key_file;
	/* At the bottom, not looked into yet; and members of groups, which wait for others. */
	struct device_list todo;
	struct device_list physical;
	int seen;
};

/* Finds what is in @dev, and puts it on the list. */
static int look_at(struct look *l, struct device *dev)
{
	struct device *child;

	if (++l->seen > DEVICES_MAX) {
		warning("%s: there are more than %d devices, the rest is not looked into",
			dev->title, DEVICES_MAX);
		return 0;
	}
	if (!dev->children)
		return device_list_add(&l->todo, dev);
	for (child = dev->children; child; child = child->next)
		if (look_at(l, child))
			return -1;
	return 0;
}

static int probe_and_look(struct look *l, struct device *dev)
{
	return device_probe(dev) || look_at(l, dev);
}

static int is_luks(const struct device *dev)
{
	return dev->type && !strcmp(dev->type, "crypto_LUKS");
}

static void *grow(void *array, int n, size_t size)
{
	void *more = realloc(array, (n + 1) * size);

	if (!more)
		error("out of memory");
	else
		memset((char *)more + n * size, 0, size);
	return more;
}

static int add_array(struct look *l, struct device *first)
{
	struct inventory *inv = l->inventory;
	struct array *arrays = grow(inv->arrays, inv->n_arrays, sizeof(*arrays)), *a;
	int i, j;

	if (!arrays)
		return -1;
	inv->arrays = arrays;
	a = &arrays[inv->n_arrays++];
	a->name = strdup(first->label ? first->label : "");
	a->uuid = strdup(first->uuid ? first->uuid : "");
	if (!a->name || !a->uuid || stack_array(&l->todo, first, &a->members))
		return -1;
	for (i = 0; i < a->members.n; i++) {
		for (j = 0; l->todo.devices[j] != a->members.devices[i]; j++)
			;
		l->todo.devices[j] = l->todo.devices[--l->todo.n];
	}
	a->dev = md_assemble(a->members.devices, a->members.n, 1, 0);
	if (!a->dev)
		return 0;
	sysfs_text(a->dev->name, "md/level", a->level, sizeof(a->level));
	return probe_and_look(l, a->dev);
}

/* Arrays come last, when all members are on the list. */
static struct device *next_device(struct look *l)
{
	struct device *dev;
	int i;

	for (i = 0; i < l->todo.n; i++) {
		dev = l->todo.devices[i];
		if (md_is_member(dev))
			continue;
		l->todo.devices[i] = l->todo.devices[--l->todo.n];
		return dev;
	}
	return NULL;
}

static int open_device(struct look *l, struct device *dev)
{
	struct device *inner;

	if (lvm_is_member(dev))
		return device_list_add(&l->physical, dev);
	if (!is_luks(dev) || !l->key_file)
		return 0;
	inner = luks_open(dev, l->key_file, 1);
	return inner ? probe_and_look(l, inner) : 0;
}

static int add_volume(struct look *l, struct lvm_group *g, struct lvm_logical *lv)
{
	struct inventory *inv = l->inventory;
	struct volume_content *volumes = grow(inv->volumes, inv->n_volumes, sizeof(*volumes)), *v;

	if (!volumes)
		return -1;
	inv->volumes = volumes;
	v = &volumes[inv->n_volumes++];
	v->group = g;
	v->volume = lv;
	if (++l->seen > DEVICES_MAX)
		return 0;
	v->dev = lvm_activate(g, lv, 1);
	return v->dev ? probe_and_look(l, v->dev) : 0;
}

/* The groups of all physical volumes that came up so far. */
static int add_groups(struct look *l)
{
	struct lvm_group **last = &l->inventory->groups, *g;
	int i;

	while (*last)
		last = &(*last)->next;
	*last = lvm_read(l->physical.devices, l->physical.n);
	l->physical.n = 0;
	for (g = *last; g; g = g->next)
		for (i = 0; i < g->n_logical; i++)
			if (g->logical[i].visible && add_volume(l, g, &g->logical[i]))
				return -1;
	return 0;
}

static int look_into(struct look *l)
{
	struct device *dev;

	while (l->todo.n || l->physical.n) {
		dev = next_device(l);
		if (dev ? open_device(l, dev) :
		    l->todo.n ? add_array(l, l->todo.devices[0]) : add_groups(l))
			return -1;
	}
	return 0;
}

int inspect(struct inventory *inventory, const char *key_file)
{
	struct look l = { .inventory = inventory, .key_file = key_file };
	int i, ret = 0;

	for (i = 0; !ret && i < inventory->disks.n; i++)
		ret = probe_and_look(&l, inventory->disks.devices[i]);
	if (!ret)
		ret = look_into(&l);
	device_list_free(&l.todo);
	device_list_free(&l.physical);
	return ret;
}

void inventory_free(struct inventory *inv)
{
	int i;

	for (i = 0; i < inv->n_volumes; i++)
		device_free(inv->volumes[i].dev);
	for (i = 0; i < inv->n_arrays; i++) {
		device_free(inv->arrays[i].dev);
		device_list_free(&inv->arrays[i].members);
		free(inv->arrays[i].name);
		free(inv->arrays[i].uuid);
	}
	for (i = 0; i < inv->disks.n; i++)
		device_free(inv->disks.devices[i]);
	device_list_free(&inv->disks);
	lvm_free(inv->groups);
	free(inv->volumes);
	free(inv->arrays);
}

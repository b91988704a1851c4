// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "luks.h"
#include "md.h"
#include "message.h"
#include "stack.h"
#include "volume.h"

/* One search. */
struct search {
	struct stack *stack;
	const struct volume_options *options;
	/* What is still to be found: the user's partition; NULL once it was, or if none. */
	const char *part;
	int n_disks;
};

int device_list_add(struct device_list *list, struct device *dev)
{
	struct device **more = realloc(list->devices, (list->n + 1) * sizeof(*more));

	if (!more) {
		error("%s: out of memory", dev->title);
		return -1;
	}
	list->devices = more;
	list->devices[list->n++] = dev;
	return 0;
}

void device_list_free(struct device_list *list)
{
	free(list->devices);
	list->devices = NULL;
	list->n = 0;
}

static int is_filesystem(const struct device *dev)
{
	return dev->usage && !strcmp(dev->usage, "filesystem");
}

static int is_luks(const struct device *dev)
{
	return dev->type && !strcmp(dev->type, "crypto_LUKS");
}

/* Adds what is at the bottom of @dev: its partitions, or itself. */
static int add_leaves(struct device_list *list, struct device *dev)
{
	struct device *child;

	/* Some media are a file system and have a partition table all the same. */
	if (!dev->children || is_filesystem(dev))
		return device_list_add(list, dev);
	for (child = dev->children; child; child = child->next)
		if (add_leaves(list, child))
			return -1;
	return 0;
}

static int keep(struct search *s, struct device_list *instead)
{
	device_list_free(&s->stack->candidates);
	s->stack->candidates = *instead;
	return 0;
}

/* ---- the user's partition -------------------------------------------------- */

static int is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == 0;
}

static int same(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static int same_uuid(const char *a, const char *b)
{
	return a && !strcasecmp(a, b);
}

static int matches(const struct device *dev, const char *part)
{
	if (is_number(part) && dev->part > 0 && strtoul(part, NULL, 10) == (unsigned long)dev->part)
		return 1;
	return same(dev->part_label, part) || same(dev->label, part) ||
	       same_uuid(dev->part_uuid, part) || same_uuid(dev->uuid, part);
}

static int add_matches(struct search *s, struct device_list *found, struct device *dev)
{
	struct device *child;

	if (matches(dev, s->part) && device_list_add(found, dev))
		return -1;
	for (child = dev->children; child; child = child->next)
		if (add_matches(s, found, child))
			return -1;
	return 0;
}

/* "1 (vfat, EFI), 2 (ext4, root)" */
static void list(const struct device_list *devices, char *buf, size_t size)
{
	size_t n = 0;
	int i;

	buf[0] = 0;
	for (i = 0; i < devices->n && n < size; i++) {
		const struct device *dev = devices->devices[i];
		const char *label = dev->label ? dev->label : dev->part_label;
		char clean[64], name[300];

		if (dev->part)
			snprintf(name, sizeof(name), "%d", dev->part);
		else
			message_clean(name, sizeof(name), dev->title);
		n += snprintf(buf + n, size - n, "%s%s (%s%s%s)", n ? ", " : "", name,
			      device_type_words(dev), label ? ", " : "",
			      label ? message_clean(clean, sizeof(clean), label) : "");
	}
}

/* Members of one array, group or file system have the same UUID. */
static int belong_together(const struct device_list *found)
{
	int i;

	for (i = 1; i < found->n; i++)
		if (!found->devices[0]->uuid ||
		    !same(found->devices[i]->uuid, found->devices[0]->uuid))
			return 0;
	return 1;
}

/* Looks for the partition among @pool and all below. Not to find it is no error yet. */
static int select_part(struct search *s, const struct device_list *pool)
{
	struct device_list found = { .n = 0 };
	char words[2048];
	int i;

	if (!s->part)
		return 0;
	for (i = 0; i < pool->n; i++)
		if (add_matches(s, &found, pool->devices[i]))
			goto fail;
	if (!found.n)
		return 0;
	/* A number means that partition of each disk. */
	if (found.n > 1 && !belong_together(&found) &&
	    !(is_number(s->part) && s->n_disks > 1)) {
		list(&found, words, sizeof(words));
		error("%s has more than one partition %s, use the number or the UUID: %s",
		      pool->devices[0]->title, s->part, words);
		goto fail;
	}
	s->part = NULL;
	return keep(s, &found);
fail:
	device_list_free(&found);
	return -1;
}

/* ---- layers ----------------------------------------------------------------- */

int stack_array(const struct device_list *from, const struct device *first,
		struct device_list *members)
{
	int i;

	for (i = 0; i < from->n; i++) {
		struct device *dev = from->devices[i];

		if (md_is_member(dev) && (dev == first || (first->uuid &&
							   same(dev->uuid, first->uuid))))
			if (device_list_add(members, dev))
				return -1;
	}
	return 0;
}

/* Takes @gone out of the candidates and puts the leaves of @dev, which it probes, in. */
static int replace(struct search *s, const struct device_list *gone, struct device *dev)
{
	struct device_list *old = &s->stack->candidates, now = { .n = 0 };
	struct device_list pool = { .devices = &dev, .n = 1 };
	int i, j;

	if (device_probe(dev) || add_leaves(&now, dev))
		goto fail;
	for (i = 0; i < old->n; i++) {
		for (j = 0; j < gone->n && gone->devices[j] != old->devices[i]; j++)
			;
		if (j == gone->n && device_list_add(&now, old->devices[i]))
			goto fail;
	}
	keep(s, &now);
	return select_part(s, &pool);
fail:
	device_list_free(&now);
	return -1;
}

/* Each of these makes at most one step: 1 if it did, 0 if there is nothing for it, or -1. */

static int assemble(struct search *s)
{
	const struct device_list *all = &s->stack->candidates;
	struct device_list members = { .n = 0 };
	struct device *array;
	int i, ret = -1;

	for (i = 0; i < all->n && !md_is_member(all->devices[i]); i++)
		;
	if (i == all->n)
		return 0;
	if (!stack_array(all, all->devices[i], &members)) {
		array = md_assemble(members.devices, members.n, s->options->read_only,
				    s->options->degraded);
		if (array && !device_list_add(&s->stack->roots, array))
			ret = replace(s, &members, array) ? -1 : 1;
	}
	device_list_free(&members);
	return ret;
}

/* Whether what is to be found may be inside of something that is still closed. */
static int look_inside(const struct search *s)
{
	const struct device_list *all = &s->stack->candidates;
	int i;

	if (s->options->volume || (s->part && !is_number(s->part)))
		return 1;
	for (i = 0; i < all->n; i++)
		if (is_filesystem(all->devices[i]))
			return 0;
	return !s->part;
}

static int unlock(struct search *s)
{
	const struct device_list *all = &s->stack->candidates;
	struct device *outer, *inner;
	struct device_list gone = { .devices = &outer, .n = 1 };
	int i;

	for (i = 0; i < all->n && !is_luks(all->devices[i]); i++)
		;
	/* Who gives a key wants to see what it opens. */
	if (i == all->n || !(look_inside(s) || s->options->key_file))
		return 0;
	outer = all->devices[i];
	inner = luks_open(outer, s->options->key_file, s->options->read_only ||
						       outer->read_only);
	if (!inner || replace(s, &gone, inner))
		return -1;
	return 1;
}

static const char *without_dev(const char *name)
{
	if (!strncmp(name, "/dev/mapper/", 12))
		return name + 12;
	return strncmp(name, "/dev/", 5) ? name : name + 5;
}

static int is_meant(const struct lvm_group *g, const struct lvm_logical *lv, const char *name)
{
	size_t len = strlen(g->name);

	if (!name)
		return 1;
	if (!strcmp(lv->name, name))
		return 1;
	return !strncmp(name, g->name, len) && name[len] == '/' && !strcmp(lv->name, name + len + 1);
}

static struct lvm_logical *choose_volume(struct search *s, struct lvm_group **group)
{
	const char *name = s->options->volume ? without_dev(s->options->volume) : NULL;
	struct lvm_logical *found = NULL;
	char all[2048] = "", clean[300];
	struct lvm_group *g;
	int i, n = 0, hits = 0;

	for (g = s->stack->groups; g; g = g->next) {
		for (i = 0; i < g->n_logical; i++) {
			struct lvm_logical *lv = &g->logical[i];
			char both[600];

			if (!lv->visible)
				continue;
			snprintf(both, sizeof(both), "%.256s/%.256s", g->name, lv->name);
			if (n < (int)sizeof(all))
				n += snprintf(all + n, sizeof(all) - n, "%s%s", n ? ", " : "",
					      message_clean(clean, sizeof(clean), both));
			if (!is_meant(g, lv, name))
				continue;
			hits++;
			found = lv;
			*group = g;
		}
	}
	if (hits == 1)
		return found;
	if (!n)
		error("%s: the volume group has no volumes", s->stack->candidates.devices[0]->title);
	else if (!hits)
		error("%s: there is no volume %s; there are: %s",
		      s->stack->candidates.devices[0]->title, name, all);
	else
		error("%s: there are several volumes, choose one (volume): %s",
		      s->stack->candidates.devices[0]->title, all);
	return NULL;
}

static int activate(struct search *s)
{
	const struct device_list *all = &s->stack->candidates;
	struct device_list members = { .n = 0 };
	struct lvm_logical *lv;
	struct lvm_group *g = NULL;
	struct device *dev;
	int i, ret = -1;

	for (i = 0; i < all->n; i++)
		if (lvm_is_member(all->devices[i]) && device_list_add(&members, all->devices[i]))
			goto out;
	ret = 0;
	if (!members.n || !look_inside(s) || s->stack->groups)
		goto out;
	ret = -1;
	s->stack->groups = lvm_read(members.devices, members.n);
	if (!s->stack->groups) {
		error("%s belongs to no volume group that can be read",
		      members.devices[0]->title);
		goto out;
	}
	lv = choose_volume(s, &g);
	if (!lv)
		goto out;
	dev = lvm_activate(g, lv, s->options->read_only);
	if (!dev || device_list_add(&s->stack->roots, dev))
		goto out;
	/* The volume is what was meant, and nothing beside it. */
	ret = replace(s, all, dev) ? -1 : 1;
out:
	device_list_free(&members);
	return ret;
}

/* ---- the end ------------------------------------------------------------------ */

static int settle(struct search *s, const char *title)
{
	const struct device_list *all = &s->stack->candidates;
	struct device_list found = { .n = 0 };
	char words[2048];
	int i;

	list(all, words, sizeof(words));
	if (s->part) {
		if (all->n == 1 && !all->devices[0]->part)
			error("%s has no partition %s, and no other", title, s->part);
		else
			error("%s has no partition %s; there are: %s", title, s->part, words);
		return -1;
	}
	if (all->n == 1)
		return 0;
	for (i = 0; i < all->n; i++)
		if (is_filesystem(all->devices[i]) && device_list_add(&found, all->devices[i]))
			goto fail;
	if (found.n && belong_together(&found))
		return keep(s, &found);
	if (!all->n)
		error("%s has an empty partition table", title);
	else if (!found.n)
		error("%s holds no file system that is known; there are: %s", title, words);
	else
		error("%s holds several file systems, choose a partition (part): %s", title, words);
fail:
	device_list_free(&found);
	return -1;
}

int stack_resolve(struct stack *stack, const struct device_list *disks,
		  const struct volume_options *options)
{
	struct search s = {
		.stack = stack,
		.options = options,
		.part = options->part && *options->part ? options->part : NULL,
		.n_disks = disks->n,
	};
	int i, ret, whole = s.part && !strcmp(s.part, "0");

	if (whole)
		s.part = NULL;
	for (i = 0; i < disks->n; i++)
		if (whole ? device_list_add(&stack->candidates, disks->devices[i]) :
			    add_leaves(&stack->candidates, disks->devices[i]))
			return -1;
	if (select_part(&s, disks))
		return -1;
	do {
		ret = assemble(&s);
		if (!ret)
			ret = unlock(&s);
		if (!ret)
			ret = activate(&s);
	} while (ret > 0);
	return ret ? ret : settle(&s, disks->devices[0]->title);
}

void stack_free(struct stack *stack)
{
	int i;

	for (i = 0; i < stack->roots.n; i++)
		device_free(stack->roots.devices[i]);
	device_list_free(&stack->roots);
	device_list_free(&stack->candidates);
	lvm_free(stack->groups);
	stack->groups = NULL;
}

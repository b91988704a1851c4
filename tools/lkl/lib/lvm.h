/* SPDX-License-Identifier: GPL-2.0 */
/* LVM: volume groups found on physical volumes, and volumes mapped by the kernel inside. */
#ifndef LKL_TOOLS_LVM_H
#define LKL_TOOLS_LVM_H

#include <stdint.h>

#include "device.h"
#include "lvm_text.h"

struct lvm_physical {
	const char *name;		/* "pv0", in the text */
	const char *uuid;
	const char *hint;		/* where it once was, "/dev/sda2" */
	struct device *dev;		/* NULL if it is not at hand */
	uint64_t start;			/* of its first extent, in sectors */
	uint64_t extents;
};

struct lvm_logical {
	const char *name;
	const char *uuid;
	const char *type;		/* of its first segment: "striped", "raid5", ... */
	uint64_t size;			/* bytes */
	int visible;			/* for users, not a part of another volume */
	const struct lvm_node *node;
	char mapped[32];		/* the kernel's name, "" while there is none */
};

struct lvm_group {
	struct lvm_group *next;
	char *name;
	const char *uuid;
	int64_t number;			/* counts changes of the text */
	uint64_t extent_size;		/* sectors */
	int n_physical;
	struct lvm_physical *physical;
	int n_logical;
	struct lvm_logical *logical;
	struct lvm_node *text;
};

int lvm_is_member(const struct device *dev);

/*
 * Reads the groups that @n physical volumes belong to. What is damaged is told in
 * warnings, and left out. NULL if there is no group. Freed with lvm_free().
 */
struct lvm_group *lvm_read(struct device *const *physical, int n);
void lvm_free(struct lvm_group *groups);

/*
 * Maps volume @lv of @group: a new root of the device tree, not probed. NULL, with a
 * message printed, on errors.
 */
struct device *lvm_activate(struct lvm_group *group, struct lvm_logical *lv, int read_only);

/*
 * How messages call a volume: "disk.img, volume vg/root", after the image that its group
 * was found in first. Returns @buf.
 */
char *lvm_title(const struct lvm_group *group, const char *lv, char *buf, unsigned int size);

/* lvm_map.c: what lvm_activate() is made of. 0, or -1 with a message printed. */
int lvm_map(struct lvm_group *group, struct lvm_logical *lv, int read_only, char *name);

#endif

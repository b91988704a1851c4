/* SPDX-License-Identifier: GPL-2.0 */
/* All that is in some disks, without changing a byte of them. */
#ifndef LKL_PART_INSPECT_H
#define LKL_PART_INSPECT_H

#include <device.h>
#include <lvm.h>
#include <stack.h>

/* An array, and who its members are. */
struct array {
	struct device *dev;		/* NULL if it could not be started */
	char *name;
	char *uuid;
	char level[32];
	struct device_list members;
};

/* A volume of a group, and what is in it. */
struct volume_content {
	const struct lvm_group *group;
	const struct lvm_logical *volume;
	struct device *dev;		/* NULL if it could not be mapped */
};

struct inventory {
	struct device_list disks;
	struct array *arrays;
	int n_arrays;
	struct lvm_group *groups;
	struct volume_content *volumes;
	int n_volumes;
};

/*
 * Looks into @inventory->disks, which are probed here. LUKS is opened with @key_file, if
 * that is not NULL. What cannot be opened is told and left closed. 0, or -1 with a
 * message printed.
 */
int inspect(struct inventory *inventory, const char *key_file);
void inventory_free(struct inventory *inventory);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From disks to the device with the file system that the user means: partitions, LUKS,
 * RAID and LVM, in whatever order they are stacked.
 */
#ifndef LKL_TOOLS_STACK_H
#define LKL_TOOLS_STACK_H

#include "device.h"
#include "lvm.h"

/* A list of devices, which belong to others. */
struct device_list {
	struct device **devices;
	int n;
};

int device_list_add(struct device_list *list, struct device *dev);
void device_list_free(struct device_list *list);

struct stack {
	/* What is being looked at; in the end, what is to be mounted, or its parts. */
	struct device_list candidates;
	/* Arrays and volumes: trees of their own beside the disks. */
	struct device_list roots;
	struct lvm_group *groups;
};

struct volume_options;

/*
 * Looks through @disks, which are probed. The first candidate is the device to mount;
 * further ones are devices of the same file system. 0, or -1 with a message printed;
 * stack_free() is due in any case.
 */
int stack_resolve(struct stack *stack, const struct device_list *disks,
		  const struct volume_options *options);
void stack_free(struct stack *stack);

/* Those of @from that are members of the same array as @first, itself among them. */
int stack_array(const struct device_list *from, const struct device *first,
		struct device_list *members);

#endif

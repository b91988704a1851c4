/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Block devices of the kernel inside, and what is on them: a tree, from the disks down
 * through partitions, encryption, arrays and volumes.
 */
#ifndef LKL_TOOLS_DEVICE_H
#define LKL_TOOLS_DEVICE_H

#include <stdint.h>

struct device {
	/* The kernel's name, "vda1", and its node, "/dev/vda1". */
	char name[32];
	char node[40];
	uint64_t size;			/* bytes */
	uint64_t start;			/* bytes, in the parent; partitions only */
	int read_only;
	/* How messages call it: "disk.img", "disk.img, partition 2", "volume vg/root". */
	char *title;
	/* A descriptor of the host and the place in it that hold the same bytes, or -1. */
	int fd;
	uint64_t offset;

	struct device *parent;
	struct device *children;	/* in order */
	struct device *next;

	/* Of a partition: its number (above 0) and what its table says of it. */
	int part;
	char *part_label;
	char *part_uuid;
	char *part_type;

	/* Filled by device_probe(); NULL if there is nothing of the kind. */
	char *table;			/* "gpt", "dos", ... */
	char *type;			/* "ext4", "crypto_LUKS", ... */
	char *usage;			/* "filesystem", "raid", "crypto", "other" */
	char *version;
	char *label;
	char *uuid;
	char *uuid_sub;			/* of one device out of several */
	/* Several signatures contradict each other; @type is NULL. */
	int ambivalent;
};

/* A disk, by its number in the kernel. NULL, with a message printed, on errors. */
struct device *device_new_disk(uint32_t devno, const char *title, int fd);
/* A device by its kernel name, below @parent (may be NULL). NULL as above. */
struct device *device_new(struct device *parent, const char *name, const char *title);
/* Frees it and all below it. */
void device_free(struct device *dev);

/*
 * Finds out what is on @dev: partitions become its children, probed too. 0, or -1 with
 * a message printed.
 */
int device_probe(struct device *dev);
/* What the user may call the type, or the nearest words: "LUKS encryption". */
const char *device_type_words(const struct device *dev);

/* Attributes in sysfs: of /sys/class/block/NAME. 0 or err. */
int sysfs_number(const char *name, const char *attribute, uint64_t *value);
int sysfs_text(const char *name, const char *attribute, char *buf, unsigned int size);

#endif

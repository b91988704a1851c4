/* SPDX-License-Identifier: GPL-2.0 */
/* A table of files by device and inode number. */
#ifndef LKL_TOOLS_INODES_H
#define LKL_TOOLS_INODES_H

#include <stddef.h>
#include <stdint.h>

struct inode {
	uint64_t dev, ino;
	/* For the table's user; @path is freed with it. */
	char *path;
	uint32_t left;
};

struct inodes {
	struct inode **slot;
	/* Slots, a power of two, and those in use. */
	size_t size, used;
};

/* The file's, or NULL. */
struct inode *inodes_find(const struct inodes *t, uint64_t dev, uint64_t ino);
/* A new one, that was not found before. Never NULL. */
struct inode *inodes_add(struct inodes *t, uint64_t dev, uint64_t ino);
void inodes_remove(struct inodes *t, struct inode *i);
void inodes_free(struct inodes *t);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* A tree, of the host or inside, as a source of entries; folders in the order of names. */
#ifndef LKL_TOOLS_WALK_H
#define LKL_TOOLS_WALK_H

#include "inodes.h"
#include "path.h"
#include "transfer.h"

struct walk {
	const struct fs *fs;
	struct transfer *t;
	/* Do not go into other file systems. */
	int one_file_system;
	/* Inode numbers of folders are unique: one that comes twice is a loop. */
	int unique_folders;

	/* Own. */
	/* Files with several names, by the paths that they have in the destination. */
	struct inodes linked;
	/* Folders that were seen, if @unique_folders. */
	struct inodes folders;
	/* Of what is worked on, as the user knows it, and from the destination on. */
	struct path shown, path;
	struct level *level;
	int depth;
};

/*
 * Emits the file or folder @name of the folder @dir, which is the destination's @as, or
 * with "" as @as its content only. @shown is what the user calls it. Failures are told
 * and counted.
 */
void walk_source(struct walk *w, int dir, const char *name, const char *as,
		 const char *shown);
void walk_free(struct walk *w);

/*
 * Bytes of all files of that source, for progress. Ends early when @stop is set.
 */
uint64_t walk_size(const struct fs *fs, int dir, const char *name, const atomic_int *stop);

#endif

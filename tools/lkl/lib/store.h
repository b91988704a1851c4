/* SPDX-License-Identifier: GPL-2.0 */
/* A folder, of the host or inside, as a sink of entries. */
#ifndef LKL_TOOLS_STORE_H
#define LKL_TOOLS_STORE_H

#include "path.h"
#include "transfer.h"

struct store {
	const struct fs *fs;
	struct transfer *t;
	/* Where things go; the caller's. */
	int root;
	/* What the user calls it. */
	const char *shown;
	/* Nobody else sees a file before its attributes are set. */
	int private;
	/* A name may come twice, as in archives; the later one stays. */
	int replace;
	/* Owner of what is made. */
	uint32_t uid, gid;

	/* Own. */
	struct folder *folder;
	int root_inherits;
	/* Folders that could not be made: what is in them is passed over. */
	int skipped;
	/* The file that is being written; -1 if none is. */
	int fd;
	struct entry *file;
	uint64_t end;
	struct path path;
	/* What was told already. */
	unsigned int told;
};

void store_init(struct store *s, const struct fs *fs, struct transfer *t, int root,
		const char *shown);
/* For transfer_run(); @arg is the store. */
void store_entry(void *arg, struct entry *e);
/* Closes what an interrupted transfer left open. */
void store_finish(struct store *s);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads tar archives: tar_in_libarchive.c, or tar_in_own.c where there is no libarchive.
 */
#ifndef LKL_FS2TAR_TAR_IN_H
#define LKL_FS2TAR_TAR_IN_H

#include "entry.h"
#include "tar.h"

struct tar_in;

/* An entry, as the archive has it; good until the next one. */
struct tar_header {
	enum entry_type type;
	/* NULL if it has none. */
	const char *path;
	/* Of a link, hard or symbolic; else NULL. */
	const char *target;
};

/* Messages call it @shown. NULL with a message printed. */
struct tar_in *tar_in_open(int fd, const char *shown);
enum tar_status tar_in_next(struct tar_in *t, struct tar_header *h);
/*
 * Gives @e the attributes of that entry. -1 if its access control list names users or groups
 * that have no number there.
 */
int tar_in_attributes(struct tar_in *t, struct entry *e);
/* The next bytes of its content, and where they belong. */
enum tar_status tar_in_data(struct tar_in *t, const char **buf, size_t *len, uint64_t *pos);
/* Why it was neither TAR_OK nor TAR_END. */
const char *tar_in_error(const struct tar_in *t);
void tar_in_close(struct tar_in *t);

#endif

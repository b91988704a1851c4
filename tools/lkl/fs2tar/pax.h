/* SPDX-License-Identifier: GPL-2.0 */
/* The records that stand before an entry of a pax archive. */
#ifndef LKL_FS2TAR_PAX_H
#define LKL_FS2TAR_PAX_H

#include "entry.h"

struct pax {
	/* NULL if they are not there. */
	char *path, *target;
	/* Which of the numbers are there. */
	unsigned int has_size : 1, has_uid : 1, has_gid : 1, has_major : 1, has_minor : 1,
		     has_mtime : 1, has_atime : 1, has_real_size : 1;
	uint64_t size, real_size;
	uint32_t uid, gid, major, minor;
	struct timespec mtime, atime;
	/* Sparse files: a list here, or one in front of the data. */
	int sparse, sparse_in_data;
	struct extent *extents;
	size_t extent_count;
	char *sparse_path;
	/* Has the extended attributes. */
	struct entry *attributes;
	int unknown_acl;
};

void pax_init(struct pax *p);
void pax_free(struct pax *p);
/* Adds the @size records at @text, which is changed. 0, or -1 if they are damaged. */
int pax_parse(struct pax *p, char *text, size_t size);
/* Adds an extent. */
void pax_extent(struct pax *p, uint64_t pos, uint64_t len);

#endif

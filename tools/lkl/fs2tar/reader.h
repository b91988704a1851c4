/* SPDX-License-Identifier: GPL-2.0 */
/* A tar archive as a source of entries. */
#ifndef LKL_FS2TAR_READER_H
#define LKL_FS2TAR_READER_H

#include "labels.h"
#include "tar_in.h"
#include "transfer.h"

struct reader {
	struct transfer *t;
	struct tar_in *in;
	/* What messages call the archive. */
	const char *shown;
	struct labels labels;

	/* Own. */
	/* Names of the folders that we are in. */
	char **folders;
	size_t depth, room;
	/* Folders by path, whose attributes are set when all is there. */
	struct late *late;
	size_t late_count, late_room;
	int told_absolute, told_acl;
};

/* Starts to read from @fd. 0, or -1 with a message printed. */
int reader_open(struct reader *r, struct transfer *t, int fd, const char *shown);
/* For transfer_run(); @arg is the reader. */
void reader_run(struct transfer *t, void *arg);
void reader_close(struct reader *r);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* A tar archive as a sink of entries. */
#ifndef LKL_FS2TAR_WRITER_H
#define LKL_FS2TAR_WRITER_H

#include <stdio.h>

#include "path.h"
#include "tar_out.h"
#include "transfer.h"

struct writer {
	struct transfer *t;
	struct tar_out *out;
	/* What messages call the archive. */
	const char *shown;
	/* Where labels go, or NULL. */
	FILE *labels;

	/* Own. */
	struct path path;
	/* The lengths that @path had, for the folders we are in. */
	size_t *lengths;
	size_t depth, room;
	/* The file that is written: its name, size and how far we are. */
	char *name;
	uint64_t size, pos;
	int told_socket;
	/* Nothing more can be written. */
	int broken;
};

/*
 * Starts an archive on @fd. @compression is a name or the suffix of a file's name, "none"
 * is one. 0, or -1 with a message printed.
 */
int writer_open(struct writer *w, struct transfer *t, int fd, const char *shown,
		const char *compression);
/* The compression that the name of an archive means. */
const char *writer_compression(const char *name);
/* For transfer_run(); @arg is the writer. */
void writer_entry(void *arg, struct entry *e);
/* Ends the archive; it is incomplete if there was an error, which is reported. */
void writer_close(struct writer *w);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test cases: whole images, or, with a base image, what a case puts in the place of the
 * base's sectors that hold something, one behind the other (a fuzzer changes some hundred
 * KiB then, and not gigabytes of zeroes).
 */
#ifndef LKL_FORKSERVER_CASES_H
#define LKL_FORKSERVER_CASES_H

#include <stddef.h>
#include <stdint.h>

#include "checksum.h"
#include "disk.h"

struct test_case {
	/* For messages. */
	char *name;
	/* A file, or NULL: then the bytes. */
	char *path;
	const void *bytes;
	size_t len;
};

struct cases {
	struct test_case *list;
	int n;
	/* Bytes of the largest. */
	size_t largest;
};

/* Adds a file, the files in a folder in order of their names, or standard input ("-"). */
void cases_add(struct cases *cases, const char *name);
/* Adds a file that need not be there yet. */
void cases_expect(struct cases *cases, const char *name);

struct base {
	const char *name;
	int fd;
	size_t size;
	/* Runs of sectors that hold something. */
	struct run {
		uint64_t start;
		size_t len;
	} *extents;
	int n;
	/* Bytes of all of them, and room for a case. */
	size_t used;
	char *room;
	struct checksums sums;
};

/* Opens the image @name. Ends the program if that fails. */
void base_open(struct base *base, const char *name);
/*
 * Fills @to with the first @len bytes, at most base::used, of the case that changes nothing.
 * 0, or -1 with a message printed.
 */
int base_read(const struct base *base, char *to, size_t len);
/* Writes that case to standard output. The same. */
int base_pack(const struct base *base);
/* Fills @disk: the image is there then, for fork() to hand on. */
void base_load(const struct base *base, struct disk *disk);

/*
 * Puts the case into @disk, which holds @base if there is one, and puts its checksums right
 * if @fix. 0 or a negative errno.
 */
int case_load(const struct test_case *c, const struct base *base, int fix,
	      const struct disk *disk);

#endif

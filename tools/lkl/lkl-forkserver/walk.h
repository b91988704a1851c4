/* SPDX-License-Identifier: GPL-2.0 */
/* Reads a file system that may be broken in any way, within bounds. */
#ifndef LKL_FORKSERVER_WALK_H
#define LKL_FORKSERVER_WALK_H

struct walk_counts {
	unsigned int entries, calls, errors;
};

/*
 * Looks at everything below @path: attributes, entries, links, extended attributes, and the
 * first 64 KiB of files. Ends after @entries of them: a broken folder may have no end.
 */
void walk(const char *path, unsigned int entries, struct walk_counts *counts);

#endif

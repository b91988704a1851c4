/* SPDX-License-Identifier: GPL-2.0 */
/* What the user wants to be different in the copy: owners, times, labels. */
#ifndef LKL_TOOLS_ADJUST_H
#define LKL_TOOLS_ADJUST_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct entry;

/* Numbers from @from on become those from @to on. */
struct id_range {
	uint32_t from, to, count;
};

struct id_map {
	struct id_range *ranges;
	size_t count;
};

struct adjust {
	/* Owner of everything; -1: as it is, through the map. */
	int64_t owner, group;
	struct id_map owners, groups;
	/* SELinux label of everything, or NULL. */
	const char *label;
	/* No time is later than that; and times of access, which vary, are not kept. */
	int clamp;
	time_t latest;
};

#define ADJUST_NOTHING { .owner = -1, .group = -1 }

void adjust_entry(const struct adjust *a, struct entry *e);

/* The number in @text, or the end of the program; @what for the message. */
int64_t adjust_parse_id(const char *text, const char *what);
/*
 * Reads a file of lines "FROM TO [COUNT]"; "#" starts a comment. Ends the program if
 * it cannot.
 */
void adjust_read_map(struct id_map *map, const char *path);
/* From SOURCE_DATE_EPOCH, if that is set. Ends the program if it is no number. */
void adjust_read_epoch(struct adjust *a);

#endif

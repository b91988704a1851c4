/* SPDX-License-Identifier: GPL-2.0 */
/* What became of cases: told, counted, and kept. */
#ifndef LKL_FORKSERVER_RESULT_H
#define LKL_FORKSERVER_RESULT_H

#include "child.h"

struct results {
	unsigned long counts[OUTCOMES];
	/* Bytes of the map that any case changed, if there is coverage. */
	unsigned char seen[COVERAGE_SIZE];
	unsigned int edges;
	/* Where cases go that went wrong, or NULL. */
	const char *save;
	int quiet;
};

/* Counts the outcome of a case, and empties the map. Whether it was where no other one was. */
int result_count(struct results *results, const struct job *job, enum outcome outcome);
/* Tells what is worth telling, and saves it. */
void result_tell(const struct results *results, const struct job *job, const struct test_case *c,
		 enum outcome outcome);
/* Both. */
void result_add(struct results *results, const struct job *job, const struct test_case *c,
		enum outcome outcome);
/* The last line: how many cases in @ns. */
void result_summary(const struct results *results, const struct job *job,
		    unsigned long long ns);

#endif

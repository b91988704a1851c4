/* SPDX-License-Identifier: GPL-2.0 */
/* What lkl-forkserver and lkl-fuzz are told about the cases, in the same words. */
#ifndef LKL_FORKSERVER_OPTIONS_H
#define LKL_FORKSERVER_OPTIONS_H

#include "cases.h"
#include "child.h"

struct options {
	struct job job;
	struct cases cases;
	struct base base;
	const char *save;
	const char *boot;
	unsigned int mb;
	size_t size;
	unsigned long runs;
	int pack;
	int warnings;
	int quiet;
};

/*
 * Sets defaults, then what the arguments say; optind is that of the first that is no option.
 * Ends the program if they make no sense, and after @help if that is wanted.
 */
void options_parse(struct options *o, int argc, char **argv, void (*help)(void));
/* Whether what they say of the job is enough. Ends the program otherwise. Adds a script. */
void options_check(struct options *o);
/* Prints those that are about the job. */
void options_help(void);
void options_usage(void) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What is done with each file system: operations, one a line. */
#ifndef LKL_FORKSERVER_SCRIPT_H
#define LKL_FORKSERVER_SCRIPT_H

struct operation;

struct script {
	struct operation *operations;
	int n;
};

/* What a run of it did, in memory that outlives the process that runs it. */
struct script_progress {
	/* Of the script's operations, which is running. */
	int operation;
	unsigned int calls, errors;
};

/*
 * Adds the operations of @text: lines, or parts between semicolons; @name is for messages.
 * Ends the program, with a message, if one makes no sense.
 */
void script_add(struct script *script, const char *name, const char *text);
/* The same with those of a file. */
void script_add_file(struct script *script, const char *path);

/* Runs it below the folder @mnt. Each call's result is printed if @verbose. */
void script_run(const struct script *script, const char *mnt, int verbose,
		struct script_progress *progress);

/* Its operation @i as it was written. */
const char *script_text(const struct script *script, int i);

/* Prints the operations that there are. */
void script_help(void);

#endif

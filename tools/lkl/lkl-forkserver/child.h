/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test cases in children of fork(), which have a fresh kernel each. A child whose case ended
 * well puts back what the case wrote to memory, and goes on with the next one.
 */
#ifndef LKL_FORKSERVER_CHILD_H
#define LKL_FORKSERVER_CHILD_H

#include <sys/types.h>

#include "cases.h"
#include "disk.h"
#include "script.h"

/* Bytes of the map in which coverage is counted, a power of two. */
#define COVERAGE_SIZE	65536

/* What all cases have in common. */
struct job {
	const char *type;
	const char *mount_options;
	unsigned long mount_flags;
	struct script script;
	struct base *base;
	struct disk disk;
	int fix_checksums;
	/* 0: none. */
	unsigned int limit_ms;
	/* Each case has a process of its own. */
	int processes;
	int verbose;
	/* COVERAGE_SIZE bytes, shared with children, or NULL. */
	unsigned char *coverage;
};

enum stage {
	STAGE_LOAD,
	STAGE_MOUNT,
	STAGE_SCRIPT,
	STAGE_UNMOUNT,
	STAGE_DONE,
};

enum outcome {
	OUTCOME_MOUNTED,
	/* The kernel did not take the image. */
	OUTCOME_REFUSED,
	OUTCOME_CRASHED,
	OUTCOME_HUNG,
	/* Not the kernel's fault: the case could not be read. */
	OUTCOME_FAILED,
	OUTCOMES,
};

#define LOG_SIZE 65536

/* What a child tells, in memory that it shares with its parent. */
struct report {
	enum stage stage;
	/* The case that runs, or NULL. */
	const struct test_case *current;
	/* Why it is not loaded, or not mounted; a negative errno. */
	int error;
	struct script_progress progress;
	int panicked;
	/* The end of what the kernel said, as a ring. */
	unsigned long log_len;
	char log[LOG_SIZE];
	/* Of the process. */
	unsigned long cases;
};

/*
 * Starts the kernel with @arguments on its command line, and gives it the disk. Ends the
 * program on errors.
 */
void child_boot(struct job *job, const char *arguments);

/*
 * Does once with the base image what cases do, so that children find everything made that
 * the kernel makes when it is first needed.
 */
void child_warm_up(struct job *job);

/* Of the case that runs, or was the last to run. */
const struct report *child_report(void);

/*
 * Where cases come from, and what becomes of them. The functions are called in children and
 * here: what they remember has to be in memory that is shared.
 */
struct feed {
	/* The calling process is to run the case that it returns; NULL: there are no more. */
	const struct test_case *(*next)(void *data);
	/* @status: of the process if the case ended that, else as it would have been. */
	void (*ended)(void *data, const struct test_case *c, enum outcome outcome, int status);
	void *data;
};

/* Runs all of them. 0, or -1 with a message printed. */
int child_run_all(const struct job *job, const struct feed *feed);

#endif

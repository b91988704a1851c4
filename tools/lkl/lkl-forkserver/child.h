/* SPDX-License-Identifier: GPL-2.0 */
/* One test case in a child of fork(), which has a fresh kernel. */
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
	/* Why it is not loaded, or not mounted; a negative errno. */
	int error;
	struct script_progress progress;
	int panicked;
	/* The end of what the kernel said, as a ring. */
	unsigned long log_len;
	char log[LOG_SIZE];
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

/* The report of the child that was started last. */
const struct report *child_report(void);

/* Starts a child for the case: its process, or -1 with errno set. */
pid_t child_start(const struct job *job, const struct test_case *c);
/* Waits for its end. @status, which may be NULL, gets what waitpid() said. */
enum outcome child_wait(pid_t pid, int *status);

#endif

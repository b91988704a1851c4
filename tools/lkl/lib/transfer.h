/* SPDX-License-Identifier: GPL-2.0 */
/* One copy: its two threads, what is changed on the way, its errors, its end. */
#ifndef LKL_TOOLS_TRANSFER_H
#define LKL_TOOLS_TRANSFER_H

#include <stdatomic.h>

#include "adjust.h"
#include "entry.h"

struct transfer {
	struct queue queue;
	struct adjust adjust;
	/* The sink wants to know of holes before it gets the data. */
	int want_extents;
	/* The source tells progress itself. */
	int source_counts;
	atomic_int failures;
};

/* The source's end of the queue. Takes @e; -1 if it is to end. */
int transfer_emit(struct transfer *t, struct entry *e);

/*
 * Something failed with the negative errno @err: "PATH: WHAT: words"; 0: WHAT says it
 * all. The transfer goes on with what comes next, unless nothing can be written any
 * more. Any thread.
 */
void transfer_fail(struct transfer *t, const char *path, const char *what, long err);

/*
 * Runs @source, which emits entries, in a thread, and passes each to @sink, which
 * takes it, in the caller's. Returns when both are done.
 */
void transfer_run(struct transfer *t, void (*source)(struct transfer *t, void *arg),
		  void *source_arg, void (*sink)(void *arg, struct entry *e), void *sink_arg);

/* ---- signals: interrupt.c -------------------------------------------------------- */

/*
 * Makes SIGINT, SIGTERM and SIGHUP end a transfer cleanly, and this process ready to
 * copy. Once, at the start.
 */
void transfer_prepare(void);
/* The signal that came, or 0. */
int transfer_interrupted(void);
/* A descriptor that can be read once a signal came, for poll(). */
int transfer_signal_fd(void);
/* Ends the process as the signal that came would have; or returns the status that says so. */
int transfer_die(void);
/* For the end of a program: the status, or death by the signal that came. */
int transfer_exit(const struct transfer *t, int status);

#endif

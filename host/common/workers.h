/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A few threads that do what may block. They start when there is work and end
 * when there has been none for a while.
 */
#ifndef LKL_COMMON_WORKERS_H
#define LKL_COMMON_WORKERS_H

struct lkl_workers;

/* Embedded in what is to be done. */
struct lkl_job {
	struct lkl_job *next;
	void (*run)(struct lkl_job *job);
};

#define LKL_WORKERS_MAX		16

/*
 * At most @max threads, which end after @idle_ms without work (0: never). Jobs
 * start in the order in which they were queued. Jobs that call the kernel need
 * @idle_ms 0: an ended thread is joined where the next one is started, and its
 * end would wait for the CPU token. NULL without memory.
 */
struct lkl_workers *lkl_workers_new(int max, unsigned int idle_ms);
/* Waits for all jobs and ends the threads; may block. */
void lkl_workers_free(struct lkl_workers *w);
/*
 * Never waits for a job. 0, or -EAGAIN if there is no thread and none could be
 * started; then the job is not queued.
 */
int lkl_workers_queue(struct lkl_workers *w, struct lkl_job *job);
/* Waits until no job is queued or runs. */
void lkl_workers_drain(struct lkl_workers *w);
/*
 * Jobs that call the kernel (@idle_ms 0) cannot end while fork() keeps the kernel at rest, so
 * they are waited for before. hold: waits until none of them runs, of all workers, and lets
 * none start; let_go: they start again. free. -EDEADLK in such a job.
 *
 * One may need what another one does, so none is held back while any runs.
 */
int lkl_workers_hold(void);
/* Whether the calling thread is in such a job. */
int lkl_workers_in_job(void);
/* With @child in the child of a fork(), held or not. */
void lkl_workers_let_go(int child);
/*
 * Around fork(): no jobs from prepare, which waits for all, to done; but those that are held
 * back stay queued, for both.
 */
void lkl_workers_fork_prepare(struct lkl_workers *w);
void lkl_workers_fork_done(struct lkl_workers *w, int child);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the stand-ins for FreeBSD's system tell each other, and the headers in include/. They
 * are compiled against Linux' own headers; the library and the tests see those in include/.
 */
#ifndef STAND_IN_H
#define STAND_IN_H

/* The code did what FreeBSD's manual does not allow: the test has failed. */
#define misuse(...) stand_in_misuse(__func__, __VA_ARGS__)
void stand_in_misuse(const char *where, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* From 0 to @n - 1; the same numbers in each process. */
unsigned int stand_in_random(unsigned int n);

/* What a process has done is told, once, to the file $LKL_STAND_IN_LOG. */
enum stand_in_count {
	COUNT_QUEUES, COUNT_TIMERS, COUNT_USER, COUNT_AIO, COUNT_SHORT, COUNT_REFUSED,
	COUNT_INTERRUPTED, COUNT_SYSCTL, COUNT_HOLES, COUNT_UMTX, COUNT_TAP,
	COUNT_NETMAP, N_COUNTS,
};
void stand_in_count(enum stand_in_count what);

/*
 * Between aio.c and kqueue.c. A request is in the hands of the queue that was named with it:
 * whoever waits there does it, and @done is asked for each event whether it still is one.
 */
struct stand_in_request {
	struct stand_in_request *next;
	/* The control block, and sigev_value of it. */
	void *control, *data;
	/* Does it; called by one thread, without locks. */
	void (*run)(struct stand_in_request *r);
	int done;
};

/* 0, or -1 if there is no such queue. */
int stand_in_queue_request(int queue, struct stand_in_request *r);
/* It is done and was asked for its result: no more events. */
void stand_in_queue_forget(struct stand_in_request *r);

#endif

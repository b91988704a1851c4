// SPDX-License-Identifier: GPL-2.0
/*
 * kqueue(2): queues of timers, of events that the application triggers, and of what became
 * of asynchronous I/O, which is done by whoever waits. A queue is a descriptor; a child of
 * fork() does not have it. Some waits are interrupted for nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/sys/event.h"
#include "stand_in.h"

struct note {
	struct note *next;
	struct kevent event;
	/* Of EVFILT_TIMER: when, by CLOCK_MONOTONIC. */
	uint64_t due;
	int triggered;
};

struct queue {
	struct queue *next;
	/* Another file may have got the number, if the queue was closed. */
	int fd;
	ino_t inode;
	struct note *notes;
	struct stand_in_request *requests;
};

/* All under @lock. */
static struct queue *queues;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int is_open(const struct queue *q)
{
	struct stat st;

	return !fstat(q->fd, &st) && st.st_ino == q->inode;
}

static void forget(struct queue **p)
{
	struct queue *q = *p;

	*p = q->next;
	while (q->notes) {
		struct note *note = q->notes;

		q->notes = note->next;
		free(note);
	}
	free(q);
}

static struct queue *find_queue(int fd)
{
	struct queue **p = &queues;

	while (*p) {
		if (!is_open(*p))
			forget(p);
		else if ((*p)->fd == fd)
			return *p;
		else
			p = &(*p)->next;
	}
	errno = EBADF;
	return NULL;
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

static void init_condition(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attr);
	pthread_condattr_destroy(&attr);
}

static void in_child(void)
{
	while (queues) {
		if (is_open(queues))
			close(queues->fd);
		forget(&queues);
	}
	init_condition();
	pthread_mutex_unlock(&lock);
}

/* At once: what the process itself prepares for a fork() may wait for queues, as in FreeBSD. */
__attribute__((constructor)) static void init(void)
{
	init_condition();
	pthread_atfork(before_fork, in_parent, in_child);
}

int kqueuex(unsigned int flags)
{
	struct queue *q = calloc(1, sizeof(*q));
	struct stat st;
	int fd[2];

	if (!q || flags & ~KQUEUE_CLOEXEC || pipe2(fd, flags ? O_CLOEXEC : 0)) {
		free(q);
		return -1;
	}
	close(fd[1]);
	fstat(fd[0], &st);
	q->fd = fd[0];
	q->inode = st.st_ino;
	pthread_mutex_lock(&lock);
	/* Those that were closed go now. */
	find_queue(-1);
	q->next = queues;
	queues = q;
	pthread_mutex_unlock(&lock);
	stand_in_count(COUNT_QUEUES);
	return q->fd;
}

static struct note **find_note(struct queue *q, const struct kevent *event)
{
	struct note **p;

	for (p = &q->notes; *p; p = &(*p)->next)
		if ((*p)->event.ident == event->ident && (*p)->event.filter == event->filter)
			break;
	return p;
}

static void delete_note(struct note **p)
{
	struct note *note = *p;

	*p = note->next;
	free(note);
}

/* Nothing of a timer's earlier life is left when it is set anew. */
static int set_timer(struct note *note, const struct kevent *event)
{
	static const uint64_t units[] = {
		[0] = 1000000, [NOTE_SECONDS] = 1000000000, [NOTE_MSECONDS] = 1000000,
		[NOTE_USECONDS] = 1000, [NOTE_NSECONDS] = 1,
	};
	struct timespec wall;
	uint64_t ns;

	if (event->data < 0 || event->fflags & ~(15U | NOTE_ABSTIME) ||
	    !units[event->fflags & 15])
		return EINVAL;
	if (!(event->flags & EV_ONESHOT))
		misuse("periodic timers are not imitated");
	ns = event->data * units[event->fflags & 15];
	if (event->fflags & NOTE_ABSTIME) {
		clock_gettime(CLOCK_REALTIME, &wall);
		note->due = now_ns() + ns - (wall.tv_sec * 1000000000ULL + wall.tv_nsec);
	} else {
		/* As long as that, at least. */
		note->due = now_ns() + ns;
	}
	return 0;
}

static int change_user(struct note *note, const struct kevent *event)
{
	if (event->fflags & ~NOTE_TRIGGER)
		misuse("flags of the user are not imitated");
	if (event->fflags & NOTE_TRIGGER)
		note->triggered = 1;
	return 0;
}

static int change(struct queue *q, const struct kevent *event)
{
	struct note **p = find_note(q, event), *note = *p;
	int err;

	if (event->flags & ~(EV_ADD | EV_DELETE | EV_ONESHOT | EV_CLEAR))
		misuse("flags %x are not imitated", event->flags);
	/* Of I/O only the system makes them. */
	if (event->filter != EVFILT_TIMER && event->filter != EVFILT_USER)
		return event->filter == EVFILT_AIO ? EPERM : EINVAL;
	if (!note && !(event->flags & EV_ADD))
		return ENOENT;
	if (event->flags & EV_DELETE) {
		delete_note(p);
		return 0;
	}
	if (!note) {
		note = calloc(1, sizeof(*note));
		if (!note)
			return ENOMEM;
		note->event = *event;
		*p = note;
	}
	if (event->flags & EV_ADD) {
		note->event.flags = event->flags;
		note->event.udata = event->udata;
	}
	if (event->filter == EVFILT_USER)
		return change_user(note, event);
	stand_in_count(COUNT_TIMERS);
	err = set_timer(note, event);
	if (err)
		delete_note(find_note(q, event));
	return err;
}

static int is_active(const struct note *note, uint64_t now)
{
	return note->event.filter == EVFILT_TIMER ? note->due <= now : note->triggered;
}

/* What has happened; events that stay true are told each time. */
static int collect(struct queue *q, struct kevent *events, int n)
{
	struct note **p = &q->notes;
	uint64_t now = now_ns();
	int got = 0;

	while (*p && got < n) {
		struct note *note = *p;

		if (!is_active(note, now)) {
			p = &note->next;
			continue;
		}
		events[got] = note->event;
		events[got++].data = note->event.filter == EVFILT_TIMER;
		if (note->event.filter == EVFILT_USER)
			stand_in_count(COUNT_USER);
		if (note->event.flags & EV_CLEAR)
			note->triggered = 0;
		if (note->event.flags & EV_ONESHOT)
			delete_note(p);
		else
			p = &note->next;
	}
	for (struct stand_in_request *r = q->requests; r && got < n; r = r->next)
		if (r->done)
			events[got++] = (struct kevent){
				.ident = (uintptr_t)r->control, .filter = EVFILT_AIO,
				.udata = r->data,
			};
	return got;
}

/* Any of those that wait. Returns whether there was one. With the lock, which it gives up. */
static int do_request(struct queue *q)
{
	struct stand_in_request *r, *chosen = NULL;
	unsigned int n = 0;

	for (r = q->requests; r; r = r->next)
		if (!r->done && !stand_in_random(++n))
			chosen = r;
	if (!chosen)
		return 0;
	pthread_mutex_unlock(&lock);
	chosen->run(chosen);
	pthread_mutex_lock(&lock);
	chosen->done = 1;
	return 1;
}

static void sleep_until(const struct queue *q, uint64_t deadline)
{
	struct timespec ts;

	for (const struct note *note = q->notes; note; note = note->next)
		if (note->event.filter == EVFILT_TIMER && note->due < deadline)
			deadline = note->due;
	if (deadline == UINT64_MAX) {
		pthread_cond_wait(&changed, &lock);
		return;
	}
	ts.tv_sec = deadline / 1000000000;
	ts.tv_nsec = deadline % 1000000000;
	pthread_cond_timedwait(&changed, &lock, &ts);
}

/* The number of events, or -1 with errno. With the lock. */
static int wait_for(int fd, struct kevent *events, int n, uint64_t deadline)
{
	for (;;) {
		struct queue *q = find_queue(fd);
		int got;

		if (!q)
			return -1;
		got = collect(q, events, n);
		if (got || now_ns() >= deadline)
			return got;
		if (do_request(q)) {
			/* Sometimes more than one is done by then. */
			while (!stand_in_random(2) && do_request(q))
				;
			continue;
		}
		if (!stand_in_random(16)) {
			stand_in_count(COUNT_INTERRUPTED);
			errno = EINTR;
			return -1;
		}
		sleep_until(q, deadline);
	}
}

int kevent(int fd, const struct kevent *changes, int n_changes, struct kevent *events,
	   int n_events, const struct timespec *timeout)
{
	uint64_t deadline = UINT64_MAX;
	struct queue *q;
	int err = 0, got = 0;

	if (n_changes && n_events)
		misuse("changing and waiting at once is not imitated");
	if (timeout)
		deadline = now_ns() + timeout->tv_sec * 1000000000ULL + timeout->tv_nsec;
	pthread_mutex_lock(&lock);
	q = find_queue(fd);
	for (int i = 0; q && i < n_changes && !err; i++)
		err = change(q, &changes[i]);
	if (!q || err) {
		if (err)
			errno = err;
		got = -1;
	} else if (n_events) {
		got = wait_for(fd, events, n_events, deadline);
	}
	if (n_changes)
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return got;
}

int stand_in_queue_request(int fd, struct stand_in_request *r)
{
	struct queue *q;

	pthread_mutex_lock(&lock);
	q = find_queue(fd);
	if (q) {
		r->next = q->requests;
		q->requests = r;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return q ? 0 : -1;
}

void stand_in_queue_forget(struct stand_in_request *r)
{
	pthread_mutex_lock(&lock);
	for (struct queue *q = queues; q; q = q->next)
		for (struct stand_in_request **p = &q->requests; *p; p = &(*p)->next)
			if (*p == r) {
				*p = r->next;
				pthread_mutex_unlock(&lock);
				return;
			}
	misuse("its queue was closed");
}

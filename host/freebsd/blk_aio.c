// SPDX-License-Identifier: GPL-2.0
/*
 * The POSIX AIO engine: requests go to the system where they are made, one kqueue
 * and one thread for each disk wait for what completes. Started with the first
 * request that has to wait.
 */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/event.h>
#include <limits.h>
#include <unistd.h>

#include "blk_flight.h"
#include "iov.h"

#define EVENTS 32

struct aio {
	struct blk_file *file;
	struct blk_flight flight;
	int queue;
};

/* A request on its way. */
struct control {
	struct aiocb cb;
	struct lkl_blk_io *io;
};

static struct aio *to_aio(struct lkl_blk_backend *b)
{
	return to_file(b)->engine;
}

static int aio_can(const struct lkl_blk_io *io)
{
	return !(io->flags & LKL_BLK_F_FUA) &&
	       (io->op == LKL_BLK_READ || io->op == LKL_BLK_WRITE ||
		io->op == LKL_BLK_FLUSH) && io->n_iov <= IOV_MAX;
}

/* 0, or -1 if the system does not take it. */
static int begin(struct aio *a, struct control *c)
{
	struct lkl_blk_io *io = c->io;

	c->cb = (struct aiocb){
		.aio_fildes = a->file->fd,
		.aio_offset = io->offset,
		.aio_sigevent = {
			.sigev_notify = SIGEV_KEVENT,
			.sigev_notify_kqueue = a->queue,
			.sigev_value.sival_ptr = c,
		},
	};
	if (io->op == LKL_BLK_FLUSH)
		return aio_fsync(O_DSYNC, &c->cb);
	c->cb.aio_iov = io->iov;
	c->cb.aio_iovcnt = io->n_iov;
	return io->op == LKL_BLK_READ ? aio_readv(&c->cb) : aio_writev(&c->cb);
}

/* Returns whether the request has left the engine. */
static int finish(struct aio *a, struct control *c)
{
	int err = aio_error(&c->cb), status, done;
	ssize_t res = aio_return(&c->cb);

	done = lkl_blk_flight_judge(a->file, c->io, err ? -err : res, &status);
	if (!done && !begin(a, c))
		return 0;
	if (done > 0)
		lkl_blk_complete(c->io, status);
	else
		lkl_blk_threads_submit(&a->file->base, c->io);
	free(c);
	return 1;
}

static void LKL_ABI reap(void *arg)
{
	struct kevent events[EVENTS];
	struct aio *a = arg;
	unsigned int left;
	int n, stop = 0;

	while (!stop) {
		left = 0;
		n = kevent(a->queue, NULL, 0, events, EVENTS, NULL);
		for (int i = 0; i < n; i++) {
			if (events[i].filter == EVFILT_USER)
				stop = 1;
			else
				left += finish(a, events[i].udata);
		}
		if (!left)
			continue;
		lkl_blk_signal(&a->file->base);
		pthread_mutex_lock(&a->flight.lock);
		lkl_blk_flight_left(&a->flight, left);
		pthread_mutex_unlock(&a->flight.lock);
	}
}

/* With the lock held. */
static void start(struct aio *a)
{
	struct kevent stop;

	a->flight.state = BLK_UNUSABLE;
	a->queue = kqueuex(KQUEUE_CLOEXEC);
	if (a->queue < 0)
		return;
	EV_SET(&stop, 0, EVFILT_USER, EV_ADD | EV_ONESHOT, 0, 0, NULL);
	if (!kevent(a->queue, &stop, 1, NULL, 0, NULL))
		lkl_blk_flight_start(&a->flight, reap, a);
	if (a->flight.state == BLK_STARTED)
		return;
	close(a->queue);
	a->queue = -1;
}

static int is_started(struct aio *a)
{
	int started;

	pthread_mutex_lock(&a->flight.lock);
	if (a->flight.state == BLK_NOT_STARTED)
		start(a);
	started = a->flight.state == BLK_STARTED;
	if (started)
		a->flight.count++;
	pthread_mutex_unlock(&a->flight.lock);
	return started;
}

static void aio_engine_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	struct aio *a = to_aio(b);
	struct control *c = NULL;

	if (aio_can(io) && is_started(a)) {
		c = malloc(sizeof(*c));
		if (c) {
			c->io = io;
			if (!begin(a, c))
				return;
		}
		pthread_mutex_lock(&a->flight.lock);
		lkl_blk_flight_left(&a->flight, 1);
		pthread_mutex_unlock(&a->flight.lock);
		free(c);
	}
	/* The system takes no more than it has been told to. */
	lkl_blk_threads_submit(b, io);
}

static void aio_engine_drain(struct lkl_blk_backend *b)
{
	lkl_blk_flight_drain(&to_aio(b)->flight, b);
}

static void aio_engine_fork_prepare(struct lkl_blk_backend *b)
{
	lkl_blk_flight_fork_prepare(&to_aio(b)->flight, b);
}

/* A child does not inherit the queue. */
static void aio_engine_fork_done(struct lkl_blk_backend *b, int child)
{
	struct aio *a = to_aio(b);

	lkl_blk_threads_fork_done(b, child);
	if (child) {
		a->queue = -1;
		lkl_blk_flight_forked(&a->flight);
	}
	pthread_mutex_unlock(&a->flight.lock);
}

static void aio_engine_close(struct lkl_blk_backend *b)
{
	struct aio *a = to_aio(b);
	struct kevent stop;

	aio_engine_drain(b);
	if (a->flight.state == BLK_STARTED) {
		EV_SET(&stop, 0, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
		kevent(a->queue, &stop, 1, NULL, 0, NULL);
		lkl_blk_flight_join(&a->flight);
		close(a->queue);
	}
	lkl_blk_flight_destroy(&a->flight);
	free(a);
	lkl_blk_threads_close(b);
}

static int aio_engine_open(struct blk_file *f)
{
	struct aio *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->file = f;
	a->queue = -1;
	lkl_blk_flight_init(&a->flight);
	f->engine = a;
	return 0;
}

static int aio_engine_suits(const struct blk_file *f)
{
	(void)f;
	return 1;
}

const struct blk_engine lkl_blk_engine_aio = {
	.ops = {
		.name = "aio",
		.submit = aio_engine_submit,
		.drain = aio_engine_drain,
		.drain_with_token = 1,
		.fork_prepare = aio_engine_fork_prepare,
		.fork_done = aio_engine_fork_done,
		.close = aio_engine_close,
	},
	.suits = aio_engine_suits,
	.open = aio_engine_open,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * The POSIX AIO engine: requests go to the system where they are made, one kqueue
 * and one thread for each disk wait for what completes. Started with the first
 * request that has to wait.
 */
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/event.h>
#include <limits.h>
#include <unistd.h>

#include "blk_file.h"
#include "iov.h"

#define EVENTS 32

enum state {
	NOT_STARTED,
	STARTED,
	/* No thread or no queue; requests go to the worker threads. */
	UNUSABLE,
};

struct aio {
	struct blk_file *file;
	pthread_t thread;
	int queue;

	pthread_mutex_t lock;
	/* All under @lock. */
	pthread_cond_t idle;
	enum state state;
	unsigned int inflight;
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

/*
 * What to do with the result of @io. Returns 1 if it is complete with *@status,
 * 0 if the rest of it goes the same way again, -1 if it is for the workers.
 */
static int judge(struct aio *a, struct lkl_blk_io *io, int err, ssize_t res, int *status)
{
	int rw = io->op == LKL_BLK_READ || io->op == LKL_BLK_WRITE;

	*status = LKL_DEV_BLK_STATUS_IOERR;
	if (err == EINTR || err == EAGAIN || err == ECANCELED || err == EOPNOTSUPP ||
	    err == EINVAL)
		return -1;
	if (err)
		return 1;
	if (rw && !res) {
		if (io->op == LKL_BLK_READ)
			*status = lkl_blk_file_end(a->file, io);
		return 1;
	}
	if (rw) {
		lkl_blk_file_advance(io, res);
		if (io->len)
			return 0;
	}
	*status = LKL_DEV_BLK_STATUS_OK;
	return 1;
}

/* Returns whether the request has left the engine. */
static int finish(struct aio *a, struct control *c)
{
	int err = aio_error(&c->cb), status, done;
	ssize_t res = aio_return(&c->cb);

	done = judge(a, c->io, err, res, &status);
	if (!done && !begin(a, c))
		return 0;
	if (done > 0)
		lkl_blk_complete(c->io, status);
	else
		lkl_blk_threads_submit(&a->file->base, c->io);
	free(c);
	return 1;
}

static void *reap(void *arg)
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
		pthread_mutex_lock(&a->lock);
		a->inflight -= left;
		if (!a->inflight)
			pthread_cond_broadcast(&a->idle);
		pthread_mutex_unlock(&a->lock);
	}
	return NULL;
}

/* With the lock held. The application's signals are none of the thread's business. */
static void start(struct aio *a)
{
	struct kevent stop;
	sigset_t all, old;
	int err;

	a->state = UNUSABLE;
	a->queue = kqueuex(KQUEUE_CLOEXEC);
	if (a->queue < 0)
		return;
	EV_SET(&stop, 0, EVFILT_USER, EV_ADD | EV_ONESHOT, 0, 0, NULL);
	err = kevent(a->queue, &stop, 1, NULL, 0, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (!err)
		err = pthread_create(&a->thread, NULL, reap, a);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err) {
		a->state = STARTED;
		return;
	}
	close(a->queue);
	a->queue = -1;
}

static int is_started(struct aio *a)
{
	int started;

	pthread_mutex_lock(&a->lock);
	if (a->state == NOT_STARTED)
		start(a);
	started = a->state == STARTED;
	if (started)
		a->inflight++;
	pthread_mutex_unlock(&a->lock);
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
		pthread_mutex_lock(&a->lock);
		a->inflight--;
		if (!a->inflight)
			pthread_cond_broadcast(&a->idle);
		pthread_mutex_unlock(&a->lock);
		free(c);
	}
	/* The system takes no more than it has been told to. */
	lkl_blk_threads_submit(b, io);
}

static void drain_locked(struct aio *a)
{
	while (a->inflight)
		pthread_cond_wait(&a->idle, &a->lock);
}

/* The queue first: it may pass requests on to the workers, they never pass back. */
static void aio_engine_drain(struct lkl_blk_backend *b)
{
	struct aio *a = to_aio(b);

	pthread_mutex_lock(&a->lock);
	drain_locked(a);
	pthread_mutex_unlock(&a->lock);
	lkl_blk_threads_drain(b);
}

static void aio_engine_fork_prepare(struct lkl_blk_backend *b)
{
	struct aio *a = to_aio(b);

	pthread_mutex_lock(&a->lock);
	drain_locked(a);
	lkl_blk_threads_fork_prepare(b);
}

/* A child inherits neither queue nor thread, and starts its own when it needs them. */
static void aio_engine_fork_done(struct lkl_blk_backend *b, int child)
{
	struct aio *a = to_aio(b);

	lkl_blk_threads_fork_done(b, child);
	if (child) {
		a->queue = -1;
		a->state = NOT_STARTED;
		pthread_cond_init(&a->idle, NULL);
	}
	pthread_mutex_unlock(&a->lock);
}

static void aio_engine_close(struct lkl_blk_backend *b)
{
	struct aio *a = to_aio(b);
	struct kevent stop;

	aio_engine_drain(b);
	if (a->state == STARTED) {
		EV_SET(&stop, 0, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
		kevent(a->queue, &stop, 1, NULL, 0, NULL);
		pthread_join(a->thread, NULL);
		close(a->queue);
	}
	pthread_cond_destroy(&a->idle);
	pthread_mutex_destroy(&a->lock);
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
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->idle, NULL);
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

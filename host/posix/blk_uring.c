// SPDX-License-Identifier: GPL-2.0
/*
 * The io_uring engine: one ring and one thread for each disk, started with the
 * first request that has to wait.
 *
 * The thread submits as well as reaps. Were requests submitted by whoever holds
 * the CPU token, the host kernel would tie them to that application thread: it
 * would interrupt its sleep for each completion, give each such thread a pool of
 * helpers of its own, and cancel what is queued when it exits.
 *
 * Reads of what the host has cached are done at once and never come here.
 */
#include <errno.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blk_file.h"

#define ENTRIES		128
/* Copying this much takes about as long as waking the thread up. */
#define READ_NOW_MAX	(128 * 1024)

enum state {
	NOT_STARTED,
	STARTED,
	/* No io_uring here; requests go to the worker threads. */
	UNUSABLE,
};

struct uring {
	struct blk_file *file;
	pthread_t thread;
	int wake_fd;

	pthread_mutex_t lock;
	/* All under @lock. */
	pthread_cond_t idle;
	enum state state;
	/* Submitted to the engine and not yet taken by the thread. */
	struct lkl_blk_io *first;
	struct lkl_blk_io **last;
	/* The thread has its ring, or found that there is none. */
	int ready;
	/* Submitted to the engine and not completed. */
	unsigned int inflight;
	/* The thread sleeps, or is about to; it wants a wake-up. */
	int asleep;
	int stop;

	/* The thread's own. */
	struct io_uring ring;
	unsigned int in_ring;
	uint64_t wake_count;
	int wake_armed;
};

static struct uring *to_uring(struct lkl_blk_backend *b)
{
	return to_file(b)->engine;
}

/* What the ring can do by itself. The rest is rare and left to the workers. */
static int ring_can(const struct blk_file *f, const struct lkl_blk_io *io)
{
	if (io->flags & LKL_BLK_F_FUA)
		return 0;
	switch (io->op) {
	case LKL_BLK_READ:
	case LKL_BLK_WRITE:
	case LKL_BLK_FLUSH:
		return 1;
	case LKL_BLK_DISCARD:
		return !f->block_dev;
	case LKL_BLK_ZERO:
		return 0;
	}
	return 0;
}

static void prepare(struct uring *u, struct io_uring_sqe *sqe,
		    struct lkl_blk_io *io)
{
	int fd = u->file->fd;

	switch (io->op) {
	case LKL_BLK_READ:
		io_uring_prep_readv(sqe, fd, io->iov, io->n_iov, io->offset);
		break;
	case LKL_BLK_WRITE:
		io_uring_prep_writev(sqe, fd, io->iov, io->n_iov, io->offset);
		break;
	case LKL_BLK_FLUSH:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	default:
		io_uring_prep_fallocate(sqe, fd, FALLOC_FL_PUNCH_HOLE |
					FALLOC_FL_KEEP_SIZE, io->offset, io->len);
	}
	io_uring_sqe_set_data(sqe, io);
}

static void queue(struct uring *u, struct lkl_blk_io *io)
{
	io->next = NULL;
	*u->last = io;
	u->last = &io->next;
}

static struct lkl_blk_io *dequeue(struct uring *u)
{
	struct lkl_blk_io *io = u->first;

	if (!io)
		return NULL;
	u->first = io->next;
	if (!u->first)
		u->last = &u->first;
	return io;
}

/*
 * What to do with the result of @io. Returns 1 if it is complete with *@status,
 * 0 if it goes through the ring again, -1 if it is something for the workers.
 */
static int judge(struct uring *u, struct lkl_blk_io *io, int res, int *status)
{
	int rw = io->op == LKL_BLK_READ || io->op == LKL_BLK_WRITE;

	*status = LKL_DEV_BLK_STATUS_IOERR;
	/* Refused by the ring rather than by the file: try the plain way. */
	if (res == -EINTR || res == -EAGAIN || res == -ECANCELED ||
	    res == -EOPNOTSUPP || res == -EINVAL)
		return -1;
	if (res < 0)
		return 1;
	if (rw && !res) {
		if (io->op == LKL_BLK_READ)
			*status = lkl_blk_file_end(u->file, io);
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

/* Goes through what completed. Returns how many requests left the engine. */
static unsigned int reap(struct uring *u)
{
	unsigned int head, seen = 0, left = 0;
	struct io_uring_cqe *cqe;
	int status, done;

	io_uring_for_each_cqe(&u->ring, head, cqe) {
		struct lkl_blk_io *io = io_uring_cqe_get_data(cqe);

		seen++;
		if (!io) {
			u->wake_armed = 0;
			continue;
		}
		u->in_ring--;
		done = judge(u, io, cqe->res, &status);
		if (!done) {
			pthread_mutex_lock(&u->lock);
			queue(u, io);
			pthread_mutex_unlock(&u->lock);
			continue;
		}
		if (done > 0)
			lkl_blk_complete(io, status);
		else
			lkl_blk_threads_submit(&u->file->base, io);
		left++;
	}
	io_uring_cq_advance(&u->ring, seen);
	return left;
}

/* A read of the wake-up counter, always pending while we sleep. */
static void arm_wake(struct uring *u)
{
	struct io_uring_sqe *sqe;

	if (u->wake_armed)
		return;
	sqe = io_uring_get_sqe(&u->ring);
	if (!sqe)
		return;
	io_uring_prep_read(sqe, u->wake_fd, &u->wake_count,
			   sizeof(u->wake_count), 0);
	io_uring_sqe_set_data(sqe, NULL);
	u->wake_armed = 1;
}

/* Moves requests into the ring. Returns whether the thread may sleep now. */
static int fill(struct uring *u, int *stop)
{
	struct io_uring_sqe *sqe;
	int sleep;

	pthread_mutex_lock(&u->lock);
	while (u->first && u->in_ring < ENTRIES) {
		sqe = io_uring_get_sqe(&u->ring);
		if (!sqe)
			break;
		prepare(u, sqe, dequeue(u));
		u->in_ring++;
	}
	/* With the ring full, only a completion can help. */
	sleep = !u->first || u->in_ring == ENTRIES;
	u->asleep = sleep;
	*stop = u->stop;
	pthread_mutex_unlock(&u->lock);
	return sleep;
}

static void awake(struct uring *u, unsigned int left)
{
	pthread_mutex_lock(&u->lock);
	u->asleep = 0;
	u->inflight -= left;
	if (!u->inflight)
		pthread_cond_broadcast(&u->idle);
	pthread_mutex_unlock(&u->lock);
}

static void serve(struct uring *u)
{
	unsigned int left;
	int stop, sleep;

	for (;;) {
		sleep = fill(u, &stop);
		if (stop)
			break;
		arm_wake(u);
		io_uring_submit_and_wait(&u->ring, sleep);
		left = reap(u);
		if (left)
			lkl_blk_signal(&u->file->base);
		awake(u, left);
	}
	/* Whoever stops us wakes us; no read may be left that writes to *u. */
	while (u->wake_armed) {
		io_uring_submit_and_wait(&u->ring, 1);
		reap(u);
	}
}

/*
 * The ring takes the operations of prepare() and arm_wake() and no others, for good: it
 * is no way around a filter of system calls that the application has put up.
 */
static int restrict_ring(struct io_uring *ring)
{
	static const unsigned char ops[] = {
		IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_FSYNC, IORING_OP_FALLOCATE,
		IORING_OP_READ,
	};
	struct io_uring_restriction allowed[sizeof(ops)] = { 0 };
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(ops); i++) {
		allowed[i].opcode = IORING_RESTRICTION_SQE_OP;
		allowed[i].sqe_op = ops[i];
	}
	/* Not all versions of liburing have functions for these. */
	ret = syscall(SYS_io_uring_register, ring->ring_fd, IORING_REGISTER_RESTRICTIONS,
		      allowed, sizeof(ops));
	if (!ret)
		ret = syscall(SYS_io_uring_register, ring->ring_fd, IORING_REGISTER_ENABLE_RINGS,
			      NULL, 0);
	return ret < 0 ? -errno : 0;
}

/*
 * Valgrind lets no other thread run while one waits in io_uring_enter(). What it
 * preloads tells that it is there.
 */
static int is_in_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded && strstr(preloaded, "vgpreload");
}

static int setup_ring(struct uring *u)
{
	int ret;

	if (is_in_valgrind())
		return -ENOSYS;
	/* Completions are then handled by this thread alone, when it asks. */
	ret = io_uring_queue_init(ENTRIES * 2, &u->ring,
				  IORING_SETUP_R_DISABLED |
				  IORING_SETUP_SINGLE_ISSUER |
				  IORING_SETUP_DEFER_TASKRUN);
	if (ret == -EINVAL)
		ret = io_uring_queue_init(ENTRIES * 2, &u->ring, IORING_SETUP_R_DISABLED);
	if (ret)
		return ret;
	ret = restrict_ring(&u->ring);
	if (ret)
		io_uring_queue_exit(&u->ring);
	return ret;
}

/* Hands over what was meant for the ring; there is none. */
static void give_up(struct uring *u)
{
	struct lkl_blk_io *io;
	unsigned int left = 0;

	pthread_mutex_lock(&u->lock);
	u->state = UNUSABLE;
	u->ready = 1;
	for (; (io = dequeue(u)); left++)
		lkl_blk_threads_submit(&u->file->base, io);
	u->inflight -= left;
	pthread_cond_broadcast(&u->idle);
	pthread_mutex_unlock(&u->lock);
}

static void *ring_thread(void *arg)
{
	struct uring *u = arg;

	if (setup_ring(u)) {
		give_up(u);
		return NULL;
	}
	pthread_mutex_lock(&u->lock);
	u->ready = 1;
	pthread_cond_broadcast(&u->idle);
	pthread_mutex_unlock(&u->lock);
	serve(u);
	io_uring_queue_exit(&u->ring);
	return NULL;
}

/* With the lock held. The application's signals are none of the thread's business. */
static void start(struct uring *u)
{
	sigset_t all, old;
	int ret;

	u->state = UNUSABLE;
	u->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (u->wake_fd < 0)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&u->thread, NULL, ring_thread, u);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret) {
		close(u->wake_fd);
		u->wake_fd = -1;
		return;
	}
	u->state = STARTED;
}

static void wake(struct uring *u)
{
	const uint64_t one = 1;

	while (write(u->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void uring_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	struct uring *u = to_uring(b);
	int queued = 0;

	if (io->op == LKL_BLK_READ && io->len <= READ_NOW_MAX &&
	    lkl_blk_file_read_now(u->file, io)) {
		lkl_blk_complete(io, LKL_DEV_BLK_STATUS_OK);
		return;
	}
	if (ring_can(u->file, io)) {
		pthread_mutex_lock(&u->lock);
		if (u->state == NOT_STARTED)
			start(u);
		if (u->state == STARTED) {
			queue(u, io);
			u->inflight++;
			queued = 1;
		}
		pthread_mutex_unlock(&u->lock);
	}
	if (!queued)
		lkl_blk_threads_submit(b, io);
}

static void uring_kick(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);
	int asleep;

	pthread_mutex_lock(&u->lock);
	asleep = u->asleep && u->first;
	if (asleep)
		u->asleep = 0;
	pthread_mutex_unlock(&u->lock);
	if (asleep)
		wake(u);
}

static void drain_locked(struct uring *u)
{
	while (u->inflight)
		pthread_cond_wait(&u->idle, &u->lock);
}

/* The ring first: it may pass requests on to the workers, they never pass back. */
static void uring_drain(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);

	uring_kick(b);
	pthread_mutex_lock(&u->lock);
	drain_locked(u);
	pthread_mutex_unlock(&u->lock);
	lkl_blk_threads_drain(b);
}

static void uring_start(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);

	pthread_mutex_lock(&u->lock);
	if (u->state == NOT_STARTED)
		start(u);
	while (u->state == STARTED && !u->ready)
		pthread_cond_wait(&u->idle, &u->lock);
	pthread_mutex_unlock(&u->lock);
}

static void uring_fork_prepare(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);

	pthread_mutex_lock(&u->lock);
	drain_locked(u);
	lkl_blk_threads_fork_prepare(b);
}

/* The child starts a ring of its own when it needs one. */
static void forget_ring(struct uring *u)
{
	if (u->state == STARTED)
		io_uring_queue_exit(&u->ring);
	if (u->wake_fd >= 0)
		close(u->wake_fd);
	u->wake_fd = -1;
	u->state = NOT_STARTED;
	u->ready = 0;
	u->asleep = 0;
	u->in_ring = 0;
	u->wake_armed = 0;
	pthread_cond_init(&u->idle, NULL);
}

static void uring_fork_done(struct lkl_blk_backend *b, int child)
{
	struct uring *u = to_uring(b);

	lkl_blk_threads_fork_done(b, child);
	if (child)
		forget_ring(u);
	pthread_mutex_unlock(&u->lock);
}

static void uring_close(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);
	int started;

	uring_drain(b);
	pthread_mutex_lock(&u->lock);
	u->stop = 1;
	started = u->wake_fd >= 0;
	pthread_mutex_unlock(&u->lock);
	if (started) {
		wake(u);
		pthread_join(u->thread, NULL);
		close(u->wake_fd);
	}
	pthread_cond_destroy(&u->idle);
	pthread_mutex_destroy(&u->lock);
	free(u);
	lkl_blk_threads_close(b);
}

static int uring_open(struct blk_file *f)
{
	struct uring *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	u->file = f;
	u->wake_fd = -1;
	u->last = &u->first;
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->idle, NULL);
	f->engine = u;
	return 0;
}

static int uring_suits(const struct blk_file *f)
{
	(void)f;
	return 1;
}

const struct blk_engine lkl_blk_engine_uring = {
	.ops = {
		.name = "uring",
		.submit = uring_submit,
		.kick = uring_kick,
		.drain = uring_drain,
		.start = uring_start,
		.drain_with_token = 1,
		.fork_prepare = uring_fork_prepare,
		.fork_done = uring_fork_done,
		.close = uring_close,
	},
	.suits = uring_suits,
	.open = uring_open,
};

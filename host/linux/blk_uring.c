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
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blk_flight.h"
#include "valgrind.h"

#define ENTRIES		128
/* Copying this much takes about as long as waking the thread up. */
#define READ_NOW_MAX	(128 * 1024)

struct uring {
	struct blk_file *file;
	struct blk_flight flight;
	int wake_fd;

	/* All under the lock of @flight. Submitted to the engine and not yet taken by the thread. */
	struct lkl_blk_io *first;
	struct lkl_blk_io **last;
	/* The thread has its ring, or found that there is none. */
	int ready;
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
		done = lkl_blk_flight_judge(u->file, io, cqe->res, &status);
		if (!done) {
			pthread_mutex_lock(&u->flight.lock);
			queue(u, io);
			pthread_mutex_unlock(&u->flight.lock);
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

	pthread_mutex_lock(&u->flight.lock);
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
	pthread_mutex_unlock(&u->flight.lock);
	return sleep;
}

static void awake(struct uring *u, unsigned int left)
{
	pthread_mutex_lock(&u->flight.lock);
	u->asleep = 0;
	lkl_blk_flight_left(&u->flight, left);
	pthread_mutex_unlock(&u->flight.lock);
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

static int setup_ring(struct uring *u)
{
	int ret;

	/* It lets no other thread run while one waits in io_uring_enter(). */
	if (lkl_in_valgrind())
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

	pthread_mutex_lock(&u->flight.lock);
	u->flight.state = BLK_UNUSABLE;
	u->ready = 1;
	for (; (io = dequeue(u)); left++)
		lkl_blk_threads_submit(&u->file->base, io);
	lkl_blk_flight_left(&u->flight, left);
	/* Whoever waits for the ring has to know as well. */
	pthread_cond_broadcast(&u->flight.idle);
	pthread_mutex_unlock(&u->flight.lock);
}

static void LKL_ABI ring_thread(void *arg)
{
	struct uring *u = arg;

	if (setup_ring(u)) {
		give_up(u);
		return;
	}
	pthread_mutex_lock(&u->flight.lock);
	u->ready = 1;
	pthread_cond_broadcast(&u->flight.idle);
	pthread_mutex_unlock(&u->flight.lock);
	serve(u);
	io_uring_queue_exit(&u->ring);
}

/* With the lock held. */
static void start(struct uring *u)
{
	u->flight.state = BLK_UNUSABLE;
	u->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (u->wake_fd < 0)
		return;
	lkl_blk_flight_start(&u->flight, ring_thread, u);
	if (u->flight.state == BLK_STARTED)
		return;
	close(u->wake_fd);
	u->wake_fd = -1;
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
		pthread_mutex_lock(&u->flight.lock);
		if (u->flight.state == BLK_NOT_STARTED)
			start(u);
		if (u->flight.state == BLK_STARTED) {
			queue(u, io);
			u->flight.count++;
			queued = 1;
		}
		pthread_mutex_unlock(&u->flight.lock);
	}
	if (!queued)
		lkl_blk_threads_submit(b, io);
}

static void uring_kick(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);
	int asleep;

	pthread_mutex_lock(&u->flight.lock);
	asleep = u->asleep && u->first;
	if (asleep)
		u->asleep = 0;
	pthread_mutex_unlock(&u->flight.lock);
	if (asleep)
		wake(u);
}

static void uring_drain(struct lkl_blk_backend *b)
{
	uring_kick(b);
	lkl_blk_flight_drain(&to_uring(b)->flight, b);
}

/* With the lock held. */
static void await_ring(struct uring *u)
{
	while (u->flight.state == BLK_STARTED && !u->ready)
		pthread_cond_wait(&u->flight.idle, &u->flight.lock);
}

static void uring_start(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);

	pthread_mutex_lock(&u->flight.lock);
	if (u->flight.state == BLK_NOT_STARTED)
		start(u);
	await_ring(u);
	pthread_mutex_unlock(&u->flight.lock);
}

static void uring_fork_prepare(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);

	lkl_blk_flight_fork_prepare(&u->flight, b);
	/* Half of a ring cannot be closed in the child. */
	await_ring(u);
}

/* The child starts a ring of its own when it needs one. */
static void forget_ring(struct uring *u)
{
	if (u->flight.state == BLK_STARTED)
		io_uring_queue_exit(&u->ring);
	if (u->wake_fd >= 0)
		close(u->wake_fd);
	u->wake_fd = -1;
	u->ready = 0;
	u->asleep = 0;
	u->in_ring = 0;
	u->wake_armed = 0;
	lkl_blk_flight_forked(&u->flight);
}

static void uring_fork_done(struct lkl_blk_backend *b, int child)
{
	struct uring *u = to_uring(b);

	lkl_blk_threads_fork_done(b, child);
	if (child)
		forget_ring(u);
	pthread_mutex_unlock(&u->flight.lock);
}

static void uring_close(struct lkl_blk_backend *b)
{
	struct uring *u = to_uring(b);
	int started;

	uring_drain(b);
	pthread_mutex_lock(&u->flight.lock);
	u->stop = 1;
	started = u->wake_fd >= 0;
	pthread_mutex_unlock(&u->flight.lock);
	if (started) {
		wake(u);
		lkl_blk_flight_join(&u->flight);
		close(u->wake_fd);
	}
	lkl_blk_flight_destroy(&u->flight);
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
	lkl_blk_flight_init(&u->flight);
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

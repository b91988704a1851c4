// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <message.h>

#include "channel.h"
#include "fs.h"
#include "ring.h"
#include "ring_abi.h"

#define SWITCH		"/sys/module/fuse/parameters/enable_uring"
#define POSSIBLE	"/sys/devices/system/cpu/possible"

#define PAGE		4096
#define QUEUES_MAX	1024
/* Threads in all, unless there are more processors. */
#define THREADS_MAX	64
/* All together, and of a queue at least. */
#define ENTRIES		128
#define ENTRIES_MIN	16
#define RING_SIZE	64

/* Reading so much is worth to wake another processor, while the program copies what came before. */
#define LARGE		65536

struct ring_entry {
	struct ring_entry *next;	/* of the ring's */
	struct ring *ring;
	unsigned int queue;
	struct fuse_ring_head *head;	/* the first page of its memory */
	char *data;			/* CHANNEL_DATA_MAX bytes after that */
	struct iovec iov[2];		/* of these two, as long as it is not registered */
	uint64_t unique;		/* the request's */
	bool deferred;
};

/* A thread's. */
struct ring {
	pthread_t thread;
	struct io_uring uring;
	unsigned int queue;
	struct ring_entry *entries;
	bool refused;
	bool away;			/* from the processor of its queue */
};

static const struct ring_user *user;
static int fuse_fd;
static struct ring *rings;
static unsigned int n_rings;
static unsigned int n_queues;
static unsigned int queue_entries;	/* of a queue whose processor is there */
static atomic_uint *deferred;	/* of each queue */
/* Of the one thread that finishes what was deferred. */
static struct io_uring sender;

/* ---- entries ------------------------------------------------------------------- */

static int add_entry(struct ring *r, unsigned int queue)
{
	struct ring_entry *e = calloc(1, sizeof(*e));
	char *memory = mmap(NULL, PAGE + CHANNEL_DATA_MAX, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!e || memory == MAP_FAILED) {
		free(e);
		if (memory != MAP_FAILED)
			munmap(memory, PAGE + CHANNEL_DATA_MAX);
		return -ENOMEM;
	}
	e->ring = r;
	e->queue = queue;
	e->head = (struct fuse_ring_head *)memory;
	e->data = memory + PAGE;
	e->iov[0] = (struct iovec){ e->head, sizeof(*e->head) };
	e->iov[1] = (struct iovec){ e->data, CHANNEL_DATA_MAX };
	e->next = r->entries;
	r->entries = e;
	return 0;
}

static struct io_uring_sqe *get_sqe(struct io_uring *uring)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(uring)))
		io_uring_submit(uring);
	return sqe;
}

static void command(struct ring_entry *e, enum fuse_ring_op op)
{
	struct io_uring_sqe *sqe = get_sqe(&e->ring->uring);
	struct fuse_ring_cmd *cmd = (struct fuse_ring_cmd *)sqe->cmd;

	/* It is twice as long as its type says. */
	memset(sqe, 0, 2 * sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fuse_fd;
	sqe->cmd_op = op;
	if (op == FUSE_RING_REGISTER) {
		sqe->addr = (uintptr_t)e->iov;
		sqe->len = 2;
	} else {
		cmd->commit_id = e->head->commit_id;
	}
	cmd->queue = e->queue;
	io_uring_sqe_set_data(sqe, e);
}

/* ---- replies ------------------------------------------------------------------- */

ssize_t ring_reply(struct ring_entry *e, const struct iovec *iov, int count)
{
	const struct fuse_out_header *out = iov[0].iov_base;
	size_t size = 0;

	if (out->unique != e->unique)
		return 0;
	for (int i = 1; i < count; i++) {
		if (iov[i].iov_len > CHANNEL_DATA_MAX - size)
			return -EINVAL;
		if (iov[i].iov_base != e->data + size)
			memmove(e->data + size, iov[i].iov_base, iov[i].iov_len);
		size += iov[i].iov_len;
	}
	memcpy(e->head->in_out, out, sizeof(*out));
	e->head->payload_size = size;
	return iov[0].iov_len + size;
}

void *ring_buffer(struct ring_entry *e)
{
	return e->data;
}

/*
 * What is deferred may need other requests of its queue to be served first, and these may be
 * behind others that would be deferred: some entries always stay for them.
 */
bool ring_defer(struct ring_entry *e)
{
	if (deferred[e->queue]++ >= queue_entries / 2) {
		deferred[e->queue]--;
		return false;
	}
	e->deferred = true;
	return true;
}

/* The thread whose entry it is shall send the reply. */
void ring_finish(struct ring_entry *e)
{
	struct io_uring_sqe *sqe = get_sqe(&sender);
	struct io_uring_cqe *cqe;

	deferred[e->queue]--;
	io_uring_prep_msg_ring(sqe, e->ring->uring.ring_fd, 0, (uintptr_t)e, 0);
	while (io_uring_submit_and_wait(&sender, 1) == -EINTR || io_uring_peek_cqe(&sender, &cqe))
		;
	io_uring_cqe_seen(&sender, cqe);
}

/* ---- requests ------------------------------------------------------------------ */

/* To the @processor, or to all others if @away. It stays where it is if it may not run there. */
static void move_to(unsigned int processor, bool away)
{
	size_t size = CPU_ALLOC_SIZE(n_queues);
	cpu_set_t *set = CPU_ALLOC(n_queues);

	if (!set)
		return;
	CPU_ZERO_S(size, set);
	for (unsigned int i = 0; i < n_queues; i++)
		if ((i == processor) != away)
			CPU_SET_S(i, size, set);
	sched_setaffinity(0, size, set);
	CPU_FREE(set);
}

static void choose_processor(struct ring *r, const struct fuse_in_header *in, const char *op)
{
	bool away = in->opcode == FUSE_READ && ((const struct fuse_read_in *)op)->size >= LARGE;

	if (away == r->away)
		return;
	move_to(r->queue, away);
	r->away = away;
}

/* As libfuse wants it: header, operation and data in a row; the data stay where they are. */
static void serve_request(struct ring_entry *e)
{
	struct fuse_in_header in;
	size_t op_size;
	char *request;

	memcpy(&in, e->head->in_out, sizeof(in));
	op_size = in.len - sizeof(in) - e->head->payload_size;
	if (op_size > sizeof(e->head->op_in))
		op_size = sizeof(e->head->op_in);
	request = e->data - op_size - sizeof(in);
	memcpy(request, &in, sizeof(in));
	memcpy(request + sizeof(in), e->head->op_in, op_size);
	e->unique = in.unique;
	choose_processor(e->ring, &in, e->head->op_in);
	user->serve(e, (const struct fuse_in_header *)request);
	if (!e->deferred)
		command(e, FUSE_RING_COMMIT_AND_FETCH);
}

/* Something about @e came with @result; false if that is the end. */
static bool take_completion(struct ring_entry *e, int result)
{
	if (e->deferred) {
		/* The message from ring_finish(). */
		e->deferred = false;
		command(e, FUSE_RING_COMMIT_AND_FETCH);
		return true;
	}
	if (!result) {
		serve_request(e);
		return true;
	}
	if (result != -ENOTCONN && result != -ECONNABORTED && result != -ENODEV &&
	    result != -ECANCELED) {
		e->ring->refused = true;
		error("the host refuses FUSE over io_uring: %s; root can do without by: echo N > "
		      SWITCH, strerror(-result));
	}
	return false;
}

static void serve(struct ring *r)
{
	struct io_uring_cqe *cqe;
	bool go_on = true;

	for (struct ring_entry *e = r->entries; e; e = e->next)
		command(e, FUSE_RING_REGISTER);
	while (go_on) {
		io_uring_submit_and_wait(&r->uring, 1);
		while (go_on && !user->stopping() && !io_uring_peek_cqe(&r->uring, &cqe)) {
			struct ring_entry *e = io_uring_cqe_get_data(cqe);
			int result = cqe->res;

			io_uring_cqe_seen(&r->uring, cqe);
			go_on = take_completion(e, result);
		}
		go_on = go_on && !user->stopping();
	}
	user->end(r->refused);
}

static void *run(void *arg)
{
	struct ring *r = arg;

	move_to(r->queue, false);
	if (user->begin())
		serve(r);
	return NULL;
}

/* ---- setting up ------------------------------------------------------------------ */

static bool switched_on(void)
{
	char on = 'N';
	int fd = open(SWITCH, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &on, 1) != 1)
		on = 'N';
	close(fd);
	return on == 'Y';
}

/* Of processors, those that are not there included: "0-3", "0,2-5". */
static unsigned int count_queues(void)
{
	FILE *f = fopen(POSSIBLE, "re");
	unsigned int last = 0;
	int c = 0;

	while (f && c != EOF && fscanf(f, "%u", &last) == 1)
		c = fgetc(f);
	if (f)
		fclose(f);
	return last + 1;
}

/* What runs in this process shall not do anything else through it, past its sandbox. */
static int restrict_uring(struct io_uring *uring)
{
	struct io_uring_restriction allowed[] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_URING_CMD },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_MSG_RING },
	};

	/* Not all versions of liburing have functions for these. */
	if (syscall(SYS_io_uring_register, uring->ring_fd, IORING_REGISTER_RESTRICTIONS, allowed,
		    sizeof(allowed) / sizeof(*allowed)) ||
	    syscall(SYS_io_uring_register, uring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0))
		return -errno;
	return 0;
}

static int setup_uring(struct io_uring *uring, unsigned int flags)
{
	int err = io_uring_queue_init(RING_SIZE, uring, flags | IORING_SETUP_R_DISABLED);

	if (err)
		return err;
	err = restrict_uring(uring);
	if (err)
		io_uring_queue_exit(uring);
	return err;
}

/* The next thread, for @queue. */
static int add_ring(unsigned int queue)
{
	struct ring *r = &rings[n_rings];
	int err = setup_uring(&r->uring, IORING_SETUP_SQE128 | IORING_SETUP_COOP_TASKRUN);

	if (err)
		return err;
	r->queue = queue;
	n_rings++;
	return 0;
}

/* The host wants to have heard of every queue; without a processor nothing comes from it. */
static int add_rings(unsigned int per_queue)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	int err = 0;

	if (online < 1 || online > n_queues)
		online = n_queues;
	if (per_queue > THREADS_MAX / online)
		per_queue = THREADS_MAX / online;
	if (!per_queue)
		per_queue = 1;
	rings = calloc(online * per_queue, sizeof(*rings));
	if (!rings)
		return -ENOMEM;
	for (unsigned int i = 0; !err && i < online * per_queue; i++)
		err = add_ring(i % online);
	/* One after the other, so that who is busy already gets the next only after all others. */
	queue_entries = ENTRIES / online > ENTRIES_MIN ? ENTRIES / online : ENTRIES_MIN;
	for (unsigned int i = 0; !err && i < online * queue_entries; i++)
		err = add_entry(&rings[i % n_rings], i % online);
	for (unsigned int queue = online; !err && queue < n_queues; queue++)
		err = add_entry(&rings[queue % online], queue);
	return err;
}

static void free_rings(void)
{
	while (n_rings) {
		struct ring *r = &rings[--n_rings];
		struct ring_entry *e;

		io_uring_queue_exit(&r->uring);
		while ((e = r->entries)) {
			r->entries = e->next;
			munmap(e->head, PAGE + CHANNEL_DATA_MAX);
			free(e);
		}
	}
	free(rings);
	free(deferred);
	rings = NULL;
}

const char *ring_open(int fd, unsigned int per_queue, const struct ring_user *to)
{
	unsigned int started = 0;
	int err;

	if (!switched_on())
		return "not switched on in " SWITCH;
	user = to;
	fuse_fd = fd;
	n_queues = count_queues();
	if (n_queues > QUEUES_MAX)
		return "too many processors";
	deferred = calloc(n_queues, sizeof(*deferred));
	if (!deferred)
		return strerror(ENOMEM);
	err = setup_uring(&sender, 0);
	if (err) {
		free(deferred);
		return strerror(-err);
	}
	err = add_rings(per_queue);
	while (!err && started < n_rings) {
		err = -pthread_create(&rings[started].thread, NULL, run, &rings[started]);
		started += !err;
	}
	if (!err)
		return NULL;
	if (started)
		die("no more threads: %s", strerror(-err));
	free_rings();
	io_uring_queue_exit(&sender);
	return strerror(-err);
}

unsigned int ring_threads(void)
{
	return n_rings;
}

void ring_join(void)
{
	for (unsigned int i = 0; i < n_rings; i++)
		pthread_join(rings[i].thread, NULL);
}

void ring_close(void)
{
	if (!rings)
		return;
	free_rings();
	io_uring_queue_exit(&sender);
}

void ring_interrupt(void)
{
	for (unsigned int i = 0; i < n_rings; i++)
		pthread_kill(rings[i].thread, SIGUSR1);
}

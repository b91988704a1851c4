// SPDX-License-Identifier: GPL-2.0
/*
 * A cable between two processes: a file with a ring of frames for each direction.
 *
 * Who opens the file first is end 0, the other end 1; each holds a lock on a byte of
 * its own, so an end that died is noticed and its place can be taken again. End i
 * writes ring i. The other process is not trusted to keep the rings in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/iov.h"
#include "net_fd.h"
#include "net_shm.h"

#define MAGIC		0x316b6c6cu	/* "llk1" */
#define RING_SIZE	(4u << 20)
#define FRONT_SIZE	4096
#define FILE_SIZE	(FRONT_SIZE + 2 * RING_SIZE)
/* Bytes of the file that are locked: one for each end, one while it is set up. */
#define SETUP_BYTE	2
/* How often an end that waits looks whether the other one is still alive. */
#define LOOK_NS		1000000000ULL

/* Positions run freely; a frame is its length in four bytes, then itself, padded to 8. */
struct ring {
	_Alignas(64) uint32_t head;	/* the writer's */
	_Alignas(64) uint32_t tail;	/* the reader's */
	/* Who sleeps for want of frames, or of room, and wants the bell. */
	_Alignas(64) uint32_t reader_waits;
	uint32_t writer_waits;
};

struct front {
	uint32_t magic;
	uint32_t offload;
	/* For each end a word to wait for. */
	_Alignas(64) uint32_t bell[2];
	struct ring ring[2];
};

struct shm {
	struct lkl_net_backend base;
	int fd;
	int end;
	struct front *front;
	/* Each mapped twice, so that no frame is in two pieces. */
	char *data[2];
	/* Our own view of what only we write; others look at it: atomic. */
	uint32_t head;
	uint32_t tail;
	/* Atomic. */
	int woken;
	int peer;
	int broken;
	/* The device's thread's. */
	uint64_t looked;
	struct net_idle idle;
};

static struct shm *to_shm(struct lkl_net_backend *b)
{
	return (struct shm *)b;
}

static struct ring *out_ring(struct shm *s)
{
	return &s->front->ring[s->end];
}

static struct ring *in_ring(struct shm *s)
{
	return &s->front->ring[!s->end];
}

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static int is_set(const int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static uint32_t record(size_t len)
{
	return (sizeof(uint32_t) + len + 7) & ~7u;
}

static void ring_bell(struct shm *s, int end)
{
	uint32_t *bell = &s->front->bell[end];

	__atomic_fetch_add(bell, 1, __ATOMIC_SEQ_CST);
	lkl_shm_wake(bell);
}

/* After a position was stored: wakes the other end if it waits for that. */
static void tell(struct shm *s, uint32_t *waits)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (load(waits) && __atomic_exchange_n(waits, 0, __ATOMIC_SEQ_CST))
		ring_bell(s, !s->end);
}

static int has_room(struct shm *s, size_t len)
{
	uint32_t used = load(&s->head) - load(&out_ring(s)->tail);

	return used <= RING_SIZE && RING_SIZE - used >= record(len);
}

static int shm_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n, size_t len)
{
	struct shm *s = to_shm(b);
	char *to = s->data[s->end] + s->head % RING_SIZE;
	uint32_t size = len;

	if (!has_room(s, len))
		return -EAGAIN;
	memcpy(to, &size, sizeof(size));
	lkl_iov_read(iov, n, to + sizeof(size), len);
	__atomic_store_n(&s->head, s->head + record(len), __ATOMIC_RELAXED);
	__atomic_store_n(&out_ring(s)->head, s->head, __ATOMIC_RELEASE);
	tell(s, &out_ring(s)->reader_waits);
	return 0;
}

static int has_frame(struct shm *s)
{
	return load(&in_ring(s)->head) != load(&s->tail);
}

static long give_up(struct shm *s)
{
	__atomic_store_n(&s->broken, 1, __ATOMIC_RELAXED);
	lkl_printf("lkl: shm: the other end wrote nonsense; no more is taken from it\n");
	lkl_net_link(&s->base, 0);
	return -EAGAIN;
}

static long shm_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct shm *s = to_shm(b);
	const char *from = s->data[!s->end] + s->tail % RING_SIZE;
	uint32_t there = load(&in_ring(s)->head) - s->tail, len;
	size_t copied;

	if (is_set(&s->broken) || !there)
		return -EAGAIN;
	if (there > RING_SIZE || there < sizeof(len))
		return give_up(s);
	memcpy(&len, from, sizeof(len));
	if (!len || len > LKL_NET_FRAME_MAX || record(len) > there)
		return give_up(s);
	copied = lkl_iov_write(iov, n, from + sizeof(len), len);
	__atomic_store_n(&s->tail, s->tail + record(len), __ATOMIC_RELAXED);
	__atomic_store_n(&in_ring(s)->tail, s->tail, __ATOMIC_RELEASE);
	tell(s, &in_ring(s)->writer_waits);
	return copied == len ? len : 0;
}

/* Whether somebody is at the other end; tells the kernel if that changed. */
static void look_for_peer(struct shm *s)
{
	int peer = !is_set(&s->broken) && lkl_shm_is_locked(s->fd, !s->end);

	s->looked = lkl_host_ops.time();
	if (__atomic_exchange_n(&s->peer, peer, __ATOMIC_RELEASE) != peer)
		lkl_net_link(&s->base, peer);
}

/* Whether what @w asks for is there; the rest is struck out of it. */
static int ready(struct shm *s, const struct lkl_net_wait *w, struct lkl_net_wait *is)
{
	is->rx = w->rx && !is_set(&s->broken) && has_frame(s);
	/* Who is not there takes no frames: they are lost, as on a cable. */
	is->tx = w->tx && (has_room(s, LKL_NET_FRAME_MAX) || !is_set(&s->peer));
	return is->rx || is->tx;
}

/* Asks for the bell. Returns what it shows before that. */
static uint32_t ask(struct shm *s, const struct lkl_net_wait *w)
{
	uint32_t seen = load(&s->front->bell[s->end]);

	if (w->rx)
		__atomic_store_n(&in_ring(s)->reader_waits, 1, __ATOMIC_SEQ_CST);
	if (w->tx)
		__atomic_store_n(&out_ring(s)->writer_waits, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return seen;
}

static void drop_output(struct shm *s)
{
	/* The reader is gone, its position is ours to move. */
	__atomic_store_n(&out_ring(s)->tail, load(&s->head), __ATOMIC_RELEASE);
}

static void shm_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct shm *s = to_shm(b);
	struct lkl_net_wait is = { 0 };
	uint32_t seen;

	if (lkl_host_ops.time() - s->looked > LOOK_NS || !is_set(&s->peer))
		look_for_peer(s);
	if (w->tx && !is_set(&s->peer))
		drop_output(s);
	if (lkl_net_idle_stand_by(&s->idle)) {
		*w = is;
		return;
	}
	seen = ask(s, w);
	if (!ready(s, w, &is) && !is_set(&s->woken)) {
		lkl_shm_wait(&s->front->bell[s->end], seen, LOOK_NS);
		ready(s, w, &is);
	}
	__atomic_store_n(&s->woken, 0, __ATOMIC_RELEASE);
	if (is.rx)
		lkl_net_idle_frames(&s->idle);
	*w = is;
}

static uint32_t *idle_word(struct lkl_net_backend *b, const struct lkl_net_wait *w,
			   uint32_t *seen)
{
	struct shm *s = to_shm(b);
	struct lkl_net_wait is;

	*seen = ask(s, w);
	return ready(s, w, &is) ? NULL : &s->front->bell[s->end];
}

static const struct net_idle_ops idle_ops = {
	.word = idle_word,
};

static void shm_hup(struct lkl_net_backend *b)
{
	struct shm *s = to_shm(b);
	uint64_t one = 1;

	__atomic_store_n(&s->woken, 1, __ATOMIC_RELEASE);
	ring_bell(s, s->end);
	/* A full counter wakes as well. */
	if (write(s->idle.wake_fd, &one, sizeof(one)) < 0)
		return;
}

static void shm_wake(struct lkl_net_backend *b)
{
	struct shm *s = to_shm(b);

	if (lkl_net_idle_wake(&s->idle))
		return;
	__atomic_store_n(&s->woken, 1, __ATOMIC_RELEASE);
	ring_bell(s, s->end);
}

static void shm_attach(struct lkl_net_backend *b)
{
	/* What came before is not for us. */
	struct shm *s = to_shm(b);

	s->tail = load(&in_ring(s)->head);
	__atomic_store_n(&in_ring(s)->tail, s->tail, __ATOMIC_RELEASE);
	ring_bell(s, !s->end);
	if (lkl_shm_can_wait_any())
		lkl_net_idle_add(&s->idle);
}

static void shm_detach(struct lkl_net_backend *b)
{
	lkl_net_idle_remove(&to_shm(b)->idle);
}

/* What is mapped keeps the locks as well. */
static void let_go(struct shm *s, int forked)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (s->data[i])
			munmap(s->data[i], 2 * RING_SIZE);
		s->data[i] = NULL;
	}
	if (s->fd >= 0)
		lkl_shm_close(s->fd, forked);
	s->fd = -1;
	if (s->front) {
		/* It looks, and finds our lock gone. */
		if (!forked)
			ring_bell(s, !s->end);
		munmap(s->front, FRONT_SIZE);
	}
	s->front = NULL;
}

static void shm_fork_done(struct lkl_net_backend *b, int child)
{
	if (child)
		let_go(to_shm(b), 1);
}

static void shm_free(struct lkl_net_backend *b, int forked)
{
	struct shm *s = to_shm(b);

	let_go(s, forked);
	if (s->idle.wake_fd >= 0)
		close(s->idle.wake_fd);
	free(s);
}

static const struct lkl_net_backend_ops shm_ops = {
	.name = "shm",
	.tx = shm_tx,
	.rx = shm_rx,
	.wait = shm_wait,
	.wake = shm_wake,
	.hup = shm_hup,
	.attach = shm_attach,
	.detach = shm_detach,
	.fork_done = shm_fork_done,
	.free = shm_free,
};

/* The first end makes the file. With the setup byte locked. */
static int set_up(struct shm *s, uint32_t offload)
{
	struct stat st;
	int new;

	if (fstat(s->fd, &st))
		return -errno;
	new = !st.st_size;
	if (new && ftruncate(s->fd, FILE_SIZE))
		return -errno;
	if (!new && st.st_size != FILE_SIZE)
		return -EINVAL;
	s->front = mmap(NULL, FRONT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->front == MAP_FAILED) {
		s->front = NULL;
		return -errno;
	}
	if (!lkl_shm_lock(s->fd, 0))
		s->end = 0;
	else if (!lkl_shm_lock(s->fd, 1))
		s->end = 1;
	else
		return -EBUSY;
	/* Two who were there before us may have wanted something else. */
	if (new || !lkl_shm_is_locked(s->fd, !s->end)) {
		memset(s->front, 0, sizeof(*s->front));
		s->front->magic = MAGIC;
		s->front->offload = offload;
	}
	return s->front->magic == MAGIC ? 0 : -EINVAL;
}

/* Ring @i, twice in a row. */
static char *map_ring(int fd, int i)
{
	off_t at = FRONT_SIZE + (off_t)i * RING_SIZE;
	char *p = mmap(NULL, 2 * RING_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int half;

	if (p == MAP_FAILED)
		return NULL;
	for (half = 0; half < 2; half++) {
		if (mmap(p + half * RING_SIZE, RING_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, at) == MAP_FAILED) {
			munmap(p, 2 * RING_SIZE);
			return NULL;
		}
	}
	return p;
}

int lkl_net_open_shm(const char *path, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b)
{
	struct shm *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return lkl_net_fail(why, -ENOMEM, "no memory");
	s->idle = (struct net_idle){
		.backend = &s->base, .ops = &idle_ops, .look_ms = LOOK_NS / 1000000,
		.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	if (s->idle.wake_fd < 0) {
		err = lkl_net_fail(why, -errno, "eventfd: %s", strerror(errno));
		free(s);
		return err;
	}
	s->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->fd < 0) {
		err = lkl_net_fail(why, -errno, "%s: %s", path, strerror(errno));
		goto fail;
	}
	err = lkl_shm_begin(s->fd, SETUP_BYTE);
	if (!err) {
		err = set_up(s, offload);
		lkl_shm_end(s->fd, SETUP_BYTE);
	}
	if (err) {
		lkl_net_fail(why, err, "%s: %s%s", path, strerror(-err),
			     err == -EBUSY ? "; both ends are in use" :
			     err == -EINVAL ? "; it holds something else" : "");
		goto fail;
	}
	s->data[0] = map_ring(s->fd, 0);
	s->data[1] = map_ring(s->fd, 1);
	if (!s->data[0] || !s->data[1]) {
		err = lkl_net_fail(why, -ENOMEM, "%s: it cannot be mapped", path);
		goto fail;
	}
	s->head = load(&out_ring(s)->head);
	s->base.ops = &shm_ops;
	s->base.queues = 1;
	s->base.offload = s->front->offload;
	s->base.hdr_len = s->base.offload ? LKL_NET_HDR_LEN : 0;
	s->base.offload_fixed = 1;
	s->base.no_link = 1;
	*b = &s->base;
	return 0;
fail:
	shm_free(&s->base, 0);
	return err;
}

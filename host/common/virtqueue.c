// SPDX-License-Identifier: GPL-2.0
/*
 * Split virtqueues, device side. The driver owns the descriptor table and the
 * avail ring, we own the used ring. The driver is our own kernel, so pointers
 * are believed; but a ring that makes no sense stops the device, not the process.
 */
#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "iov.h"
#include "linux_errno.h"
#include "virtio.h"

#define DESC_F_NEXT		1
#define DESC_F_WRITE		2
#define DESC_F_INDIRECT		4
#define AVAIL_F_NO_INTERRUPT	1

/* Buffers of one request; IOV_MAX of data and a header and a status. */
#define CHAIN_MAX		1026
/* Requests with more buffers than this give the memory of the list back. */
#define IOV_KEEP		34

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct avail_ring {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[];
};

struct used_elem {
	uint32_t id;
	uint32_t len;
};

struct used_ring {
	uint16_t flags;
	uint16_t idx;
	struct used_elem ring[];
};

/*
 * The requests of a queue from its being made ready until its reset, one for
 * each descriptor that can head a chain. Requests still at work at a reset keep
 * their pool alive.
 */
struct lkl_virtio_pool {
	unsigned int num;
	unsigned int inflight;
	unsigned int stride;
	char reqs[] __attribute__((aligned(16)));
};

static const struct desc *desc_table(const struct lkl_virtio_queue *q)
{
	return (const struct desc *)(uintptr_t)q->desc_addr;
}

static struct avail_ring *avail(const struct lkl_virtio_queue *q)
{
	return (struct avail_ring *)(uintptr_t)q->driver_addr;
}

static struct used_ring *used(const struct lkl_virtio_queue *q)
{
	return (struct used_ring *)(uintptr_t)q->device_addr;
}

/* Behind the avail ring: the used index whose completion interrupts. */
static uint16_t *used_event(const struct lkl_virtio_queue *q)
{
	return &avail(q)->ring[q->num];
}

/* Behind the used ring: the avail index whose arrival notifies. */
static uint16_t *avail_event(const struct lkl_virtio_queue *q)
{
	return (uint16_t *)&used(q)->ring[q->num];
}

static uint16_t load16(const uint16_t *p)
{
	return lkl_le16(__atomic_load_n(p, __ATOMIC_ACQUIRE));
}

static void store16(uint16_t *p, uint16_t val)
{
	__atomic_store_n(p, lkl_le16(val), __ATOMIC_RELEASE);
}

static struct lkl_virtio_req *pool_req(struct lkl_virtio_pool *pool, unsigned int i)
{
	return (struct lkl_virtio_req *)(pool->reqs + (size_t)i * pool->stride);
}

static struct lkl_virtio_pool *pool_new(unsigned int num, unsigned int req_size)
{
	unsigned int stride = sizeof(struct lkl_virtio_req) + req_size;
	struct lkl_virtio_pool *pool;

	stride = (stride + 15) & ~15u;
	pool = calloc(1, sizeof(*pool) + (size_t)num * stride);
	if (!pool)
		return NULL;
	pool->num = num;
	pool->stride = stride;
	return pool;
}

static void pool_free(struct lkl_virtio_pool *pool)
{
	unsigned int i;

	for (i = 0; i < pool->num; i++)
		free(pool_req(pool, i)->iov);
	free(pool);
}

int lkl_virtqueue_init(struct lkl_virtio_dev *dev, unsigned int index)
{
	struct lkl_virtio_queue *q = &dev->queue[index];

	memset(q, 0, sizeof(*q));
	q->dev = dev;
	q->index = index;
	q->num_max = dev->queue_num_max;
	q->lock = lkl_lock_new();
	q->idle = lkl_host_ops.sem_alloc(0);
	q->spare = pool_new(q->num_max, dev->model->req_size);
	if (q->lock && q->idle && q->spare)
		return 0;
	lkl_virtqueue_destroy(q);
	return -LKL_ERR_NOMEM;
}

void lkl_virtqueue_destroy(struct lkl_virtio_queue *q)
{
	if (q->pool)
		pool_free(q->pool);
	if (q->spare)
		pool_free(q->spare);
	q->pool = q->spare = NULL;
	lkl_lock_free(q->lock);
	q->lock = NULL;
	if (q->idle)
		lkl_host_ops.sem_free(q->idle);
	q->idle = NULL;
}

int lkl_virtqueue_enable(struct lkl_virtio_queue *q)
{
	struct lkl_virtio_pool *pool;

	if (!q->num || q->num > q->num_max || (q->num & (q->num - 1)))
		return -LKL_ERR_INVAL;
	if (!q->desc_addr || !q->driver_addr || !q->device_addr)
		return -LKL_ERR_INVAL;
	if (q->desc_addr & 15 || q->driver_addr & 1 || q->device_addr & 3)
		return -LKL_ERR_INVAL;

	lkl_lock(q->lock);
	pool = q->spare;
	q->spare = NULL;
	lkl_unlock(q->lock);
	if (!pool)
		pool = pool_new(q->num_max, q->dev->model->req_size);
	if (!pool)
		return -LKL_ERR_NOMEM;

	lkl_lock(q->lock);
	q->pool = pool;
	q->event_idx = !!(q->dev->driver_features &
			  LKL_VIRTIO_BIT(LKL_VIRTIO_F_EVENT_IDX));
	q->last_avail = 0;
	q->used_idx = 0;
	q->signalled_valid = 0;
	__atomic_store_n(&q->ready, 1, __ATOMIC_RELEASE);
	lkl_unlock(q->lock);
	return 0;
}

void lkl_virtqueue_reset(struct lkl_virtio_queue *q)
{
	lkl_lock(q->lock);
	__atomic_store_n(&q->ready, 0, __ATOMIC_RELEASE);
	/* One whose requests are still at work goes with the last of them. */
	if (q->pool && !q->pool->inflight)
		q->spare = q->pool;
	q->pool = NULL;
	q->num = 0;
	q->desc_addr = 0;
	q->driver_addr = 0;
	q->device_addr = 0;
	lkl_unlock(q->lock);
}

/* Room for @cap buffers at least. */
static int reserve(struct lkl_virtio_req *req, int cap)
{
	struct iovec *iov;

	if (cap <= req->iov_cap)
		return 0;
	iov = realloc(req->iov, cap * sizeof(*iov));
	if (!iov)
		return -LKL_ERR_NOMEM;
	req->iov = iov;
	req->iov_cap = cap;
	return 0;
}

static const char bad_buffer[] = "bad buffer or too many";
static const char no_memory[] = "no memory";

/*
 * Appends to the lists of @req; with @ends_only to the first and last buffer of them.
 * NULL or what is bad.
 */
static const char *add_buffer(struct lkl_virtio_req *req, int *count, uint64_t addr,
			      uint32_t len, int ends_only)
{
	const struct iovec buffer = { (void *)(uintptr_t)addr, len };

	if (!len)
		return NULL;
	if (!addr || addr + len < addr || *count == CHAIN_MAX)
		return bad_buffer;
	if (ends_only) {
		if (*count == 2)
			req->truncated = 1;
		else
			(*count)++;
		req->ends[*count - 1] = buffer;
		return NULL;
	}
	if (*count == req->iov_cap && reserve(req, *count ? *count * 2 : 8))
		return no_memory;
	req->iov[(*count)++] = buffer;
	return NULL;
}

/*
 * The chain that starts at @head, into the lists of @req; with @ends_only into those
 * of one that is truncated. NULL or what is bad.
 */
static const char *read_chain(struct lkl_virtio_queue *q, struct lkl_virtio_req *req,
			      unsigned int head, int ends_only)
{
	const struct desc *table = desc_table(q);
	unsigned int size = q->num, i = head, steps = 0;
	int count = 0, indirect = 0, in_seen = 0;
	const char *why;

	req->truncated = 0;
	req->n_out = 0;
	req->out_len = 0;
	req->in_len = 0;
	for (;;) {
		uint64_t addr = lkl_le64(table[i].addr);
		uint32_t len = lkl_le32(table[i].len);
		uint16_t flags = lkl_le16(table[i].flags);

		/* A chain longer than its table is a loop. */
		if (++steps > size)
			return "descriptor loop";

		if (flags & DESC_F_INDIRECT) {
			if (indirect || flags & DESC_F_NEXT)
				return "nested indirect table";
			if (!(q->dev->driver_features &
			      LKL_VIRTIO_BIT(LKL_VIRTIO_F_INDIRECT_DESC)))
				return "indirect table not agreed on";
			if (!addr || addr & 7 || !len || len % sizeof(*table) ||
			    len / sizeof(*table) > UINT16_MAX)
				return "bad indirect table";
			indirect = 1;
			table = (const struct desc *)(uintptr_t)addr;
			size = len / sizeof(*table);
			if (!ends_only &&
			    reserve(req, size < CHAIN_MAX ? size : CHAIN_MAX))
				return no_memory;
			steps = 0;
			i = 0;
			continue;
		}

		if (flags & DESC_F_WRITE) {
			in_seen = 1;
			req->in_len += len;
		} else {
			if (in_seen)
				return "readable after writable buffer";
			req->out_len += len;
		}
		why = add_buffer(req, &count, addr, len, ends_only);
		if (why)
			return why;
		if (!in_seen)
			req->n_out = count;
		else if (req->truncated)
			req->n_out = req->n_out ? 1 : 0;

		if (!(flags & DESC_F_NEXT))
			break;
		i = lkl_le16(table[i].next);
		if (i >= size)
			return "descriptor out of range";
	}
	req->out = ends_only ? req->ends : req->iov;
	req->in = req->out ? req->out + req->n_out : NULL;
	req->n_in = count - req->n_out;
	if (req->truncated) {
		req->out_len = lkl_iov_len(req->out, req->n_out);
		req->in_len = lkl_iov_len(req->in, req->n_in);
	}
	return NULL;
}

/* Is there a request? Otherwise asks for a notification and looks once more. */
static int more_avail(struct lkl_virtio_queue *q, uint16_t *idx)
{
	*idx = load16(&avail(q)->idx);
	if (*idx != q->last_avail)
		return 1;
	if (!q->event_idx)
		return 0;
	store16(avail_event(q), q->last_avail);
	/* The driver writes idx, then reads avail_event; here the reverse. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*idx = load16(&avail(q)->idx);
	return *idx != q->last_avail;
}

int lkl_virtio_notify_later(struct lkl_virtio_queue *q, int n)
{
	int later = 0;

	lkl_lock(q->lock);
	if (q->ready && q->event_idx) {
		store16(avail_event(q), q->last_avail + n - 1);
		/* As above. */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		later = (uint16_t)(load16(&avail(q)->idx) - q->last_avail) < n;
	}
	lkl_unlock(q->lock);
	return later;
}

static struct lkl_virtio_req *pop_locked(struct lkl_virtio_queue *q,
					 const char **why)
{
	struct lkl_virtio_req *req;
	unsigned int head;
	uint16_t idx;

	if (!q->ready || lkl_virtio_status(q->dev) & LKL_VIRTIO_S_NEEDS_RESET)
		return NULL;
	if (!more_avail(q, &idx))
		return NULL;
	if ((uint16_t)(idx - q->last_avail) > q->num) {
		*why = "avail index too far ahead";
		return NULL;
	}

	head = load16(&avail(q)->ring[q->last_avail & (q->num - 1)]);
	if (head >= q->num) {
		*why = "head out of range";
		return NULL;
	}
	req = pool_req(q->pool, head);
	if (req->busy) {
		*why = "chain still in use";
		return NULL;
	}
	*why = read_chain(q, req, head, 0);
	if (*why == no_memory)
		*why = read_chain(q, req, head, 1);
	if (*why)
		return NULL;

	req->queue = q;
	req->pool = q->pool;
	req->head = head;
	req->busy = 1;
	q->last_avail++;
	q->pool->inflight++;
	q->inflight++;
	return req;
}

struct lkl_virtio_req *lkl_virtio_pop(struct lkl_virtio_queue *q)
{
	struct lkl_virtio_req *req;
	const char *why = NULL;

	lkl_lock(q->lock);
	req = pop_locked(q, &why);
	lkl_unlock(q->lock);
	if (why)
		lkl_virtio_broken(q->dev, why);
	return req;
}

/* @req is at work no more; its pool goes with it if it was the last after a reset. */
static void put_req(struct lkl_virtio_queue *q, struct lkl_virtio_req *req)
{
	struct lkl_virtio_pool *pool = req->pool;

	req->busy = 0;
	if (req->iov_cap > IOV_KEEP) {
		free(req->iov);
		req->iov = NULL;
		req->iov_cap = 0;
	}
	if (!--pool->inflight && pool != q->pool)
		pool_free(pool);
	if (--q->inflight)
		return;
	for (; q->idle_waiters; q->idle_waiters--)
		lkl_host_ops.sem_up(q->idle);
}

void lkl_virtio_complete_all(struct lkl_virtio_req **reqs, const uint32_t *lens,
			     int n)
{
	struct lkl_virtio_queue *q = reqs[0]->queue;
	int current = 0, i;

	lkl_lock(q->lock);
	for (i = 0; i < n; i++) {
		if (reqs[i]->pool == q->pool) {
			struct used_elem *elem =
				&used(q)->ring[q->used_idx++ & (q->num - 1)];

			elem->id = lkl_le32((uint32_t)reqs[i]->head);
			elem->len = lkl_le32(lens[i]);
			current = 1;
		}
		put_req(q, reqs[i]);
	}
	if (current)
		store16(&used(q)->idx, q->used_idx);
	lkl_unlock(q->lock);
}

void lkl_virtio_complete(struct lkl_virtio_req *req, uint32_t len)
{
	lkl_virtio_complete_all(&req, &len, 1);
}

void lkl_virtio_unpop(struct lkl_virtio_req *req)
{
	struct lkl_virtio_queue *q = req->queue;

	lkl_lock(q->lock);
	if (req->pool == q->pool)
		q->last_avail--;
	put_req(q, req);
	lkl_unlock(q->lock);
}

/* Whether the driver wants an interrupt for what came since the last one. */
static int wants_interrupt(struct lkl_virtio_queue *q)
{
	uint16_t old = q->signalled, event;
	int valid = q->signalled_valid;

	if (valid && q->used_idx == old)
		return 0;
	/* The driver writes its event or flags, then reads idx; here the reverse. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	q->signalled = q->used_idx;
	q->signalled_valid = 1;
	if (!q->event_idx)
		return !(load16(&avail(q)->flags) & AVAIL_F_NO_INTERRUPT);
	if (!valid)
		return 1;
	event = load16(used_event(q));
	return (uint16_t)(q->used_idx - event - 1) < (uint16_t)(q->used_idx - old);
}

void lkl_virtio_signal(struct lkl_virtio_queue *q)
{
	int interrupt;

	lkl_lock(q->lock);
	interrupt = q->ready && wants_interrupt(q);
	lkl_unlock(q->lock);
	if (interrupt)
		lkl_virtio_interrupt(q->dev, 1);
}

void lkl_virtio_wait_idle(struct lkl_virtio_queue *q)
{
	lkl_lock(q->lock);
	while (q->inflight) {
		q->idle_waiters++;
		lkl_unlock(q->lock);
		lkl_host_ops.sem_down(q->idle);
		lkl_lock(q->lock);
	}
	lkl_unlock(q->lock);
}

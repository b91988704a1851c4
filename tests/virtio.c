// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio transport and the disk model, driven by a small driver of our own
 * through the registers, over real files and every engine. No kernel runs here:
 * the functions of the library that would reach it are stubs. time limit: 300 s
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lkl_host.h>

#include "emulated.h"
#include "../host/common/disk.h"
#include "../host/common/iomem.h"
#include "../host/common/virtio.h"

/* ---- host operations and stubs ------------------------------------------ */

static struct lkl_sem *LKL_ABI sem_new(int count)
{
	sem_t *sem = malloc(sizeof(*sem));

	sem_init(sem, 0, count);
	return (struct lkl_sem *)sem;
}

static void LKL_ABI sem_del(struct lkl_sem *sem)
{
	sem_destroy((sem_t *)sem);
	free(sem);
}

static void LKL_ABI sem_up(struct lkl_sem *sem)
{
	sem_post((sem_t *)sem);
}

static void LKL_ABI sem_down(struct lkl_sem *sem)
{
	while (sem_wait((sem_t *)sem))
		;
}

static unsigned long long LKL_ABI now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int LKL_ABI sem_down_until(struct lkl_sem *sem, unsigned long long deadline)
{
	struct timespec ts = {
		.tv_sec = deadline / 1000000000, .tv_nsec = deadline % 1000000000,
	};

	while (sem_clockwait((sem_t *)sem, CLOCK_MONOTONIC, &ts)) {
		if (errno == ETIMEDOUT)
			return 0;
	}
	return 1;
}

static struct lkl_mutex *LKL_ABI mutex_new(int recursive)
{
	pthread_mutex_t *mutex = malloc(sizeof(*mutex));

	(void)recursive;
	pthread_mutex_init(mutex, NULL);
	return (struct lkl_mutex *)mutex;
}

static void LKL_ABI mutex_del(struct lkl_mutex *mutex)
{
	ck_assert_int_eq(pthread_mutex_destroy((pthread_mutex_t *)mutex), 0);
	free(mutex);
}

static void LKL_ABI mutex_lock(struct lkl_mutex *mutex)
{
	pthread_mutex_lock((pthread_mutex_t *)mutex);
}

static void LKL_ABI mutex_unlock(struct lkl_mutex *mutex)
{
	pthread_mutex_unlock((pthread_mutex_t *)mutex);
}

struct start {
	void (LKL_ABI *fn)(void *arg);
	void *arg;
};

static void *run_thread(void *arg)
{
	struct start s = *(struct start *)arg;

	free(arg);
	s.fn(s.arg);
	return NULL;
}

static lkl_thread_t LKL_ABI thread_create(void (LKL_ABI *fn)(void *), void *arg)
{
	struct start *s = malloc(sizeof(*s));
	pthread_t thread;

	s->fn = fn;
	s->arg = arg;
	ck_assert_int_eq(pthread_create(&thread, NULL, run_thread, s), 0);
	return thread;
}

static int LKL_ABI thread_join(lkl_thread_t thread)
{
	return pthread_join(thread, NULL);
}

struct lkl_host_operations lkl_host_ops = {
	.sem_alloc = sem_new,
	.sem_free = sem_del,
	.sem_up = sem_up,
	.sem_down = sem_down,
	.sem_down_until = sem_down_until,
	.mutex_alloc = mutex_new,
	.mutex_free = mutex_del,
	.mutex_lock = mutex_lock,
	.mutex_unlock = mutex_unlock,
	.thread_create = thread_create,
	.thread_join = thread_join,
	.time = now,
};

static sem_t irq_sem;
static int irqs_raised, irqs_taken, running, remove_result, lent;
static long call_nr, call_params[6];

int lkl_trigger_irq(int irq)
{
	ck_assert_int_gt(irq, 0);
	__atomic_fetch_add(&irqs_raised, 1, __ATOMIC_SEQ_CST);
	sem_post(&irq_sem);
	return 0;
}

/* By bit. */
static uint64_t irqs_held;

void lkl_hold_irq(int irq, int held)
{
	if (held)
		__atomic_fetch_or(&irqs_held, 1ULL << irq % 64, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&irqs_held, ~(1ULL << irq % 64), __ATOMIC_SEQ_CST);
}

int lkl_kernel_keep(void)
{
	return 0;
}

void lkl_kernel_let_go(void)
{
}

int lkl_lend_memory(int more)
{
	lent += more;
	return 0;
}

int lkl_get_free_irq(const char *user)
{
	(void)user;
	return ++irqs_taken + 4;
}

void lkl_put_irq(int irq, const char *user)
{
	(void)irq;
	(void)user;
	irqs_taken--;
}

int lkl_is_running(void)
{
	return running;
}

lkl_long lkl_syscall(lkl_long nr, lkl_long *params)
{
	call_nr = nr;
	memcpy(call_params, params, sizeof(call_params));
	return nr == LKL_CALL_VIRTIO_REMOVE ? remove_result : 100 + params[3];
}

int lkl_printf(const char *fmt, ...)
{
	(void)fmt;
	return 0;
}

static int syncs;

int fdatasync(int fd)
{
	__atomic_fetch_add(&syncs, 1, __ATOMIC_SEQ_CST);
	return syscall(SYS_fdatasync, fd);
}

/* ---- a driver ----------------------------------------------------------- */

#define NUM	64
#define SECTOR	512

#define DESC_NEXT	1
#define DESC_WRITE	2
#define DESC_INDIRECT	4

#define F(bit)		LKL_VIRTIO_BIT(bit)
#define F_RO		F(5)
#define F_FLUSH		F(9)
#define F_WCE		F(11)
#define F_DISCARD	F(13)
#define F_ZEROES	F(14)

enum { T_IN, T_OUT, T_FLUSH = 4, T_ID = 8, T_DISCARD = 11, T_ZEROES = 13 };

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct ring {
	struct desc desc[NUM] __attribute__((aligned(16)));
	struct { uint16_t flags, idx, ring[NUM], used_event; } avail;
	struct {
		uint16_t flags, idx;
		struct { uint32_t id, len; } ring[NUM];
		uint16_t avail_event;
	} used __attribute__((aligned(4)));
	/* Ours. */
	uint16_t avail_idx, last_used;
	uint32_t used_len;
};

struct request {
	struct { uint32_t type, ioprio; uint64_t sector; } header;
	uint8_t status;
};

struct driver {
	int slot;
	char *regs;
	uint64_t features;
	struct ring *ring[4];
	int queues;
	uint32_t ioprio;
};

static uint32_t reg_read(struct driver *d, unsigned int offset)
{
	uint32_t val = 0;

	ck_assert_int_eq(lkl_iomem_access(d->regs + offset, &val, 4, 0), 0);
	return val;
}

static void reg_write(struct driver *d, unsigned int offset, uint32_t val)
{
	ck_assert_int_eq(lkl_iomem_access(d->regs + offset, &val, 4, 1), 0);
}

static uint64_t reg_read64(struct driver *d, unsigned int offset)
{
	return reg_read(d, offset) | (uint64_t)reg_read(d, offset + 4) << 32;
}

static void reg_addr(struct driver *d, unsigned int offset, void *addr)
{
	reg_write(d, offset, (uintptr_t)addr);
	reg_write(d, offset + 4, (uint64_t)(uintptr_t)addr >> 32);
}

static uint32_t dev_status(struct driver *d)
{
	return reg_read(d, 0x70);
}

static void setup_queue(struct driver *d, int i)
{
	struct ring *r = d->ring[i];

	memset(r, 0, sizeof(*r));
	reg_write(d, 0x30, i);
	ck_assert_uint_ge(reg_read(d, 0x34), NUM);
	reg_write(d, 0x38, NUM);
	reg_addr(d, 0x80, r->desc);
	reg_addr(d, 0x90, &r->avail);
	reg_addr(d, 0xa0, &r->used);
	reg_write(d, 0x44, 1);
	ck_assert_uint_eq(reg_read(d, 0x44), 1);
}

/* Brings the device up with the features of @want that it has. */
static void probe_with(struct driver *d, int slot, uint64_t want, int queues)
{
	int i;

	d->slot = slot;
	d->queues = queues;
	d->regs = lkl_ioremap(lkl_iomem_base(slot), 0x200);
	ck_assert_ptr_nonnull(d->regs);
	reg_write(d, 0x70, 0);
	reg_write(d, 0x70, 1);
	reg_write(d, 0x70, 3);
	d->features = 0;
	for (i = 0; i < 2; i++) {
		reg_write(d, 0x14, i);
		d->features |= (uint64_t)reg_read(d, 0x10) << 32 * i;
	}
	d->features &= want;
	for (i = 0; i < 2; i++) {
		reg_write(d, 0x24, i);
		reg_write(d, 0x20, d->features >> 32 * i);
	}
	reg_write(d, 0x70, 11);
	ck_assert_uint_eq(dev_status(d), 11);
	for (i = 0; i < queues; i++) {
		if (!d->ring[i])
			d->ring[i] = aligned_alloc(64, (sizeof(struct ring) + 63) & ~63);
		setup_queue(d, i);
	}
	reg_write(d, 0x70, 15);
}

static void probe(struct driver *d, int slot)
{
	probe_with(d, slot, ~0ULL, 1);
}

static void free_driver(struct driver *d)
{
	int i;

	for (i = 0; i < 4; i++)
		free(d->ring[i]);
}

static void put_avail(struct ring *r, unsigned int head)
{
	r->avail.ring[r->avail_idx % NUM] = head;
	__atomic_store_n(&r->avail.idx, ++r->avail_idx, __ATOMIC_RELEASE);
}

static void kick(struct driver *d, int queue)
{
	reg_write(d, 0x50, queue);
}

/* Writes the chain header, @iov, status at @first of @table. */
static void fill_chain(struct desc *table, int first, struct request *rq,
		       const struct iovec *iov, int n, int in)
{
	int i;

	table[first] = (struct desc){
		(uintptr_t)&rq->header, sizeof(rq->header), DESC_NEXT, first + 1
	};
	for (i = 0; i < n; i++) {
		table[first + 1 + i] = (struct desc){
			(uintptr_t)iov[i].iov_base, iov[i].iov_len,
			DESC_NEXT | (in ? DESC_WRITE : 0), first + 2 + i
		};
	}
	table[first + 1 + n] = (struct desc){
		(uintptr_t)&rq->status, 1, DESC_WRITE, 0
	};
}

static void add(struct driver *d, int queue, int first, struct request *rq,
		int type, uint64_t sector, const struct iovec *iov, int n)
{
	struct ring *r = d->ring[queue];

	rq->header.type = type;
	rq->header.ioprio = d->ioprio;
	rq->header.sector = sector;
	rq->status = 0xee;
	fill_chain(r->desc, first, rq, iov, n, type == T_IN || type == T_ID);
	put_avail(r, first);
}

/* Waits for the next used element; its head. */
static int wait_used(struct driver *d, int queue)
{
	struct ring *r = d->ring[queue];
	int head;

	while (__atomic_load_n(&r->used.idx, __ATOMIC_ACQUIRE) == r->last_used) {
		struct timespec ts;

		__atomic_store_n(&r->avail.used_event, r->last_used, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&r->used.idx, __ATOMIC_SEQ_CST) != r->last_used)
			break;
		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_sec += 20;
		ck_assert_msg(!sem_timedwait(&irq_sem, &ts) || errno == EINTR,
			      "no interrupt");
		reg_write(d, 0x64, reg_read(d, 0x60));
	}
	head = r->used.ring[r->last_used % NUM].id;
	r->used_len = r->used.ring[r->last_used % NUM].len;
	r->last_used++;
	return head;
}

static int transfer(struct driver *d, int type, uint64_t sector,
		    const struct iovec *iov, int n)
{
	struct request rq;

	add(d, 0, 0, &rq, type, sector, iov, n);
	kick(d, 0);
	ck_assert_int_eq(wait_used(d, 0), 0);
	return rq.status;
}

static int rw(struct driver *d, int type, uint64_t sector, void *buf, size_t len)
{
	struct iovec iov = { buf, len };

	return transfer(d, type, sector, &iov, len ? 1 : 0);
}

static int range(struct driver *d, int type, uint64_t sector, uint32_t sectors,
		 uint32_t flags)
{
	struct { uint64_t sector; uint32_t sectors, flags; } r = {
		sector, sectors, flags
	};

	return rw(d, type, 0, &r, sizeof(r));
}

/* ---- disks -------------------------------------------------------------- */

static const char *const engines[] = { "inline", "threads", "uring" };

#define ENGINES		3

static char path[4096];

static int temp_file(off_t size)
{
	const char *dir = getenv("LKL_TEST_TMP");
	int fd;

	snprintf(path, sizeof(path), "%s/virtio-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	return fd;
}

static void drop_file(int fd)
{
	close(fd);
	unlink(path);
}

static void pattern(uint8_t *buf, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		buf[i] = seed >> 16;
	}
}

struct bed {
	struct lkl_disk disk;
	struct driver d;
};

static void plug_disk(struct bed *b, struct lkl_disk disk)
{
	int id;

	memset(b, 0, sizeof(*b));
	b->disk = disk;
	id = lkl_disk_add(&b->disk);
	ck_assert_int_ge(id, 0);
	ck_assert_int_eq(lkl_virtio_start(), 0);
	probe(&b->d, id);
}

static void plug_file(struct bed *b, int fd, int engine)
{
	/* Without liburing the threads stand in. */
	if (lkl_disk_set_engine(engines[engine]))
		ck_assert_int_eq(lkl_disk_set_engine("threads"), 0);
	plug_disk(b, (struct lkl_disk){ .fd = fd });
}

static void unplug(struct bed *b)
{
	lkl_virtio_stop();
	ck_assert_int_eq(lent, !!b->disk.ops);
	ck_assert_int_eq(lkl_disk_remove(b->disk), 0);
	ck_assert_int_eq(lent, 0);
	ck_assert_int_eq(lkl_disk_remove(b->disk), -ENOENT);
	free_driver(&b->d);
}

static void LKL_ABI do_nothing(void *arg)
{
	(void)arg;
}

static void setup(void)
{
	/* A sanitizer starts its own threads with the first one of ours. */
	thread_join(thread_create(do_nothing, NULL));
	sem_init(&irq_sem, 0, 0);
}

/* ---- transport ---------------------------------------------------------- */

START_TEST(registers)
{
	int fd = temp_file(1 << 20);
	uint32_t val;
	uint16_t half;
	struct bed b;

	plug_file(&b, fd, 1);
	ck_assert_uint_eq(reg_read(&b.d, 0x00), 0x74726976);
	ck_assert_uint_eq(reg_read(&b.d, 0x04), 2);
	ck_assert_uint_eq(reg_read(&b.d, 0x08), 2);
	ck_assert(b.d.features & F(LKL_VIRTIO_F_VERSION_1));
	ck_assert(b.d.features & F(LKL_VIRTIO_F_EVENT_IDX));
	ck_assert(b.d.features & F(LKL_VIRTIO_F_INDIRECT_DESC));
	ck_assert_uint_eq(reg_read64(&b.d, 0x100), 2048);
	/* No shared memory, no second queue, nothing behind the configuration. */
	ck_assert_uint_eq(reg_read(&b.d, 0xb0), 0xffffffff);
	reg_write(&b.d, 0x30, 1);
	ck_assert_uint_eq(reg_read(&b.d, 0x34), 0);
	ck_assert_uint_eq(reg_read(&b.d, 0x300), 0);

	ck_assert_int_eq(lkl_iomem_access(b.d.regs, &half, 2, 0), -EINVAL);
	ck_assert_int_eq(lkl_iomem_access(b.d.regs + 2, &val, 4, 0), -EINVAL);
	ck_assert_int_eq(lkl_iomem_access(b.d.regs + 0x1000, &val, 4, 0), -ENODEV);
	ck_assert_int_eq(lkl_iomem_access(NULL, &val, 4, 0), -ENODEV);
	ck_assert_int_eq(lkl_iomem_access((void *)-4L, &val, 4, 0), -ENODEV);
	ck_assert_ptr_null(lkl_ioremap(0, 4));
	ck_assert_ptr_null(lkl_ioremap(lkl_iomem_base(b.d.slot + 1), 4));
	ck_assert_ptr_null(lkl_ioremap(lkl_iomem_base(b.d.slot), 1 << 20));
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(features_must_fit)
{
	int fd = temp_file(1 << 20);
	struct bed b;

	plug_file(&b, fd, 1);
	/* Without VERSION_1, then with one that was not offered. */
	reg_write(&b.d, 0x70, 0);
	reg_write(&b.d, 0x24, 1);
	reg_write(&b.d, 0x20, 0);
	reg_write(&b.d, 0x70, 11);
	ck_assert_uint_eq(dev_status(&b.d), 3);
	reg_write(&b.d, 0x20, 1);
	reg_write(&b.d, 0x24, 0);
	reg_write(&b.d, 0x20, 1u << 31);
	reg_write(&b.d, 0x70, 11);
	ck_assert_uint_eq(dev_status(&b.d), 3);
	reg_write(&b.d, 0x20, 0);
	reg_write(&b.d, 0x70, 11);
	ck_assert_uint_eq(dev_status(&b.d), 11);
	unplug(&b);
	drop_file(fd);
}
END_TEST

/* Makes the ring bad in the way of @kind, with the descriptors of a good read. */
static void spoil(struct driver *d, int kind, struct request *rq, uint8_t *buf)
{
	struct iovec iov = { buf, SECTOR };
	struct ring *r = d->ring[0];

	add(d, 0, 0, rq, T_IN, 0, &iov, 1);
	switch (kind) {
	case 0:		/* a loop */
		r->desc[1].next = 0;
		break;
	case 1:		/* out of the table */
		r->desc[1].next = NUM;
		break;
	case 2:		/* a head out of the table */
		r->avail.ring[0] = 0xffff;
		break;
	case 3:		/* more than fit */
		r->avail.idx = NUM + 1;
		break;
	case 4:		/* readable after writable */
		r->desc[2].flags = 0;
		break;
	case 5:		/* neither header nor status */
		r->desc[0].flags = 0;
		break;
	case 6:		/* indirect table of odd size */
		r->desc[0].flags = DESC_INDIRECT;
		r->desc[0].len = 17;
		break;
	case 7:		/* indirect and next */
		r->desc[0].flags = DESC_INDIRECT | DESC_NEXT;
		r->desc[0].len = 16;
		break;
	case 8:		/* nowhere */
		r->desc[1].addr = 0;
		break;
	case 9:		/* around the end of memory */
		r->desc[1].addr = -16ULL;
		break;
	case 10:	/* a header that is too short */
		r->desc[0].len = 8;
		break;
	case 11:	/* only readable buffers: no status */
		r->desc[1].flags = DESC_NEXT;
		r->desc[2].flags = 0;
		break;
	}
}

START_TEST(bad_ring)
{
	int fd = temp_file(1 << 20);
	uint8_t buf[SECTOR];
	struct request rq;
	struct bed b;

	plug_file(&b, fd, 1);
	spoil(&b.d, _i, &rq, buf);
	kick(&b.d, 0);
	ck_assert(dev_status(&b.d) & LKL_VIRTIO_S_NEEDS_RESET);
	ck_assert(reg_read(&b.d, 0x60) & 2);
	/* Nothing more happens, nothing crashes. */
	kick(&b.d, 0);
	probe(&b.d, b.d.slot);
	ck_assert_uint_eq(dev_status(&b.d), 15);
	ck_assert_int_eq(rw(&b.d, T_IN, 0, buf, SECTOR), 0);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(bad_queue_address)
{
	int fd = temp_file(1 << 20);
	struct bed b;

	plug_file(&b, fd, 1);
	reg_write(&b.d, 0x44, 0);
	ck_assert_uint_eq(reg_read(&b.d, 0x44), 0);
	reg_write(&b.d, 0x38, _i == 0 ? 3 : _i == 1 ? 1 << 16 : NUM);
	reg_addr(&b.d, 0x80, (char *)b.d.ring[0]->desc + (_i == 2 ? 8 : 0));
	reg_addr(&b.d, 0x90, _i == 3 ? NULL : &b.d.ring[0]->avail);
	reg_addr(&b.d, 0xa0, &b.d.ring[0]->used);
	reg_write(&b.d, 0x44, 1);
	ck_assert_uint_eq(reg_read(&b.d, 0x44), 0);
	ck_assert(dev_status(&b.d) & LKL_VIRTIO_S_NEEDS_RESET);
	kick(&b.d, 0);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(indirect)
{
	int fd = temp_file(4 << 20), i, n = 500;
	uint8_t *buf = malloc(n * SECTOR), *back = malloc(n * SECTOR);
	struct desc *table = aligned_alloc(16, (n + 2) * sizeof(*table));
	struct iovec *iov = calloc(n, sizeof(*iov));
	struct request rq = { .header = { T_OUT, 0, 16 } };
	struct bed b;

	plug_file(&b, fd, _i);
	pattern(buf, n * SECTOR, 1);
	for (i = 0; i < n; i++)
		iov[i] = (struct iovec){ buf + i * SECTOR, SECTOR };
	fill_chain(table, 0, &rq, iov, n, 0);
	b.d.ring[0]->desc[5] = (struct desc){
		(uintptr_t)table, (n + 2) * sizeof(*table), DESC_INDIRECT, 0
	};
	put_avail(b.d.ring[0], 5);
	kick(&b.d, 0);
	ck_assert_int_eq(wait_used(&b.d, 0), 5);
	ck_assert_uint_eq(rq.status, 0);
	ck_assert_int_eq(pread(fd, back, n * SECTOR, 16 * SECTOR), n * SECTOR);
	ck_assert_int_eq(memcmp(buf, back, n * SECTOR), 0);
	unplug(&b);
	drop_file(fd);
	free(iov);
	free(table);
	free(buf);
	free(back);
}
END_TEST

/* The event index says when to interrupt; without it, a flag does. */
START_TEST(interrupts_when_wanted)
{
	int fd = temp_file(1 << 20), i, before;
	uint64_t want = _i ? ~F(LKL_VIRTIO_F_EVENT_IDX) : ~0ULL;
	uint8_t buf[SECTOR];
	struct request rq[4];
	struct iovec iov = { buf, SECTOR };
	struct bed b;

	plug_file(&b, fd, 0);
	probe_with(&b.d, b.d.slot, want, 1);
	ck_assert_int_eq(rw(&b.d, T_IN, 0, buf, SECTOR), 0);
	reg_write(&b.d, 0x64, reg_read(&b.d, 0x60));
	before = irqs_raised;
	/* Only the third from now is worth an interrupt. */
	b.d.ring[0]->avail.used_event = b.d.ring[0]->last_used + 2;
	b.d.ring[0]->avail.flags = 1;
	for (i = 0; i < 4; i++) {
		add(&b.d, 0, i * 3, &rq[i], T_IN, 0, &iov, 1);
		if (i == 2)
			b.d.ring[0]->avail.flags = 0;
		if (i == 3)
			b.d.ring[0]->avail.flags = 1;
		kick(&b.d, 0);
		ck_assert_int_eq(irqs_raised - before, i >= 2);
		ck_assert_int_eq(!!irqs_held, i >= 2);
	}
	/* Held until the driver has acknowledged all of it; and a look at nothing lets go, too. */
	reg_write(&b.d, 0x64, 2);
	ck_assert_uint_ne(irqs_held, 0);
	reg_write(&b.d, 0x64, reg_read(&b.d, 0x60));
	ck_assert_uint_eq(irqs_held, 0);
	irqs_held = ~0ULL;
	ck_assert_uint_eq(reg_read(&b.d, 0x60), 0);
	ck_assert_uint_ne(irqs_held, ~0ULL);
	irqs_held = 0;
	ck_assert_uint_eq(b.d.ring[0]->used.idx, 5);
	if (!_i)
		ck_assert_uint_eq(b.d.ring[0]->used.avail_event, 5);
	unplug(&b);
	drop_file(fd);
}
END_TEST

static int count_dir(const char *name)
{
	DIR *dir = opendir(name);
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static int threads(void)
{
	return count_dir("/proc/self/task");
}

/* A thread that was joined may be listed a moment longer. */
static void expect_threads(int want)
{
	int i;

	/* An emulator has threads of its own. */
	if (emulated())
		return;
	for (i = 0; i < 1000 && threads() != want; i++)
		usleep(1000);
	ck_assert_int_eq(threads(), want);
}

START_TEST(kernels_come_and_go)
{
	int fd = temp_file(1 << 20), i, fds = 0, at_first = 0;
	uint8_t buf[4096] = { 1 };
	char want[100];
	struct bed b;

	plug_file(&b, fd, _i);
	for (i = 0; i < 50; i++) {
		ck_assert_int_eq(rw(&b.d, T_OUT, 8, buf, 4096), 0);
		ck_assert_int_eq(rw(&b.d, T_FLUSH, 0, NULL, 0), 0);
		if (i == 1) {
			fds = count_dir("/proc/self/fd");
			at_first = threads();
		}
		lkl_virtio_stop();
		ck_assert_int_eq(irqs_taken, 0);
		ck_assert_int_eq(lkl_virtio_start(), 0);
		snprintf(want, sizeof(want), " virtio_mmio.device=0x1000@0x%llx:5:%d",
			 lkl_iomem_base(b.d.slot), b.d.slot);
		ck_assert_str_eq(lkl_host_ops.virtio_devices, want);
		ck_assert_uint_eq(dev_status(&b.d), 0);
		probe(&b.d, b.d.slot);
	}
	ck_assert_int_eq(count_dir("/proc/self/fd"), fds);
	ck_assert_int_le(threads(), at_first + 3);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(hot_plug)
{
	int fd = temp_file(1 << 20), id, second;
	struct lkl_disk disk = { .fd = fd }, other = { .fd = fd };

	running = 1;
	id = lkl_disk_add(&disk);
	ck_assert_int_ge(id, 0);
	ck_assert_int_eq(call_nr, LKL_CALL_VIRTIO_ADD);
	ck_assert_int_eq(call_params[0], lkl_iomem_base(id));
	ck_assert_int_eq(call_params[1], 0x1000);
	ck_assert_int_eq(call_params[2], 5);
	ck_assert_int_eq(lkl_disk_platform_id(id), 100 + id);
	second = lkl_disk_add(&other);
	ck_assert_int_ne(id, second);

	remove_result = -EBUSY;
	ck_assert_int_eq(lkl_disk_remove(disk), -EBUSY);
	ck_assert_int_eq(lkl_disk_platform_id(id), 100 + id);
	remove_result = 0;
	ck_assert_int_eq(lkl_disk_remove(disk), 0);
	ck_assert_int_eq(call_params[0], 100 + id);
	ck_assert_int_eq(lkl_disk_platform_id(id), -ENOENT);
	ck_assert_int_eq(lkl_disk_platform_id(-1), -ENOENT);
	ck_assert_int_eq(lkl_disk_platform_id(second), 100 + second);
	ck_assert_int_eq(lkl_disk_remove(other), 0);
	ck_assert_int_eq(irqs_taken, 0);
	drop_file(fd);
}
END_TEST

START_TEST(slots_run_out)
{
	struct lkl_disk disk[LKL_IOMEM_SLOTS + 1];
	int fd = temp_file(1 << 20), i;

	for (i = 0; i < LKL_IOMEM_SLOTS; i++) {
		disk[i] = (struct lkl_disk){ .fd = fd };
		ck_assert_int_eq(lkl_disk_add(&disk[i]), i);
	}
	disk[i] = (struct lkl_disk){ .fd = fd };
	ck_assert_int_eq(lkl_disk_add(&disk[i]), -ENOSPC);
	ck_assert_int_eq(lkl_virtio_start(), 0);
	ck_assert_ptr_nonnull(strstr(lkl_host_ops.virtio_devices, ":63"));
	lkl_virtio_stop();
	for (i = 0; i < LKL_IOMEM_SLOTS; i++)
		ck_assert_int_eq(lkl_disk_remove(disk[i]), 0);
	drop_file(fd);
}
END_TEST

/* ---- disks in files ----------------------------------------------------- */

START_TEST(read_and_write)
{
	static const size_t sizes[] = { 512, 4096, 12800, 131072, 1 << 20, 3 << 20 };
	int fd = temp_file(16 << 20);
	uint8_t *buf = malloc(3 << 20), *back = malloc(3 << 20);
	struct bed b;
	size_t i;

	plug_file(&b, fd, _i);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t len = sizes[i];
		struct iovec iov[3] = {
			{ back, 512 }, { back + 512, len > 512 ? 512 : 0 },
			{ back + 1024, len > 1024 ? len - 1024 : 0 },
		};

		pattern(buf, len, i);
		ck_assert_int_eq(rw(&b.d, T_OUT, 100 + i, buf, len), 0);
		ck_assert_uint_eq(b.d.ring[0]->used_len, 1);
		memset(back, 0, len);
		ck_assert_int_eq(pread(fd, back, len, (100 + i) * SECTOR), len);
		ck_assert_int_eq(memcmp(buf, back, len), 0);
		memset(back, 0, len);
		ck_assert_int_eq(transfer(&b.d, T_IN, 100 + i, iov, 3), 0);
		ck_assert_uint_eq(b.d.ring[0]->used_len, len + 1);
		ck_assert_int_eq(memcmp(buf, back, len), 0);
	}
	unplug(&b);
	drop_file(fd);
	free(buf);
	free(back);
}
END_TEST

/* Reads that the host has not cached cannot be done at once. */
START_TEST(cold_reads)
{
	int fd = temp_file(16 << 20), i, n = 16;
	uint8_t *buf = malloc(16 << 20), *back = malloc(16 << 20);
	struct request rq[16];
	struct bed b;

	pattern(buf, 16 << 20, 7);
	ck_assert_int_eq(pwrite(fd, buf, 16 << 20, 0), 16 << 20);
	ck_assert_int_eq(fsync(fd), 0);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	plug_file(&b, fd, _i);
	for (i = 0; i < n; i++) {
		struct iovec iov = { back + i * 8192, 8192 };

		add(&b.d, 0, i * 3, &rq[i], T_IN, i * 1777, &iov, 1);
	}
	kick(&b.d, 0);
	for (i = 0; i < n; i++)
		wait_used(&b.d, 0);
	for (i = 0; i < n; i++) {
		ck_assert_uint_eq(rq[i].status, 0);
		ck_assert_int_eq(memcmp(buf + i * 1777 * SECTOR, back + i * 8192, 8192), 0);
	}
	unplug(&b);
	drop_file(fd);
	free(buf);
	free(back);
}
END_TEST

/* Many requests at once, over several queues, for a while. */
START_TEST(many)
{
	enum { PER_QUEUE = 20, ROUNDS = 60, LEN = 4096 };
	int fd = temp_file(16 << 20), queues = 3, q, i, round;
	uint8_t *mem = malloc(queues * PER_QUEUE * LEN), *back = malloc(LEN);
	struct request rq[3][PER_QUEUE];
	struct bed b;

	ck_assert_int_eq(lkl_disk_set_queues(queues), 0);
	plug_file(&b, fd, _i);
	probe_with(&b.d, b.d.slot, ~0ULL, queues);
	for (round = 0; round < ROUNDS; round++) {
		int write = round % 2 == 0;

		for (q = 0; q < queues; q++) {
			for (i = 0; i < PER_QUEUE; i++) {
				uint8_t *p = mem + (q * PER_QUEUE + i) * LEN;
				struct iovec iov = { p, LEN };

				if (write)
					pattern(p, LEN, round * 100 + i);
				else
					memset(p, 0, LEN);
				add(&b.d, q, i * 3, &rq[q][i], write ? T_OUT : T_IN,
				    (q * PER_QUEUE + i) * 8, &iov, 1);
			}
			kick(&b.d, q);
		}
		for (q = 0; q < queues; q++) {
			uint64_t seen = 0;

			for (i = 0; i < PER_QUEUE; i++)
				seen |= 1ULL << (wait_used(&b.d, q) / 3);
			ck_assert_uint_eq(seen, (1ULL << PER_QUEUE) - 1);
			for (i = 0; i < PER_QUEUE; i++) {
				ck_assert_uint_eq(rq[q][i].status, 0);
				pattern(back, LEN, (round & ~1) * 100 + i);
				ck_assert_int_eq(memcmp(back,
					mem + (q * PER_QUEUE + i) * LEN, LEN), 0);
			}
		}
	}
	unplug(&b);
	drop_file(fd);
	free(mem);
	free(back);
}
END_TEST

START_TEST(flush)
{
	int fd = temp_file(1 << 20);
	uint8_t buf[SECTOR] = { 1 };
	struct bed b;

	plug_file(&b, fd, _i);
	ck_assert(b.d.features & F_FLUSH);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, SECTOR), 0);
	ck_assert_int_eq(syncs, 0);
	ck_assert_int_eq(rw(&b.d, T_FLUSH, 0, NULL, 0), 0);
	/* The ring makes the call itself. */
	if (strcmp(engines[_i], "uring"))
		ck_assert_int_eq(syncs, 1);
	unplug(&b);
	drop_file(fd);
}
END_TEST

/* Without a write cache, or a driver that knows of it, writes are durable. */
START_TEST(write_through)
{
	int fd = temp_file(1 << 20);
	uint8_t buf[SECTOR] = { 1 }, wce = 0;
	struct bed b;

	plug_file(&b, fd, _i);
	ck_assert_int_eq(lkl_iomem_access(b.d.regs + 0x120, &wce, 1, 1), 0);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, SECTOR), 0);
	ck_assert_int_eq(syncs, 1);
	ck_assert_int_eq(range(&b.d, T_ZEROES, 0, 8, 0), 0);
	ck_assert_int_eq(syncs, 2);
	wce = 1;
	ck_assert_int_eq(lkl_iomem_access(b.d.regs + 0x120, &wce, 1, 1), 0);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, SECTOR), 0);
	ck_assert_int_eq(syncs, 2);
	probe_with(&b.d, b.d.slot, ~(F_FLUSH | F_WCE), 1);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, SECTOR), 0);
	ck_assert_int_eq(syncs, 3);
	/* No other field can be written. */
	ck_assert_int_eq(lkl_iomem_access(b.d.regs + 0x100, buf, 1, 1), 0);
	ck_assert_uint_eq(reg_read64(&b.d, 0x100), 2048);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(discard)
{
	int fd = temp_file(0);
	uint8_t *buf = malloc(1 << 20), *back = malloc(1 << 20);
	struct bed b;

	memset(buf, 0x55, 1 << 20);
	ck_assert_int_eq(pwrite(fd, buf, 1 << 20, 0), 1 << 20);
	plug_file(&b, fd, _i);
	if (!(b.d.features & F_DISCARD)) {
		printf("skip discard: this file system punches no holes\n");
		unplug(&b);
		drop_file(fd);
		return;
	}
	ck_assert_int_eq(range(&b.d, T_DISCARD, 512, 256, 0), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_HOLE), 512 * SECTOR);
	ck_assert_int_eq(lseek(fd, 512 * SECTOR, SEEK_DATA), 768 * SECTOR);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), 1 << 20);
	/* The unmap flag is not for discard, and more than the disk is too much. */
	ck_assert_int_eq(range(&b.d, T_DISCARD, 0, 8, 1), 2);
	ck_assert_int_eq(range(&b.d, T_DISCARD, 2048, 1, 0), 1);
	ck_assert_int_eq(range(&b.d, T_DISCARD, 2000, 100, 0), 1);
	ck_assert_int_eq(range(&b.d, T_DISCARD, ~0ULL, 8, 0), 1);
	ck_assert_int_eq(range(&b.d, T_DISCARD, 0, 0, 0), 1);
	unplug(&b);
	drop_file(fd);
	free(buf);
	free(back);
}
END_TEST

START_TEST(write_zeroes)
{
	int fd = temp_file(0), i, unmap;
	uint8_t *buf = malloc(4 << 20), *back = malloc(4 << 20);
	struct bed b;

	plug_file(&b, fd, _i);
	unplug(&b);
	for (unmap = 0; unmap < 2; unmap++) {
		memset(buf, 0x55, 4 << 20);
		ck_assert_int_eq(pwrite(fd, buf, 4 << 20, 0), 4 << 20);
		plug_file(&b, fd, _i);
		ck_assert(b.d.features & F_ZEROES);
		/* Not on page boundaries; little, and a lot. */
		ck_assert_int_eq(range(&b.d, T_ZEROES, 9, 20, unmap), 0);
		ck_assert_int_eq(range(&b.d, T_ZEROES, 1001, 5000, unmap), 0);
		ck_assert_int_eq(range(&b.d, T_ZEROES, 0, 8, 2), 2);
		ck_assert_int_eq(pread(fd, back, 4 << 20, 0), 4 << 20);
		memset(buf + 9 * SECTOR, 0, 20 * SECTOR);
		memset(buf + 1001 * SECTOR, 0, 5000 * SECTOR);
		ck_assert_int_eq(memcmp(buf, back, 4 << 20), 0);
		/* Space stays reserved unless it may go. */
		i = lseek(fd, 0, SEEK_HOLE) < 4 << 20;
		if (unmap && b.d.features & F_DISCARD)
			ck_assert(i);
		unplug(&b);
	}
	drop_file(fd);
	free(buf);
	free(back);
}
END_TEST

START_TEST(read_only)
{
	int rw_fd = temp_file(1 << 20), fd = open(path, O_RDONLY);
	uint8_t buf[SECTOR] = { 1 };
	struct bed b;

	plug_file(&b, fd, _i);
	ck_assert(b.d.features & F_RO);
	ck_assert(!(b.d.features & (F_DISCARD | F_ZEROES)));
	ck_assert_int_eq(rw(&b.d, T_IN, 0, buf, SECTOR), 0);
	ck_assert_uint_eq(buf[0], 0);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, SECTOR), 1);
	ck_assert_int_eq(range(&b.d, T_ZEROES, 0, 8, 0), 2);
	ck_assert_int_eq(rw(&b.d, T_FLUSH, 0, NULL, 0), 0);
	unplug(&b);
	close(rw_fd);
	drop_file(fd);
}
END_TEST

START_TEST(beyond_two_tib)
{
	const uint64_t tib = 1ULL << 40, sector = 5 * (tib / SECTOR) + 77;
	int fd = temp_file(0);
	uint8_t buf[4096], back[4096];
	struct bed b;

	if (ftruncate(fd, 6 * tib)) {
		printf("skip beyond_two_tib: no such large files here\n");
		drop_file(fd);
		return;
	}
	plug_file(&b, fd, _i);
	ck_assert_uint_eq(reg_read64(&b.d, 0x100), 6 * (tib / SECTOR));
	pattern(buf, sizeof(buf), 3);
	ck_assert_int_eq(rw(&b.d, T_OUT, sector, buf, sizeof(buf)), 0);
	ck_assert_int_eq(pread(fd, back, sizeof(back), sector * SECTOR), sizeof(back));
	ck_assert_int_eq(memcmp(buf, back, sizeof(buf)), 0);
	ck_assert_int_eq(rw(&b.d, T_IN, sector, back, sizeof(back)), 0);
	ck_assert_int_eq(memcmp(buf, back, sizeof(buf)), 0);
	if (b.d.features & F_DISCARD)
		ck_assert_int_eq(range(&b.d, T_DISCARD, sector & ~7ULL, 4096, 0), 0);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(refused_requests)
{
	int fd = temp_file(1 << 20);
	uint8_t buf[1024];
	struct iovec iov[2] = { { buf, 12 }, { buf + 12, 8 } };
	struct bed b;

	plug_file(&b, fd, _i);
	ck_assert_int_eq(rw(&b.d, T_IN, 2048, buf, SECTOR), 1);
	ck_assert_uint_eq(b.d.ring[0]->used_len, 1);
	ck_assert_int_eq(rw(&b.d, T_IN, 2047, buf, 1024), 1);
	ck_assert_int_eq(rw(&b.d, T_IN, ~0ULL, buf, SECTOR), 1);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, 100), 1);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, NULL, 0), 1);
	ck_assert_int_eq(rw(&b.d, 99, 0, buf, SECTOR), 2);
	ck_assert_int_eq(rw(&b.d, T_ZEROES, 0, buf, 32), 1);
	/* The name, into two pieces. */
	ck_assert_int_eq(transfer(&b.d, T_ID, 0, iov, 2), 0);
	ck_assert_uint_eq(b.d.ring[0]->used_len, 21);
	ck_assert_int_eq(memcmp(buf, "lkl-", 4), 0);
	ck_assert_uint_eq(dev_status(&b.d), 15);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(image_ends_inside_a_sector)
{
	int fd = temp_file(0);
	uint8_t buf[1024], back[1024];
	struct bed b;

	memset(buf, 0x77, sizeof(buf));
	ck_assert_int_eq(pwrite(fd, buf, 700, 0), 700);
	plug_file(&b, fd, _i);
	ck_assert_uint_eq(reg_read64(&b.d, 0x100), 2);
	ck_assert_int_eq(rw(&b.d, T_IN, 0, back, 1024), 0);
	ck_assert_int_eq(memcmp(back, buf, 700), 0);
	memset(buf, 0, sizeof(buf));
	ck_assert_int_eq(memcmp(back + 700, buf, 324), 0);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, back, 1024), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), 1024);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(file_shrinks)
{
	int fd = temp_file(1 << 20);
	uint8_t buf[4096];
	struct bed b;

	plug_file(&b, fd, _i);
	ck_assert_int_eq(rw(&b.d, T_IN, 1024, buf, 4096), 0);
	ck_assert_int_eq(ftruncate(fd, 1024 * SECTOR + 512), 0);
	ck_assert_int_eq(rw(&b.d, T_IN, 1024, buf, 512), 0);
	ck_assert_int_eq(rw(&b.d, T_IN, 1024, buf, 4096), 1);
	ck_assert_int_eq(rw(&b.d, T_IN, 1100, buf, 4096), 1);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(no_space)
{
	struct rlimit limit = { 64 << 10, 64 << 10 };
	int fd = temp_file(1 << 20);
	uint8_t buf[4096] = { 0 };
	struct bed b;

	signal(SIGXFSZ, SIG_IGN);
	plug_file(&b, fd, _i);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, 4096), 0);
	ck_assert_int_eq(rw(&b.d, T_OUT, 1024, buf, 4096), 1);
	/* Half of it fits. */
	ck_assert_int_eq(rw(&b.d, T_OUT, 124, buf, 4096), 1);
	unplug(&b);
	drop_file(fd);
}
END_TEST

START_TEST(files_that_are_none)
{
	struct lkl_disk disk = { .fd = -1 };
	int fd, pipes[2];

	ck_assert_int_eq(lkl_disk_add(NULL), -EINVAL);
	ck_assert_int_eq(lkl_disk_add(&disk), -EBADF);
	ck_assert_ptr_null(disk.dev);
	ck_assert_int_eq(pipe(pipes), 0);
	disk.fd = pipes[0];
	ck_assert_int_eq(lkl_disk_add(&disk), -EINVAL);
	fd = temp_file(4096);
	disk.fd = open(path, O_WRONLY);
	ck_assert_int_eq(lkl_disk_add(&disk), -EBADF);
	close(disk.fd);
	disk.fd = open(path, O_RDWR | O_APPEND);
	ck_assert_int_eq(lkl_disk_add(&disk), -EINVAL);
	close(disk.fd);
	ck_assert_int_eq(lkl_disk_remove(disk), -ENOENT);
	disk.dev = &disk;
	ck_assert_int_eq(lkl_disk_remove(disk), -ENOENT);
	ck_assert_int_eq(lkl_disk_set_engine("steam"), -ENOENT);
	ck_assert_int_eq(lkl_disk_set_queues(0), -EINVAL);
	drop_file(fd);
}
END_TEST

START_TEST(memory_file)
{
	int fd = memfd_create("disk", 0), before = threads();
	uint8_t buf[SECTOR] = { 5 }, back[SECTOR];
	struct bed b;

	ck_assert_int_eq(ftruncate(fd, 1 << 20), 0);
	lkl_disk_set_engine(NULL);
	plug_disk(&b, (struct lkl_disk){ .fd = fd });
	ck_assert_int_eq(rw(&b.d, T_OUT, 3, buf, SECTOR), 0);
	ck_assert_int_eq(rw(&b.d, T_IN, 3, back, SECTOR), 0);
	ck_assert_int_eq(memcmp(buf, back, SECTOR), 0);
	ck_assert_int_eq(rw(&b.d, T_FLUSH, 0, NULL, 0), 0);
	ck_assert_int_eq(range(&b.d, T_DISCARD, 0, 2048, 0), 0);
	ck_assert_int_eq(rw(&b.d, T_OUT, 3, buf, SECTOR), 0);
	ck_assert_int_eq(range(&b.d, T_ZEROES, 0, 2048, 0), 0);
	ck_assert_int_eq(rw(&b.d, T_IN, 3, back, SECTOR), 0);
	ck_assert_uint_eq(back[0], 0);
	/* All of it without a thread, if reads may give up instead of waiting. */
	if (!emulated())
		ck_assert_int_eq(threads(), before);
	unplug(&b);
	close(fd);
}
END_TEST

/* With two processors what is urgent is done at once, and what is large otherwise by a thread. */
START_TEST(urgent)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int fd = memfd_create("disk", 0), before = threads();
	uint8_t *buf = malloc(1 << 20), *back = malloc(1 << 20);
	struct bed b;

	ck_assert_int_eq(ftruncate(fd, 4 << 20), 0);
	lkl_disk_set_engine(NULL);
	plug_disk(&b, (struct lkl_disk){ .fd = fd });
	b.d.ioprio = 1 << 13;
	for (int i = 0; i < 2; i++) {
		pattern(buf, 1 << 20, i);
		memset(back, 0, 1 << 20);
		ck_assert_int_eq(rw(&b.d, T_OUT, 3, buf, 1 << 20), 0);
		ck_assert_int_eq(rw(&b.d, T_IN, 3, back, 1 << 20), 0);
		ck_assert_int_eq(memcmp(buf, back, 1 << 20), 0);
		if (!emulated())
			ck_assert_int_eq(threads() > before, processors > 2 - i);
		b.d.ioprio = 0;
	}
	unplug(&b);
	close(fd);
	free(buf);
	free(back);
}
END_TEST

/* A loop device over @image; its descriptor, or -1 where there are none. */
static int loop_open(const char *image, char *dev, size_t size)
{
	char command[sizeof(path) + 64];
	FILE *out;

	snprintf(command, sizeof(command), "losetup -f --show %s 2>/dev/null", image);
	out = popen(command, "r");
	if (!out || !fgets(dev, size, out))
		dev[0] = 0;
	dev[strcspn(dev, "\n")] = 0;
	if (out)
		pclose(out);
	return dev[0] ? open(dev, O_RDWR) : -1;
}

START_TEST(block_device)
{
	int fd = temp_file(1 << 20), loop;
	uint8_t *buf = malloc(1 << 20), *back = malloc(1 << 20);
	char dev[64], command[100];
	struct bed b;

	loop = loop_open(path, dev, sizeof(dev));
	if (loop < 0) {
		printf("skip block_device: no loop devices\n");
		drop_file(fd);
		return;
	}
	snprintf(command, sizeof(command), "losetup -d %s", dev);
	plug_file(&b, loop, _i);
	/* It goes when it is closed, whatever happens here. */
	ck_assert_int_eq(system(command), 0);
	ck_assert_uint_eq(reg_read64(&b.d, 0x100), 2048);
	pattern(buf, 1 << 20, 1);
	ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, 1 << 20), 0);
	ck_assert_int_eq(rw(&b.d, T_FLUSH, 0, NULL, 0), 0);
	ck_assert_int_eq(pread(fd, back, 1 << 20, 0), 1 << 20);
	ck_assert_int_eq(memcmp(buf, back, 1 << 20), 0);
	ck_assert_int_eq(range(&b.d, T_ZEROES, 8, 64, 0), 0);
	ck_assert_int_eq(range(&b.d, T_ZEROES, 80, 8, 1), 0);
	memset(buf + 8 * SECTOR, 0, 64 * SECTOR);
	memset(buf + 80 * SECTOR, 0, 8 * SECTOR);
	ck_assert_int_eq(rw(&b.d, T_IN, 0, back, 1 << 20), 0);
	ck_assert_int_eq(memcmp(buf, back, 1 << 20), 0);
	if (range(&b.d, T_DISCARD, 1024, 1024, 0) == 0)
		ck_assert_int_eq(lseek(fd, 0, SEEK_HOLE) < 1 << 20, 1);
	unplug(&b);
	close(loop);
	drop_file(fd);
	free(buf);
	free(back);
}
END_TEST

/* Where io_uring is forbidden the workers take over. */
START_TEST(no_io_uring)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, code };
	int fd = temp_file(1 << 20), i;
	uint8_t buf[4096] = { 9 };
	struct bed b;

	if (emulated()) {
		fprintf(stderr, "skip %s: the emulator knows no filters of system calls\n", __func__);
		close(fd);
		return;
	}
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
	plug_file(&b, fd, 2);
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(rw(&b.d, T_OUT, i, buf, 4096), 0);
		ck_assert_int_eq(rw(&b.d, T_FLUSH, 0, NULL, 0), 0);
	}
	ck_assert_int_eq(syncs, 20);
	unplug(&b);
	drop_file(fd);
}
END_TEST

/* The driver resets the device, or the disk goes, with requests at work. */
START_TEST(reset_at_work)
{
	int fd = temp_file(16 << 20), round, i;
	uint8_t *buf = calloc(8, 1 << 20);
	struct request rq[8];
	struct bed b;

	plug_file(&b, fd, _i);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 8; i++) {
			struct iovec iov = { buf + (i << 20), 1 << 20 };

			add(&b.d, 0, i * 3, &rq[i], T_OUT, i * 2048, &iov, 1);
		}
		kick(&b.d, 0);
		if (round == 19)
			break;
		probe(&b.d, b.d.slot);
	}
	unplug(&b);
	/* All have come to rest. */
	free(buf);
	drop_file(fd);
}
END_TEST

START_TEST(fork_at_rest)
{
	int fd = temp_file(1 << 20), status, round;
	uint8_t buf[4096], back[4096];
	struct bed b;
	pid_t pid;

	if (emulated()) {
		fprintf(stderr, "skip %s: the emulator cannot fork with threads\n", __func__);
		close(fd);
		return;
	}
	plug_file(&b, fd, _i);
	for (round = 0; round < 3; round++) {
		memset(buf, round + 1, sizeof(buf));
		ck_assert_int_eq(rw(&b.d, T_OUT, 0, buf, 4096), 0);
		lkl_virtio_fork_prepare();
		pid = fork();
		lkl_virtio_fork_done(!pid);
		memset(buf, pid ? 10 : 20, sizeof(buf));
		if (!pid) {
			ck_assert_int_eq(rw(&b.d, T_OUT, 8, buf, 4096), 1);
			ck_assert_int_eq(rw(&b.d, T_IN, 0, back, 4096), 0);
			ck_assert_int_eq(lkl_disk_take_over(b.disk), 0);
		}
		ck_assert_int_eq(rw(&b.d, T_OUT, pid ? 8 : 16, buf, 4096), 0);
		ck_assert_int_eq(rw(&b.d, T_FLUSH, 0, NULL, 0), 0);
		if (!pid) {
			unplug(&b);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		ck_assert_int_eq(pread(fd, back, 4096, 16 * SECTOR), 4096);
		ck_assert_uint_eq(back[0], 20);
		ck_assert_int_eq(pread(fd, back, 4096, 8 * SECTOR), 4096);
		ck_assert_uint_eq(back[0], 10);
	}
	unplug(&b);
	drop_file(fd);
}
END_TEST

/* ---- application-supplied operations ------------------------------------- */

static uint8_t store[1 << 20];
static int old_ops, requests, at_once;
static sem_t gate;

static int app_capacity(struct lkl_disk disk, unsigned long long *res)
{
	*res = disk.handle == store ? sizeof(store) + 100 : 0;
	return disk.handle ? 0 : -EPERM;
}

static int app_request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	uint8_t *p = (uint8_t *)disk.handle + req->sector * SECTOR;
	int i;

	ck_assert_int_eq(__atomic_fetch_add(&at_once, 1, __ATOMIC_SEQ_CST), 0);
	requests++;
	if (req->sector == 1000)
		sem_wait(&gate);
	__atomic_fetch_sub(&at_once, 1, __ATOMIC_SEQ_CST);
	if (req->type > 1 && old_ops)
		return LKL_DEV_BLK_STATUS_UNSUP;
	if (req->sector == 13)
		return -EIO;
	for (i = 0; i < req->count; i++) {
		size_t len = req->buf[i].iov_len;

		if (req->type == LKL_DEV_BLK_TYPE_READ)
			memcpy(req->buf[i].iov_base, p, len);
		else if (req->type == LKL_DEV_BLK_TYPE_WRITE)
			memcpy(p, req->buf[i].iov_base, len);
		else if (req->type == LKL_DEV_BLK_TYPE_WRITE_ZEROES)
			memset(p, 0, len);
		else if (req->type == LKL_DEV_BLK_TYPE_DISCARD)
			memset(p, 0xdd, len);
		p += len;
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static struct lkl_dev_blk_ops app_ops = {
	.get_capacity = app_capacity,
	.request = app_request,
};

START_TEST(app_disk)
{
	struct lkl_disk disk = { .handle = store, .ops = &app_ops };
	uint8_t buf[SECTOR], back[SECTOR];
	int before = threads();
	struct bed b;

	sem_init(&gate, 0, 0);
	old_ops = _i;
	plug_disk(&b, disk);
	ck_assert_uint_eq(reg_read64(&b.d, 0x100), 2048);
	pattern(buf, SECTOR, 1);
	ck_assert_int_eq(rw(&b.d, T_OUT, 20, buf, SECTOR), 0);
	ck_assert_int_eq(rw(&b.d, T_IN, 20, back, SECTOR), 0);
	ck_assert_int_eq(memcmp(buf, back, SECTOR), 0);
	ck_assert_int_eq(rw(&b.d, T_IN, 13, back, SECTOR), 1);
	ck_assert_int_eq(rw(&b.d, T_FLUSH, 0, NULL, 0), 0);
	ck_assert_int_eq(range(&b.d, T_DISCARD, 30, 8, 0), _i ? 2 : 0);
	ck_assert_uint_eq(store[30 * SECTOR], _i ? 0 : 0xdd);
	memset(store, 1, sizeof(store));
	ck_assert_int_eq(range(&b.d, T_ZEROES, 100, 1500, 1), 0);
	ck_assert_uint_eq(store[100 * SECTOR - 1], 1);
	ck_assert_uint_eq(store[100 * SECTOR], 0);
	ck_assert_uint_eq(store[1600 * SECTOR - 1], 0);
	ck_assert_uint_eq(store[1600 * SECTOR], 1);
	unplug(&b);
	expect_threads(before);
}
END_TEST

/* An operation that waits keeps nobody from notifying, in order. */
START_TEST(app_blocks)
{
	struct lkl_disk disk = { .handle = store, .ops = &app_ops };
	struct request rq[10];
	uint8_t buf[SECTOR];
	struct iovec iov = { buf, SECTOR };
	struct bed b;
	int i;

	sem_init(&gate, 0, 0);
	plug_disk(&b, disk);
	for (i = 0; i < 10; i++) {
		add(&b.d, 0, i * 3, &rq[i], T_IN, 1000 + i, &iov, 1);
		kick(&b.d, 0);
	}
	ck_assert_uint_eq(__atomic_load_n(&b.d.ring[0]->used.idx, __ATOMIC_ACQUIRE), 0);
	sem_post(&gate);
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(wait_used(&b.d, 0), i * 3);
	ck_assert_int_eq(requests, 10);

	/* A reset does not wait for it; the stop does. */
	add(&b.d, 0, 0, &rq[0], T_IN, 1000, &iov, 1);
	kick(&b.d, 0);
	probe(&b.d, b.d.slot);
	sem_post(&gate);
	ck_assert_int_eq(rw(&b.d, T_IN, 5, buf, SECTOR), 0);
	ck_assert_uint_eq(rq[0].status, 0);
	unplug(&b);
}
END_TEST

START_TEST(app_refuses)
{
	struct lkl_dev_blk_ops none = { 0 };
	struct lkl_disk disk = { .handle = NULL, .ops = &app_ops };

	ck_assert_int_eq(lkl_disk_add(&disk), -EPERM);
	disk.ops = &none;
	ck_assert_int_eq(lkl_disk_add(&disk), -EINVAL);
	ck_assert_int_eq(lent, 0);
}
END_TEST

/* ---- */

static TCase *tcase(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, NULL);
	suite_add_tcase(s, tc);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("virtio");
	TCase *tc = tcase(s, "transport");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, registers);
	tcase_add_test(tc, features_must_fit);
	tcase_add_loop_test(tc, bad_ring, 0, 12);
	tcase_add_loop_test(tc, bad_queue_address, 0, 4);
	tcase_add_loop_test(tc, indirect, 0, ENGINES);
	tcase_add_loop_test(tc, interrupts_when_wanted, 0, 2);
	tcase_add_loop_test(tc, kernels_come_and_go, 0, ENGINES);
	tcase_add_test(tc, hot_plug);
	tcase_add_test(tc, slots_run_out);

	tc = tcase(s, "files");
	tcase_add_loop_test(tc, read_and_write, 0, ENGINES);
	tcase_add_loop_test(tc, cold_reads, 0, ENGINES);
	tcase_add_loop_test(tc, many, 0, ENGINES);
	tcase_add_loop_test(tc, flush, 0, ENGINES);
	tcase_add_loop_test(tc, write_through, 0, ENGINES);
	tcase_add_loop_test(tc, discard, 0, ENGINES);
	tcase_add_loop_test(tc, write_zeroes, 0, ENGINES);
	tcase_add_loop_test(tc, read_only, 0, ENGINES);
	tcase_add_loop_test(tc, beyond_two_tib, 0, ENGINES);
	tcase_add_loop_test(tc, refused_requests, 0, ENGINES);
	tcase_add_loop_test(tc, image_ends_inside_a_sector, 0, ENGINES);
	tcase_add_loop_test(tc, file_shrinks, 0, ENGINES);
	tcase_add_loop_test(tc, no_space, 0, ENGINES);
	tcase_add_test(tc, files_that_are_none);
	tcase_add_test(tc, memory_file);
	tcase_add_test(tc, urgent);
	tcase_add_loop_test(tc, block_device, 0, ENGINES);
	tcase_add_test(tc, no_io_uring);
	tcase_add_loop_test(tc, reset_at_work, 0, ENGINES);
#ifdef __SANITIZE_THREAD__
	/* ThreadSanitizer allows no new threads in the child. */
	printf("skip fork_at_rest: not under ThreadSanitizer\n");
#else
	tcase_add_loop_test(tc, fork_at_rest, 0, ENGINES);
#endif

	tc = tcase(s, "application");
	tcase_add_loop_test(tc, app_disk, 0, 2);
	tcase_add_test(tc, app_blocks);
	tcase_add_test(tc, app_refuses);

	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

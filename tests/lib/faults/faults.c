// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <lkl_host.h>

#include "faults.h"
#include "wrap.h"

#define HOUR_NS		3600000000000ULL
#define TEN_YEARS_NS	(10 * 365 * 24 * HOUR_NS)
#define JUMPS_MAX	3
#define DELAYS_MAX	40
#define DELAY_MS_MAX	20
/* Registers of virtio-mmio devices. */
#define INTERRUPT_STATUS 0x60
#define INTERRUPT_ACK	0x64
#define STATUS		0x70

const char *const fault_names[FAULTS] = {
	[FAULT_NONE] = "none",
	[FAULT_MALLOC] = "malloc", [FAULT_SEM_ALLOC] = "sem_alloc",
	[FAULT_MMAP] = "mmap", [FAULT_PTHREAD] = "pthread_create", [FAULT_EVENTFD] = "eventfd",
	[FAULT_MEMFD] = "memfd_create", [FAULT_RING] = "io_uring",
	[FAULT_MUTEX_ALLOC] = "mutex_alloc", [FAULT_TLS_ALLOC] = "tls_alloc",
	[FAULT_TLS_SET] = "tls_set", [FAULT_IOREMAP] = "ioremap",
	[FAULT_WAKE] = "early wake-up", [FAULT_RESERVE] = "mem_reserve", [FAULT_ALIAS] = "mem_alias",
	[FAULT_MEM_ALLOC] = "mem_alloc", [FAULT_PAGE_ALLOC] = "page_alloc",
	[FAULT_TIMER_ALLOC] = "timer_alloc", [FAULT_TIMER_SET] = "timer_set_oneshot",
	[FAULT_THREAD] = "thread_create", [FAULT_JOIN] = "thread_join",
	[FAULT_DISK_ERROR] = "disk error",
	[FAULT_DISK_SLOW] = "slow disk", [FAULT_DISK_SHORT] = "short disk I/O",
	[FAULT_IO_ERROR] = "host I/O error", [FAULT_IO_SHORT] = "short host I/O",
	[FAULT_TIME] = "time", [FAULT_WALL_TIME] = "wall_time",
	[FAULT_IRQ_LOST] = "lost interrupt", [FAULT_IRQ_UNSEEN] = "unseen interrupt",
	[FAULT_IRQ_TWICE] = "doubled interrupt",
	[FAULT_IOMEM] = "iomem_access", [FAULT_RANDOM] = "random",
	[FAULT_DELAY] = "delay", [FAULT_MIXED] = "mixed",
};

static struct lkl_host_operations real;
static struct fault_plan plan;
static unsigned int calls;

/* Spreads @x: multiplies by an odd number, folds, as is usual. */
static uint64_t spread(uint64_t x)
{
	for (int i = 0; i < 3; i++) {
		x *= 0x9e3779b97f4a7c15;
		x ^= x >> 29;
	}
	return x;
}

/* Of these there may be so many in a run; 0: any number. */
static unsigned int most(enum fault fault)
{
	/*
	 * A clock that gains an hour with every few looks at it is ahead of the kernel's
	 * ticks for ever.
	 */
	if (fault == FAULT_TIME)
		return JUMPS_MAX;
	return fault == FAULT_DELAY ? DELAYS_MAX : 0;
}

/* One call in 16, 32, ... 4096, by the seed. */
static int hit_seeded(enum fault fault)
{
	static unsigned int counts[FAULTS], hits[FAULTS];
	unsigned int n = __atomic_fetch_add(&counts[fault], 1, __ATOMIC_RELAXED);
	uint64_t h = spread(((uint64_t)plan.seed << 40 | (uint64_t)fault << 32 | n) + 1);

	if (h % (16 << plan.seed % 9))
		return 0;
	if (most(fault) &&
	    __atomic_fetch_add(&hits[fault], 1, __ATOMIC_RELAXED) >= most(fault))
		return 0;
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	return 1;
}

int faults_hit(enum fault fault)
{
	enum fault planned = __atomic_load_n(&plan.fault, __ATOMIC_ACQUIRE);
	unsigned int n;

	if (planned != fault && planned != FAULT_MIXED)
		return 0;
	if (planned >= FAULT_SEEDED)
		return hit_seeded(fault);
	n = __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	return n >= plan.after && n - plan.after < plan.times;
}

int faults_of_host_files(enum fault fault)
{
	return fault == FAULT_EVENTFD || fault == FAULT_RING || fault == FAULT_IO_ERROR ||
	       fault == FAULT_IO_SHORT;
}

int faults_of_disk(enum fault fault)
{
	return fault == FAULT_DISK_ERROR || fault == FAULT_DISK_SHORT ||
	       fault == FAULT_DISK_SLOW;
}

void faults_begin(const struct fault_plan *p)
{
	plan.after = p->after;
	plan.times = p->times;
	plan.seed = p->seed;
	calls = 0;
	__atomic_store_n(&plan.fault, p->fault, __ATOMIC_RELEASE);
}

unsigned int faults_end(void)
{
	unsigned int n = __atomic_load_n(&calls, __ATOMIC_RELAXED);

	if (__atomic_exchange_n(&plan.fault, FAULT_NONE, __ATOMIC_ACQ_REL) >= FAULT_SEEDED)
		return n;
	n = n > plan.after ? n - plan.after : 0;
	return n < plan.times ? n : plan.times;
}

void faults_delay(void)
{
	static unsigned int n;

	if (faults_hit(FAULT_DELAY))
		usleep(1000 + spread(plan.seed + __atomic_fetch_add(&n, 1, __ATOMIC_RELAXED)) %
			      (DELAY_MS_MAX * 1000));
}

/* ---- host operations -------------------------------------------------------- */

static struct lkl_sem *LKL_ABI sem_alloc(int count)
{
	return faults_hit(FAULT_SEM_ALLOC) ? NULL : real.sem_alloc(count);
}

static struct lkl_mutex *LKL_ABI mutex_alloc(int recursive)
{
	return faults_hit(FAULT_MUTEX_ALLOC) ? NULL : real.mutex_alloc(recursive);
}

static struct lkl_tls_key *LKL_ABI tls_alloc(void (LKL_ABI *destructor)(void *))
{
	return faults_hit(FAULT_TLS_ALLOC) ? NULL : real.tls_alloc(destructor);
}

static int LKL_ABI tls_set(struct lkl_tls_key *key, void *data)
{
	return data && faults_hit(FAULT_TLS_SET) ? -1 : real.tls_set(key, data);
}

static void *LKL_ABI host_ioremap(long long addr, int size)
{
	return faults_hit(FAULT_IOREMAP) ? NULL : real.ioremap(addr, size);
}

/* What a thread is to do that starts late. */
struct late {
	void (LKL_ABI *f)(void *);
	void *arg;
};

static void LKL_ABI start_late(void *arg)
{
	struct late late = *(struct late *)arg;

	free(arg);
	usleep(DELAY_MS_MAX * 1000);
	late.f(late.arg);
}

static lkl_thread_t create_late(void (LKL_ABI *f)(void *), void *arg)
{
	struct late *late = faults_malloc(sizeof(*late));
	lkl_thread_t thread;

	if (!late)
		return 0;
	late->f = f;
	late->arg = arg;
	thread = real.thread_create(start_late, late);
	if (!thread)
		free(late);
	return thread;
}

static lkl_thread_t LKL_ABI thread_create(void (LKL_ABI *f)(void *), void *arg)
{
	if (faults_hit(FAULT_THREAD))
		return 0;
	return faults_hit(FAULT_DELAY) ? create_late(f, arg) : real.thread_create(f, arg);
}

/* It has to be waited for all the same: what it used is given back then. */
static int LKL_ABI thread_join(lkl_thread_t tid)
{
	int ret = real.thread_join(tid);

	faults_delay();
	return faults_hit(FAULT_JOIN) ? -1 : ret;
}

static void *LKL_ABI mem_alloc(unsigned long long size)
{
	return faults_hit(FAULT_MEM_ALLOC) ? NULL : real.mem_alloc(size);
}

static void *LKL_ABI page_alloc(unsigned long long size)
{
	return faults_hit(FAULT_PAGE_ALLOC) ? NULL : real.page_alloc(size);
}

static struct lkl_timer *LKL_ABI timer_alloc(void (LKL_ABI *fn)(void *), void *arg)
{
	return faults_hit(FAULT_TIMER_ALLOC) ? NULL : real.timer_alloc(fn, arg);
}

static int LKL_ABI timer_set(struct lkl_timer *timer, unsigned long long ns)
{
	return faults_hit(FAULT_TIMER_SET) ? -1 : real.timer_set_oneshot(timer, ns);
}

static void LKL_ABI sem_up(struct lkl_sem *sem)
{
	faults_delay();
	real.sem_up(sem);
}

static void LKL_ABI sem_down(struct lkl_sem *sem)
{
	real.sem_down(sem);
	faults_delay();
}

static void *LKL_ABI mem_reserve(unsigned long long hint, unsigned long long size,
				 int backed)
{
	return faults_hit(FAULT_RESERVE) ? NULL : real.mem_reserve(hint, size, backed);
}

static int LKL_ABI mem_alias(void *addr, void *target, unsigned long long size, int write)
{
	faults_delay();
	return faults_hit(FAULT_ALIAS) ? -12 : real.mem_alias(addr, target, size, write);
}

static unsigned long long LKL_ABI jumping_time(void)
{
	static unsigned long long jumped;

	if (faults_hit(FAULT_TIME))
		__atomic_fetch_add(&jumped, HOUR_NS, __ATOMIC_RELAXED);
	return real.time() + __atomic_load_n(&jumped, __ATOMIC_RELAXED);
}

/* Waits are by the same clock. */
static int LKL_ABI sem_down_until(struct lkl_sem *sem, unsigned long long deadline)
{
	unsigned long long ahead = jumping_time() - real.time();
	int ret;

	if (deadline != LKL_TIME_NEVER)
		deadline = deadline > ahead ? deadline - ahead : 0;
	if (deadline != LKL_TIME_NEVER && faults_hit(FAULT_WAKE))
		return real.sem_down_until(sem, 0);
	ret = real.sem_down_until(sem, deadline);
	faults_delay();
	return ret;
}

static unsigned long long LKL_ABI jumping_wall_time(void)
{
	static unsigned int jumps;

	if (!faults_hit(FAULT_WALL_TIME))
		return real.wall_time();
	return jumps++ % 2 ? real.wall_time() - TEN_YEARS_NS : real.wall_time() + HOUR_NS;
}

static int LKL_ABI no_random(void *buf, int size)
{
	return faults_hit(FAULT_RANDOM) ? -1 : real.random(buf, size);
}

/* ---- registers ------------------------------------------------------------------ */

/*
 * Not what starts the device, its queues and requests: a driver of Linux cannot tell that this
 * was not heard, and waits for the answer for ever.
 */
static int may_fail(uintptr_t at, int write)
{
	return write ? at == INTERRUPT_ACK : at != STATUS;
}

static int LKL_ABI iomem_access(const volatile void *addr, void *val, int size, int write)
{
	uintptr_t at = (uintptr_t)addr & 0xfff;

	faults_delay();
	if (may_fail(at, write) && faults_hit(FAULT_IOMEM))
		return -5;
	if (write || at != INTERRUPT_STATUS)
		return real.iomem_access(addr, val, size, write);
	if (faults_hit(FAULT_IRQ_UNSEEN)) {
		*(uint32_t *)val = 0;
		return 0;
	}
	if (faults_hit(FAULT_IRQ_TWICE))
		faults_raise_all();
	return real.iomem_access(addr, val, size, write);
}

void faults_install(void)
{
	real = lkl_host_ops;
	lkl_host_ops.sem_alloc = sem_alloc;
	lkl_host_ops.sem_down_until = sem_down_until;
	lkl_host_ops.mutex_alloc = mutex_alloc;
	lkl_host_ops.tls_alloc = tls_alloc;
	lkl_host_ops.tls_set = tls_set;
	lkl_host_ops.ioremap = host_ioremap;
	lkl_host_ops.sem_up = sem_up;
	lkl_host_ops.sem_down = sem_down;
	lkl_host_ops.thread_create = thread_create;
	lkl_host_ops.thread_join = thread_join;
	lkl_host_ops.mem_alloc = mem_alloc;
	lkl_host_ops.page_alloc = page_alloc;
	lkl_host_ops.timer_alloc = timer_alloc;
	lkl_host_ops.timer_set_oneshot = timer_set;
	lkl_host_ops.mem_reserve = mem_reserve;
	lkl_host_ops.mem_alias = mem_alias;
	lkl_host_ops.time = jumping_time;
	lkl_host_ops.wall_time = jumping_wall_time;
	lkl_host_ops.iomem_access = iomem_access;
	lkl_host_ops.random = no_random;
}

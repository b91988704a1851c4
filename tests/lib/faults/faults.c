// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <lkl_host.h>

#include "faults.h"

#define HOUR_NS		3600000000000ULL
#define TEN_YEARS_NS	(10 * 365 * 24 * HOUR_NS)
#define JUMPS_MAX	3
/* Registers of virtio-mmio devices. */
#define INTERRUPT_STATUS 0x60
#define IRQS		32

const char *const fault_names[FAULTS] = {
	[FAULT_MALLOC] = "malloc", [FAULT_SEM_ALLOC] = "sem_alloc",
	[FAULT_MUTEX_ALLOC] = "mutex_alloc", [FAULT_TLS_ALLOC] = "tls_alloc",
	[FAULT_TLS_SET] = "tls_set", [FAULT_IOREMAP] = "ioremap",
	[FAULT_WAKE] = "early wake-up", [FAULT_RESERVE] = "mem_reserve", [FAULT_ALIAS] = "mem_alias",
	[FAULT_THREAD] = "thread_create", [FAULT_DISK_ERROR] = "disk error",
	[FAULT_DISK_SLOW] = "slow disk", [FAULT_DISK_SHORT] = "short disk I/O",
	[FAULT_TIME] = "time", [FAULT_WALL_TIME] = "wall_time",
	[FAULT_IRQ_LOST] = "lost interrupt", [FAULT_IRQ_UNSEEN] = "unseen interrupt",
	[FAULT_IRQ_TWICE] = "doubled interrupt",
	[FAULT_RANDOM] = "random", [FAULT_MIXED] = "mixed",
};

static struct lkl_host_operations real;
static struct fault_plan plan;
static unsigned int calls;

/*
 * One call in 16, 32, ... 4096, by the seed. The clock jumps a few times only: one that
 * gains an hour with every few looks at it is ahead of the kernel's ticks for ever.
 */
static int hit_mixed(enum fault fault)
{
	static unsigned int counts[FAULTS], jumps;
	unsigned int n = __atomic_fetch_add(&counts[fault], 1, __ATOMIC_RELAXED);
	uint64_t h = ((uint64_t)plan.seed << 40 | (uint64_t)fault << 32 | n) + 1;

	/* The usual way to spread bits: multiply by an odd number, fold. */
	for (int i = 0; i < 3; i++) {
		h *= 0x9e3779b97f4a7c15;
		h ^= h >> 29;
	}
	if (h % (16 << plan.seed % 9))
		return 0;
	if (fault == FAULT_TIME && __atomic_fetch_add(&jumps, 1, __ATOMIC_RELAXED) >= JUMPS_MAX)
		return 0;
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	return 1;
}

int faults_hit(enum fault fault)
{
	enum fault planned = __atomic_load_n(&plan.fault, __ATOMIC_ACQUIRE);
	unsigned int n;

	if (planned == FAULT_MIXED)
		return hit_mixed(fault);
	if (planned != fault)
		return 0;
	n = __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	return n >= plan.after && n - plan.after < plan.times;
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

	if (__atomic_exchange_n(&plan.fault, FAULT_NONE, __ATOMIC_ACQ_REL) == FAULT_MIXED)
		return n;
	n = n > plan.after ? n - plan.after : 0;
	return n < plan.times ? n : plan.times;
}

/* ---- memory of the library; the linker has its calls come here -------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
	return faults_hit(FAULT_MALLOC) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return faults_hit(FAULT_MALLOC) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return faults_hit(FAULT_MALLOC) ? NULL : __real_realloc(p, size);
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

static lkl_thread_t LKL_ABI thread_create(void (LKL_ABI *f)(void *), void *arg)
{
	return faults_hit(FAULT_THREAD) ? 0 : real.thread_create(f, arg);
}

static void *LKL_ABI mem_reserve(unsigned long long hint, unsigned long long size,
				 int backed)
{
	return faults_hit(FAULT_RESERVE) ? NULL : real.mem_reserve(hint, size, backed);
}

static int LKL_ABI mem_alias(void *addr, void *target, unsigned long long size, int write)
{
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

	if (deadline != LKL_TIME_NEVER)
		deadline = deadline > ahead ? deadline - ahead : 0;
	if (deadline != LKL_TIME_NEVER && faults_hit(FAULT_WAKE))
		return real.sem_down_until(sem, 0);
	return real.sem_down_until(sem, deadline);
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

/* ---- interrupts; the linker has the library's come here, too ------------------ */

int __real_lkl_trigger_irq(int irq);

int __wrap_lkl_trigger_irq(int irq)
{
	return faults_hit(FAULT_IRQ_LOST) ? 0 : __real_lkl_trigger_irq(irq);
}

static void raise_all(void)
{
	for (int irq = 1; irq < IRQS; irq++)
		__real_lkl_trigger_irq(irq);
}

static int LKL_ABI iomem_access(const volatile void *addr, void *val, int size, int write)
{
	if (write || ((uintptr_t)addr & 0xff) != INTERRUPT_STATUS)
		return real.iomem_access(addr, val, size, write);
	if (faults_hit(FAULT_IRQ_UNSEEN)) {
		*(uint32_t *)val = 0;
		return 0;
	}
	if (faults_hit(FAULT_IRQ_TWICE))
		raise_all();
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
	lkl_host_ops.thread_create = thread_create;
	lkl_host_ops.mem_reserve = mem_reserve;
	lkl_host_ops.mem_alias = mem_alias;
	lkl_host_ops.time = jumping_time;
	lkl_host_ops.wall_time = jumping_wall_time;
	lkl_host_ops.iomem_access = iomem_access;
	lkl_host_ops.random = no_random;
}

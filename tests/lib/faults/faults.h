/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host that fails on purpose: the host operations of the library, of which one kind
 * of call goes wrong by a plan. The same plan gives the same faults as long as the
 * threads do the same.
 */
#ifndef LKL_TEST_FAULTS_H
#define LKL_TEST_FAULTS_H

enum fault {
	FAULT_NONE,
	/*
	 * No memory: for the library itself (malloc and its like), semaphores, mutexes, what
	 * threads keep for themselves, the kernel's address space.
	 */
	FAULT_MALLOC,
	/* The same from the host's kernel: mappings, threads, descriptors, rings for a disk. */
	FAULT_MMAP,
	FAULT_PTHREAD,
	FAULT_EVENTFD,
	FAULT_MEMFD,
	FAULT_RING,
	FAULT_SEM_ALLOC,
	FAULT_MUTEX_ALLOC,
	FAULT_TLS_ALLOC,
	FAULT_TLS_SET,
	FAULT_RESERVE,
	FAULT_ALIAS,
	/* The same for what the kernel leaves to applications and device models, which have timers. */
	FAULT_MEM_ALLOC,
	FAULT_PAGE_ALLOC,
	FAULT_TIMER_ALLOC,
	FAULT_TIMER_SET,
	/* No more threads; or one that has ended, but was not there for who waited for it. */
	FAULT_THREAD,
	FAULT_JOIN,
	/* No registers of devices. */
	FAULT_IOREMAP,
	/* Who sleeps wakes up before it is time. */
	FAULT_WAKE,
	/* The disk answers with an error, late, or with only the first part read or written. */
	FAULT_DISK_ERROR,
	FAULT_DISK_SLOW,
	FAULT_DISK_SHORT,
	/* The host's own reading and writing, of disks in files and of sockets, does the same. */
	FAULT_IO_ERROR,
	FAULT_IO_SHORT,
	/* The clocks jump ahead by an hour; the date also back by ten years. */
	FAULT_TIME,
	FAULT_WALL_TIME,
	/* An interrupt does not arrive; is not seen by its driver; or comes twice. */
	FAULT_IRQ_LOST,
	FAULT_IRQ_UNSEEN,
	FAULT_IRQ_TWICE,
	/* Reading a register fails, or acknowledging an interrupt. */
	FAULT_IOMEM,
	/* No random numbers. */
	FAULT_RANDOM,
	/*
	 * Those that a seed spreads over a run. A call takes some ms longer: who waits wakes up
	 * late, threads start late, registers and interrupts are slow. And any of the above
	 * and this, now and then.
	 */
	FAULT_SEEDED,
	FAULT_DELAY = FAULT_SEEDED,
	FAULT_MIXED,
	FAULTS
};

struct fault_plan {
	enum fault fault;
	/* Calls of that kind that succeed first, and how many fail then. */
	unsigned int after, times;
	/* Which calls fail, and how often, if they are mixed. */
	unsigned int seed;
};

/* Whether @fault is one of the disk in memory alone. */
int faults_of_disk(enum fault fault);
/* Whether it is one of calls that only disks in files or devices over sockets need. */
int faults_of_host_files(enum fault fault);

extern const char *const fault_names[FAULTS];

/* Puts the failing operations into lkl_host_ops; nothing fails before faults_begin(). */
void faults_install(void);
void faults_begin(const struct fault_plan *plan);
/* Nothing fails any more. Returns how many calls have. */
unsigned int faults_end(void);

/* Whether this call of kind @fault is to go wrong; for disks of the test. */
int faults_hit(enum fault fault);
/* Sleeps for a while, if it is this call's turn. */
void faults_delay(void);

#endif

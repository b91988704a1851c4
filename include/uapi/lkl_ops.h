/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract between the kernel image and the host that runs it: the table of
 * functions that a host gives the kernel (struct lkl_host_operations) and the
 * table that the kernel image gives the host (struct lkl_image).
 *
 * Included by the kernel half (arch/lkl), by the hosts and by applications, so
 * it uses no other header and only types whose size is the same everywhere on
 * one instruction set. Every function pointer carries LKL_ABI: one x86-64 image
 * serves System V and Microsoft hosts alike.
 *
 * Contexts that the comments below speak of:
 *   token   called by the thread that holds the kernel CPU. Must not block, must
 *           not call back into the kernel (lkl_sys_* returns -EDEADLK there),
 *           lkl_trigger_irq() excepted.
 *   free    called without the kernel CPU held; may block.
 */
#ifndef LKL_OPS_H
#define LKL_OPS_H

#ifdef __x86_64__
#define LKL_ABI __attribute__((sysv_abi))
#else
#define LKL_ABI
#endif

/* Raised whenever a member of either table changes its place or its meaning. */
#define LKL_OPS_VERSION 6

typedef unsigned long long lkl_thread_t;

struct lkl_mutex;
struct lkl_sem;
struct lkl_tls_key;
struct lkl_timer;
struct lkl_pci_ops;

/* A deadline that never comes. */
#define LKL_TIME_NEVER 0xffffffffffffffffULL

struct lkl_host_operations {
	/* LKL_OPS_VERSION and sizeof(struct lkl_host_operations) of the host. */
	unsigned int version;
	unsigned int size;

	/* Appended to the kernel command line by lkl_start_kernel(); may be NULL. */
	const char *virtio_devices;

	/*
	 * Kernel log output, not NUL terminated. NULL drops it.
	 * token; may be called with kernel interrupts off.
	 */
	void (LKL_ABI *print)(const char *str, int len);
	/*
	 * The kernel panicked; its message went through print() before. If this
	 * is NULL or returns, the kernel stops: calls under way and all later
	 * ones return -EIO, until lkl_sys_halt() takes it away. token.
	 */
	void (LKL_ABI *panic)(void);

	/* Counting semaphores; sem_alloc() returns NULL without memory. free. */
	struct lkl_sem *(LKL_ABI *sem_alloc)(int count);
	void (LKL_ABI *sem_free)(struct lkl_sem *sem);
	/* Any context; never blocks. */
	void (LKL_ABI *sem_up)(struct lkl_sem *sem);
	/* Waits. free. */
	void (LKL_ABI *sem_down)(struct lkl_sem *sem);
	/*
	 * As sem_down(), but gives up at @deadline, in ns of time(); LKL_TIME_NEVER
	 * waits for ever. Returns 1 if the semaphore was taken, 0 at the deadline.
	 */
	int (LKL_ABI *sem_down_until)(struct lkl_sem *sem,
				      unsigned long long deadline);

	/* For applications and device models; the kernel itself takes none. */
	struct lkl_mutex *(LKL_ABI *mutex_alloc)(int recursive);
	void (LKL_ABI *mutex_free)(struct lkl_mutex *mutex);
	void (LKL_ABI *mutex_lock)(struct lkl_mutex *mutex);
	void (LKL_ABI *mutex_unlock)(struct lkl_mutex *mutex);

	/* Starts @f(@arg) on a new joinable thread; 0 on failure. Any context. */
	lkl_thread_t (LKL_ABI *thread_create)(void (LKL_ABI *f)(void *), void *arg);
	/* Nobody will join the calling thread. */
	void (LKL_ABI *thread_detach)(void);
	/* Ends the calling thread. free. */
	void (LKL_ABI *thread_exit)(void);
	/* Waits for @tid to end. 0, or -1 if there is no such thread. free. */
	int (LKL_ABI *thread_join)(lkl_thread_t tid);
	/* Any context. */
	lkl_thread_t (LKL_ABI *thread_self)(void);
	int (LKL_ABI *thread_equal)(lkl_thread_t a, lkl_thread_t b);
	/* Lowest address of the caller's stack; its size in bytes in @size. */
	void *(LKL_ABI *thread_stack)(unsigned long long *size);

	/* Thread-local storage; @destructor runs at thread exit on non-NULL data. */
	struct lkl_tls_key *(LKL_ABI *tls_alloc)(void (LKL_ABI *destructor)(void *));
	void (LKL_ABI *tls_free)(struct lkl_tls_key *key);
	int (LKL_ABI *tls_set)(struct lkl_tls_key *key, void *data);
	void *(LKL_ABI *tls_get)(struct lkl_tls_key *key);

	/* For applications and device models. Any memory, as by malloc(). */
	void *(LKL_ABI *mem_alloc)(unsigned long long size);
	void (LKL_ABI *mem_free)(void *mem);
	/* Zeroed, page-aligned memory; @size in bytes. */
	void *(LKL_ABI *page_alloc)(unsigned long long size);
	void (LKL_ABI *page_free)(void *addr, unsigned long long size);

	/*
	 * Reserves @size bytes of address space, at @hint if that is free
	 * (@hint 0: anywhere). Zeroed memory appears where it is first touched
	 * if @backed, otherwise every access faults until mem_alias().
	 * Returns the address or NULL; for memory that is not backed also if this
	 * host cannot alias single pages: then it is not asked to. Any context.
	 */
	void *(LKL_ABI *mem_reserve)(unsigned long long hint,
				     unsigned long long size, int backed);
	void (LKL_ABI *mem_release)(void *addr, unsigned long long size);
	/*
	 * Makes [@addr, @addr + @size), inside a reservation that is not backed,
	 * show the memory at @target, inside a backed one: a store through one is
	 * seen through the other. Both page-aligned. @write 0 makes it read-only.
	 * Returns 0 or a negative errno. token.
	 */
	int (LKL_ABI *mem_alias)(void *addr, void *target,
				 unsigned long long size, int write);
	/* Undoes mem_alias(); accesses fault again. Never fails. token. */
	void (LKL_ABI *mem_unalias)(void *addr, unsigned long long size);
	/*
	 * A hint: all of this backed memory is about to be written. Saves the
	 * cost of getting it page by page. Any context.
	 */
	void (LKL_ABI *mem_populate)(void *addr, unsigned long long size);
	/* Gives backed memory back; what it held is lost. It may be used again. token. */
	void (LKL_ABI *mem_discard)(void *addr, unsigned long long size);

	/* Monotonic clock in ns. Any context; called very often. */
	unsigned long long (LKL_ABI *time)(void);
	/* Wall clock in ns since 1970-01-01 UTC. Any context. */
	unsigned long long (LKL_ABI *wall_time)(void);

	/* For applications and device models; the kernel's timers need none. */
	struct lkl_timer *(LKL_ABI *timer_alloc)(void (LKL_ABI *fn)(void *), void *arg);
	int (LKL_ABI *timer_set_oneshot)(struct lkl_timer *timer,
					 unsigned long long delta_ns);
	void (LKL_ABI *timer_free)(struct lkl_timer *timer);

	/*
	 * Maps @size bytes of device registers at bus address @addr. Returns a
	 * cookie for iomem_access(), or NULL if no device is there. token.
	 */
	void *(LKL_ABI *ioremap)(long long addr, int size);
	/*
	 * Reads (@write 0) or writes @size bytes (1, 2, 4, 8) of *@val at the
	 * register @addr, counted from the cookie. 0 or a negative errno. token.
	 */
	int (LKL_ABI *iomem_access)(const volatile void *addr, void *val,
				    int size, int write);

	/* The host's number of the calling thread, for messages. */
	long long (LKL_ABI *gettid)(void);

	/* NULL without PCI. */
	struct lkl_pci_ops *pci_ops;

	/*
	 * Where the host keeps the bounds of the stack that a thread runs on, in
	 * bytes from the start of the thread's own block (x86-64: the base of %gs):
	 * the end of the stack, the lowest address in use of it, and the lowest
	 * of its memory. The kernel has them right wherever it changes stacks. All
	 * are 0 if there is no such thing.
	 */
	unsigned int stack_end;
	unsigned int stack_start;
	unsigned int stack_memory;

	/*
	 * Fills @buf with @size random bytes that nobody can guess; returns how many
	 * are filled. Seeds the kernel's generator where the processor cannot. May be
	 * NULL: then it gathers what it needs from the jitter of the clock. Any
	 * context.
	 */
	int (LKL_ABI *random)(void *buf, int size);

	/*
	 * For hosts whose devices can be looked after by the thread that waits on
	 * behalf of the kernel CPU, so that an event wakes the thread that needs it;
	 * may be NULL, both or none. idle_wait() is sem_down_until() in that thread.
	 * idle_poll() does what there is to do without waiting; it is called again and
	 * again for some tens of us before that. free, but inside a system call.
	 */
	int (LKL_ABI *idle_wait)(struct lkl_sem *sem, unsigned long long deadline);
	void (LKL_ABI *idle_poll)(void);
};

/*
 * A signal that has a handler, which the host calls, outside of the kernel. Further signals
 * of the thread wait until it has then given it back the signals that were @blocked before.
 */
struct lkl_signal {
	int number;
	/* The system call that returned with it is to be made again after the handler. */
	int restart;
	unsigned long long flags;	/* SA_SIGINFO: the handler takes @info as well */
	unsigned long long handler;
	unsigned long long blocked;
	unsigned long long info[16];	/* siginfo_t */
};

/*
 * What the kernel knows of a host thread. The host gives each thread that calls
 * the kernel storage of this size, zeroed when the kernel starts or since an
 * earlier thread that used it ended; keeps it until stop() returned, since the
 * kernel may still look at it; and reads nothing in it but @signal: if its number is not 0
 * when a system call returns, the host clears that and calls the handler.
 */
struct lkl_thread {
	struct lkl_signal signal;
	unsigned long long opaque[64];
};

/*
 * Calls beyond the system call table, made through struct lkl_image::syscall.
 * Parameters are those of the system call convention (six words).
 */
enum lkl_call {
	LKL_CALL_FIRST = 0x10000,
	/* (base, size, irq): adds a virtio-mmio device; its id or an errno. */
	LKL_CALL_VIRTIO_ADD = LKL_CALL_FIRST,
	/* (id): removes it. Blocks until the driver has let go of it. */
	LKL_CALL_VIRTIO_REMOVE,
	/* (): flushes every file system and stops the kernel for good. */
	LKL_CALL_HALT,
	/* (): frees whatever unmounted file systems still hold. */
	LKL_CALL_FLUSH_UNMOUNT,
	/* For tests and benchmarks: has a kernel thread do nothing, and waits for it. */
	LKL_CALL_WORK_ROUNDTRIP,
	/*
	 * For tests and benchmarks, (disks, size, buffers): fills the last two of
	 * @disks buffers of @size bytes, of which the pointers are an array, with the
	 * RAID-6 syndromes of the others. Nothing is checked.
	 */
	LKL_CALL_RAID6_SYNDROME,
	/*
	 * For fuzzers, (map, size): from now on each pair of basic blocks that the file
	 * systems run one after the other adds 1 to one of @size bytes, a power of two,
	 * at @map; nothing any more if @map is 0. -ENOSYS if the kernel was built
	 * without LKL_COVERAGE.
	 */
	LKL_CALL_COVERAGE,
	LKL_CALL_END,
};

/* What the kernel image offers; found at the ELF entry point of the image. */
struct lkl_image {
	unsigned int version;
	unsigned int size;

	/*
	 * Boots with @cmdline. Returns 0 when the kernel takes system calls, or a
	 * negative errno. Blocks meanwhile. Once for each mapping of the image.
	 */
	int (LKL_ABI *start)(const struct lkl_host_operations *ops,
			     struct lkl_thread *self, const char *cmdline);
	/* System call @nr, or enum lkl_call, with six parameters. May block. */
	long long (LKL_ABI *syscall)(struct lkl_thread *self, long long nr,
				     const long long *params);
	/*
	 * The calling thread makes no further call. May block. After stop(): frees
	 * what @self, of whichever thread, still has; called once for each.
	 */
	void (LKL_ABI *thread_exit)(struct lkl_thread *self);
	/* Raises interrupt @irq. Any thread, any context; never blocks. */
	int (LKL_ABI *trigger_irq)(int irq);
	/*
	 * A device holds interrupt @irq from before it raises it until the driver has
	 * acknowledged it: meanwhile the kernel looks again whenever it handles
	 * interrupts or timers, so none is lost for good. As above.
	 */
	void (LKL_ABI *hold_irq)(int irq, int held);
	int (LKL_ABI *get_free_irq)(const char *user);
	void (LKL_ABI *put_irq)(int irq, const char *user);
	/*
	 * @devices give the application addresses of guest memory, which system calls
	 * refuse (-EFAULT) while there are none, as at the start. One call at a time.
	 */
	void (LKL_ABI *lend)(int devices);
	/*
	 * Waits until no thread is left in the kernel, after LKL_CALL_HALT; the
	 * memory of the image may be unmapped when it returns.
	 */
	void (LKL_ABI *stop)(struct lkl_thread *self);
	/*
	 * An access to @addr from the instruction at @ip faulted. Returns where to
	 * continue, 0 if this fault is not the kernel's. Called from a fault
	 * handler of the host.
	 */
	unsigned long long (LKL_ABI *fault)(struct lkl_thread *self,
					    unsigned long long ip,
					    unsigned long long addr, int write);
	/*
	 * fork() of a process with a running kernel: prepare stops the kernel,
	 * done lets it go on, in the parent and in the child (@child 1). There
	 * only the calling thread exists; calls of others that were under way
	 * never end. 0 or a negative errno; done only after a prepare that
	 * returned 0.
	 */
	int (LKL_ABI *fork_prepare)(struct lkl_thread *self);
	int (LKL_ABI *fork_done)(struct lkl_thread *self, int child);
};

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host side of the library as an application sees it: starting and stopping
 * the kernel, its interrupts and its messages, disks; network devices are in
 * lkl_netdev.h and the configuration of the network in lkl_net.h, which this includes.
 * System calls are in lkl.h.
 *
 * Unless said otherwise a function may be called from any thread, and `err` stands
 * for a negative Linux errno, which lkl_strerror() turns into words.
 */
#ifndef LKL_HOST_H
#define LKL_HOST_H

#include <stdint.h>
#include <stddef.h>
#ifdef _WIN32
struct iovec {
	void *iov_base;
	size_t iov_len;
};
#else
#include <sys/uio.h>
#endif

#include <lkl_types.h>
#include <lkl_ops.h>
#include <lkl_net.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lets the compiler check arguments against a printf() format, that of C. */
#ifdef _WIN32
#define LKL_PRINTF(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#else
#define LKL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#endif

/**
 * lkl_host_ops - the host operations of this library
 *
 * A program may replace members before lkl_init(), or before lkl_start_kernel() if
 * it does not call lkl_init(). `lkl_host_ops.print = NULL` silences the console.
 */
extern struct lkl_host_operations lkl_host_ops;

/**
 * lkl_init() - prepare the library for lkl_start_kernel()
 * @ops: the operations that the kernel is to use, usually &lkl_host_ops; they must
 *	stay until lkl_cleanup()
 *
 * Return: 0, or err: -EINVAL if the version or the size of @ops is not that of this
 * library, -EBUSY after an lkl_init() that was not cleaned up, or while another thread
 * starts or halts a kernel.
 */
int lkl_init(struct lkl_host_operations *ops);

/**
 * lkl_cleanup() - undo lkl_init()
 *
 * Disks and other devices must have been removed, and the kernel halted, before. Not
 * while other threads make system calls.
 */
void lkl_cleanup(void);

/**
 * lkl_start_kernel() - boot the kernel
 * @fmt: the kernel command line, a printf() format for what follows, for instance
 *	"mem=%uM loglevel=4"; the kernel keeps a copy
 *
 * Blocks until the kernel takes system calls. Calls lkl_init(&lkl_host_ops) if the
 * program did not call lkl_init(). After lkl_sys_halt() it may be called again.
 *
 * Programs for older versions of this interface pass the host operations first:
 * `#define LKL_START_KERNEL_OPS_FIRST` before this header is included selects that
 * form, which is lkl_start_kernel_ops() under the name of lkl_start_kernel().
 *
 * Return: 0 or err; -EBUSY if the kernel is running, or another thread is starting or halting one.
 */
#ifndef LKL_START_KERNEL_OPS_FIRST
int lkl_start_kernel(const char *fmt, ...) LKL_PRINTF(1, 2);
#else
#define lkl_start_kernel lkl_start_kernel_ops
#endif

/**
 * lkl_start_kernel_ops() - prepare the library and boot the kernel
 * @ops: as for lkl_init(), which is called unless it was called with @ops before
 * @fmt: as for lkl_start_kernel()
 *
 * Return: as lkl_init() and lkl_start_kernel().
 */
int lkl_start_kernel_ops(struct lkl_host_operations *ops, const char *fmt, ...)
	LKL_PRINTF(2, 3);

/**
 * lkl_sys_halt() - stop the kernel
 *
 * Writes out every file system, stops all tasks of the kernel and gives its memory
 * back. System calls of other threads that are under way return -ESHUTDOWN, unless
 * they were done; later ones return -ENODEV until the kernel is started again. Blocks.
 *
 * Disks that were added stay with the library: remove them before, or after.
 *
 * Return: 0 or err: -ENODEV without a kernel, -ESHUTDOWN if another thread halted it at the
 * same time. After other errors, as of a thread for which the kernel has no memory left, it
 * goes on running.
 */
long lkl_sys_halt(void);

/**
 * lkl_is_running() - tell whether system calls are possible
 *
 * Return: 1 between a successful lkl_start_kernel() and lkl_sys_halt(), else 0.
 */
int lkl_is_running(void);

/**
 * lkl_syscall() - make a system call by number
 * @nr: number of the call, __lkl__NR_...
 * @params: six parameters, unused ones 0; read only
 *
 * What the functions lkl_sys_...() of lkl.h are made of. Blocks if the call does.
 *
 * Return: result or err. -ENODEV before the kernel runs and after it was halted,
 * -EDEADLK in a function that the kernel itself has called.
 */
lkl_long lkl_syscall(lkl_long nr, lkl_long *params);

/**
 * lkl_trigger_irq() - raise an interrupt of the kernel
 * @irq: number from lkl_get_free_irq()
 *
 * Never blocks, and may be called from signal handlers and from the host operations.
 * The handler runs soon, in whichever thread runs the kernel then. Whoever has devices of their
 * own stops them before lkl_sys_halt(): it must not be called while that goes on.
 *
 * Return: 0; -EINVAL if there is no such interrupt, -ENODEV if there is no kernel.
 */
int lkl_trigger_irq(int irq);

/**
 * lkl_get_free_irq() - reserve an interrupt number for a device
 * @user: who uses it, for messages; may be NULL
 *
 * Return: the number, above 0, or err: -EBUSY if all are taken, -ENODEV without a
 * kernel, whose interrupts they are.
 */
int lkl_get_free_irq(const char *user);

/**
 * lkl_put_irq() - give a number from lkl_get_free_irq() back
 * @irq: the number; no thread may raise it any more
 * @user: the same words as when it was reserved
 */
void lkl_put_irq(int irq, const char *user);

/**
 * lkl_printf() - print a message where the kernel's messages go
 * @fmt: a printf() format for what follows
 *
 * Uses print() of the host operations; nothing is printed if that is NULL. Does not
 * need a running kernel.
 *
 * Return: the number of characters, or negative if @fmt is wrong.
 */
int lkl_printf(const char *fmt, ...) LKL_PRINTF(1, 2);

/**
 * lkl_bug() - print a message and end the program
 * @fmt: a printf() format for what follows
 *
 * For what must not happen. Calls panic() of the host operations; does not return.
 */
void lkl_bug(const char *fmt, ...) LKL_PRINTF(1, 2) __attribute__((noreturn));

/**
 * lkl_register_dbg_handler() - open a small debugging shell on a signal
 *
 * On POSIX hosts SIGTSTP (Ctrl-Z) then starts it, in a thread of its own, on standard
 * input and output; the application goes on meanwhile. "help" lists its commands.
 * Elsewhere this does nothing.
 */
void lkl_register_dbg_handler(void);

/* What a request to a disk asks for, struct lkl_blk_req::type. */
#define LKL_DEV_BLK_TYPE_READ		0
#define LKL_DEV_BLK_TYPE_WRITE		1
/*
 * Completed writes are durable when a flush returns; @buf and @sector are unused.
 * A disk that does not support it promises that writes are durable at once.
 */
#define LKL_DEV_BLK_TYPE_FLUSH		4
#define LKL_DEV_BLK_TYPE_FLUSH_OUT	5
/*
 * The contents of buf[0].iov_len bytes from @sector on are not needed any more, or
 * are to read as zeroes. buf[0].iov_base is NULL.
 */
#define LKL_DEV_BLK_TYPE_DISCARD	11
#define LKL_DEV_BLK_TYPE_WRITE_ZEROES	13

/* What struct lkl_dev_blk_ops::request() returns. */
#define LKL_DEV_BLK_STATUS_OK		0
#define LKL_DEV_BLK_STATUS_IOERR	1
/* This type is not supported. */
#define LKL_DEV_BLK_STATUS_UNSUP	2

/**
 * struct lkl_blk_req - one request to a disk
 * @type: LKL_DEV_BLK_TYPE_...
 * @prio: priority that the kernel gave it, for information
 * @sector: where it starts, in units of 512 bytes
 * @buf: memory to read into or write from; each length is a multiple of 512
 * @count: number of elements of @buf
 */
struct lkl_blk_req {
	unsigned int type;
	unsigned int prio;
	unsigned long long sector;
	struct iovec *buf;
	int count;
};

struct lkl_dev_blk_ops;

/**
 * struct lkl_disk - a disk of the application, for lkl_disk_add()
 * @dev: belongs to the library; 0 before lkl_disk_add()
 * @fd: open file or block device. Opened for reading only, the disk is read-only;
 *	with O_DIRECT, its alignment rules become those of the disk
 * @handle: what @ops need to know, or an open file on hosts without descriptors
 * @ops: operations of the application; NULL means that @fd (@handle) is a file
 *
 * The file stays the application's, open until lkl_disk_remove() returned.
 */
struct lkl_disk {
	void *dev;
	union {
		int fd;
		void *handle;
	};
	struct lkl_dev_blk_ops *ops;
};

/**
 * struct lkl_disk_limits - what a disk of the application can do
 * @read_only: writes would fail; the kernel makes none
 * @can_discard: understands LKL_DEV_BLK_TYPE_DISCARD
 * @can_zero: understands LKL_DEV_BLK_TYPE_WRITE_ZEROES; without it zeroes are written
 * @logical_block_size: smallest unit of a request in bytes, a power of two, 512 or more
 * @physical_block_size: what the disk is fast with, in bytes, a power of two
 * @discard_granularity: in bytes
 *
 * As lkl_disk_add() presents it to @get_limits: a writable disk of 512-byte blocks that
 * can do both.
 */
struct lkl_disk_limits {
	unsigned int read_only;
	unsigned int can_discard;
	unsigned int can_zero;
	unsigned int logical_block_size;
	unsigned int physical_block_size;
	unsigned int discard_granularity;
};

/**
 * struct lkl_dev_blk_ops - a disk that the application implements
 * @get_capacity: stores the size in bytes in @res. Returns 0 or err. Called by
 *	lkl_disk_add().
 * @request: does @req and returns LKL_DEV_BLK_STATUS_... Called from threads of the
 *	library, for each disk one at a time and in the kernel's order, never with the
 *	kernel waiting: it may block and make system calls, but none that could need
 *	this disk, nor may it add or remove devices. fork() in another thread waits for
 *	its end, and what waits its turn is done by parent and child; fork() in @request
 *	leaves the child without a kernel. Not used, and may be NULL, if there is @submit
 * @submit: starts @req, which the library keeps until lkl_disk_complete() is called for
 *	it: then, or later, by any thread, in any order. For disks with several requests
 *	under way. Called by the kernel: it must not block, and makes no system calls.
 *	A flush covers the writes that were complete when it was submitted. May be NULL.
 *	Buffers of a request are in the kernel's memory mostly. System calls take such
 *	addresses (no -EFAULT) while there is a disk with operations
 * @get_limits: changes @limits to what the disk can do. Returns 0 or err. Called by
 *	lkl_disk_add(). May be NULL
 */
struct lkl_dev_blk_ops {
	int (*get_capacity)(struct lkl_disk disk, unsigned long long *res);
	int (*request)(struct lkl_disk disk, struct lkl_blk_req *req);
	void (*submit)(struct lkl_disk disk, struct lkl_blk_req *req);
	int (*get_limits)(struct lkl_disk disk, struct lkl_disk_limits *limits);
};

/**
 * lkl_disk_complete() - a request that was submitted is done
 * @req: the request, as submit() of struct lkl_dev_blk_ops had it; belongs to the library
 *	again
 * @status: LKL_DEV_BLK_STATUS_...
 *
 * May be called by any thread, never blocks.
 */
void lkl_disk_complete(struct lkl_blk_req *req, int status);

/**
 * lkl_disk_add() - attach a disk to the kernel
 * @disk: describes it; @disk->dev is filled, the structure itself may be a local
 *	variable
 *
 * Before the kernel starts or while it runs; then it blocks until the kernel has
 * found the disk. There may be 63 devices, disks and those of the network.
 *
 * Return: number of the disk, 0 or above, as lkl_mount_dev() takes it, or err: -ENOSPC if
 * there are too many; -EBADF if the file is not open for reading, -EINVAL if it is
 * neither a regular file nor a block device, or was opened to append.
 */
int lkl_disk_add(struct lkl_disk *disk);

/**
 * lkl_disk_remove() - detach a disk
 * @disk: as filled by lkl_disk_add()
 *
 * Blocks until requests under way are done. A disk that the kernel still uses stays.
 *
 * Return: 0 or err; -EBUSY if it is in use, -ENOENT if there is no such disk.
 */
int lkl_disk_remove(struct lkl_disk disk);

/**
 * lkl_disk_start() - have a disk open all that it will ever need
 * @disk: as filled by lkl_disk_add()
 *
 * The library opens some things when they are first used, a ring of io_uring for
 * instance. A process that gives up the right to do so, by a filter of system calls,
 * calls this before. May block.
 *
 * Return: 0, or -ENOENT if @disk was not added.
 */
int lkl_disk_start(struct lkl_disk disk);

/**
 * lkl_disk_take_over() - in a child of fork(), write to a disk that the parent has
 * @disk: as filled by lkl_disk_add() in the parent
 *
 * fork() takes the running kernel along, and both have the same file or device behind a
 * disk. Two kernels that write to it, if only what their caches still have, destroy it. So
 * the child reads such a disk, and what it would write to it fails with an I/O error: for
 * a file system that is mounted as if the disk had become faulty. This does not hold for
 * disks with operations of the application, which see to that themselves, nor for those
 * that the child adds.
 *
 * A daemon, whose parent ends, calls this in the child as the first thing: from now on this
 * process writes, and the parent must not any more, nor halt its kernel, but end by
 * _exit(). It calls lkl_sys_sync() before it forks: then nothing is to be written in the
 * moment before the call. Elsewhere it changes nothing.
 *
 * Return: 0, or -ENOENT if @disk was not added.
 */
int lkl_disk_take_over(struct lkl_disk disk);

/**
 * lkl_disk_set_engine() - choose how files are worked on, for tests and benchmarks
 * @name: "inline" (in the calling thread, for files in memory), "sync" (in the calling
 *	thread, whatever it is and however long it takes), "uring" (Linux's
 *	io_uring), "threads"; NULL for the best one for each file, the default
 *
 * Holds for disks that are added afterwards.
 *
 * Return: 0, or -ENOENT if this library has no such engine.
 */
int lkl_disk_set_engine(const char *name);

#ifdef __cplusplus
}
#endif

#include <lkl_netdev.h>

#endif

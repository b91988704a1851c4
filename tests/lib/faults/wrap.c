// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifdef HAVE_LIBURING
#include <liburing.h>
#endif
#include <lkl_host.h>

#include "faults.h"
#include "wrap.h"

#define IRQS 32

/* ---- memory ------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__real_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);

void *faults_malloc(size_t size)
{
	return __real_malloc(size);
}

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

char *__wrap_strdup(const char *s)
{
	return faults_hit(FAULT_MALLOC) ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return faults_hit(FAULT_MALLOC) ? NULL : __real_strndup(s, n);
}

void *__wrap_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	if (faults_hit(FAULT_MMAP)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return __real_mmap(addr, size, prot, flags, fd, offset);
}

/* ---- threads and descriptors ---------------------------------------------------- */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*f)(void *),
			  void *arg);
int __real_eventfd(unsigned int count, int flags);
int __real_memfd_create(const char *name, unsigned int flags);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*f)(void *),
			  void *arg)
{
	return faults_hit(FAULT_PTHREAD) ? EAGAIN : __real_pthread_create(thread, attr, f, arg);
}

int __wrap_eventfd(unsigned int count, int flags)
{
	if (faults_hit(FAULT_EVENTFD)) {
		errno = EMFILE;
		return -1;
	}
	return __real_eventfd(count, flags);
}

int __wrap_memfd_create(const char *name, unsigned int flags)
{
	if (faults_hit(FAULT_MEMFD)) {
		errno = EMFILE;
		return -1;
	}
	return __real_memfd_create(name, flags);
}

/* ---- reading and writing ---------------------------------------------------------- */

/* 0: to be done as it is; -1: it fails; 1: only the first part, which is @part then, not @iov. */
static int io_fault(const struct iovec *iov, int n, struct iovec *part)
{
	faults_delay();
	if (faults_hit(FAULT_IO_ERROR)) {
		errno = EIO;
		return -1;
	}
	if (n < 1 || iov->iov_len < 2 || !faults_hit(FAULT_IO_SHORT))
		return 0;
	part->iov_base = iov->iov_base;
	part->iov_len = iov->iov_len / 2;
	return 1;
}

/* @call, with @iov and @n changed to what is to be done. */
#define io(iov, n, call) ({						\
	struct iovec part;						\
	int fault = io_fault(iov, n, &part);				\
									\
	if (fault > 0) {						\
		iov = &part;						\
		n = 1;							\
	}								\
	fault < 0 ? -1 : (call); })

ssize_t __real_preadv(int fd, const struct iovec *iov, int n, off_t offset);
ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t offset);
ssize_t __real_preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags);
ssize_t __real_readv(int fd, const struct iovec *iov, int n);
ssize_t __real_writev(int fd, const struct iovec *iov, int n);
ssize_t __real_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __real_pread(int fd, void *data, size_t len, off_t offset);
ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t offset);
int __real_fdatasync(int fd);

ssize_t __wrap_preadv(int fd, const struct iovec *iov, int n, off_t offset)
{
	return io(iov, n, __real_preadv(fd, iov, n, offset));
}

ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t offset)
{
	return io(iov, n, __real_pwritev(fd, iov, n, offset));
}

ssize_t __wrap_preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	return io(iov, n, __real_preadv2(fd, iov, n, offset, flags));
}

/* A datagram is sent and received whole, or not at all. */
static int is_stream(int fd)
{
	socklen_t len = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) || type == SOCK_STREAM;
}

ssize_t __wrap_readv(int fd, const struct iovec *iov, int n)
{
	return is_stream(fd) ? io(iov, n, __real_readv(fd, iov, n)) : __real_readv(fd, iov, n);
}

ssize_t __wrap_writev(int fd, const struct iovec *iov, int n)
{
	return is_stream(fd) ? io(iov, n, __real_writev(fd, iov, n)) : __real_writev(fd, iov, n);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const struct iovec *iov = msg->msg_iov;
	struct msghdr some = *msg;
	int n = msg->msg_iovlen;

	if (!is_stream(fd))
		return __real_sendmsg(fd, msg, flags);
	return io(iov, n, (some.msg_iov = (struct iovec *)iov, some.msg_iovlen = n,
			   __real_sendmsg(fd, &some, flags)));
}

ssize_t __wrap_pread(int fd, void *data, size_t len, off_t offset)
{
	struct iovec whole = { data, len };
	const struct iovec *iov = &whole;
	int n = 1;

	return io(iov, n, __real_pread(fd, data, iov->iov_len, offset));
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t offset)
{
	struct iovec whole = { (void *)data, len };
	const struct iovec *iov = &whole;
	int n = 1;

	return io(iov, n, __real_pwrite(fd, data, iov->iov_len, offset));
}

int __wrap_fdatasync(int fd)
{
	faults_delay();
	if (faults_hit(FAULT_IO_ERROR)) {
		errno = EIO;
		return -1;
	}
	return __real_fdatasync(fd);
}

/* ---- rings ------------------------------------------------------------------------- */

#ifdef HAVE_LIBURING
int __real_io_uring_queue_init(unsigned int entries, struct io_uring *ring, unsigned int flags);
int __real_io_uring_submit_and_wait(struct io_uring *ring, unsigned int wait);

int __wrap_io_uring_queue_init(unsigned int entries, struct io_uring *ring, unsigned int flags)
{
	return faults_hit(FAULT_RING) ? -ENOMEM :
					__real_io_uring_queue_init(entries, ring, flags);
}

/*
 * A request of a disk, before the host's kernel sees it: made one for a file that is not there,
 * or for the first part alone; @part has to last until it is submitted.
 */
static void spoil(struct io_uring_sqe *sqe, struct iovec *part)
{
	int rw = sqe->opcode == IORING_OP_READV || sqe->opcode == IORING_OP_WRITEV;
	int fault = io_fault(rw ? (struct iovec *)(uintptr_t)sqe->addr : NULL, rw, part);

	if (fault < 0) {
		sqe->fd = -1;
	} else if (fault) {
		sqe->addr = (uintptr_t)part;
		sqe->len = 1;
	}
}

/* The lengths of all that may be in a ring, which has 256 entries. */
#define PARTS 256

int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned int wait)
{
	static __thread unsigned int spoilt;
	static __thread struct iovec parts[PARTS];
	unsigned int mask = *ring->sq.kring_mask, tail = ring->sq.sqe_tail;

	/* What could not be submitted the last time has had its turn. */
	if ((int)(spoilt - ring->sq.sqe_head) < 0)
		spoilt = ring->sq.sqe_head;
	for (; spoilt != tail; spoilt++) {
		struct io_uring_sqe *sqe = &ring->sq.sqes[spoilt & mask];

		/* Those without are wake-ups. */
		if (sqe->user_data)
			spoil(sqe, &parts[spoilt % PARTS]);
	}
	if (faults_hit(FAULT_RING))
		return -EAGAIN;
	return __real_io_uring_submit_and_wait(ring, wait);
}
#endif

/* ---- interrupts ------------------------------------------------------------------- */

int __real_lkl_trigger_irq(int irq);

int __wrap_lkl_trigger_irq(int irq)
{
	faults_delay();
	return faults_hit(FAULT_IRQ_LOST) ? 0 : __real_lkl_trigger_irq(irq);
}

void faults_raise_all(void)
{
	for (int irq = 1; irq < IRQS; irq++)
		__real_lkl_trigger_irq(irq);
}

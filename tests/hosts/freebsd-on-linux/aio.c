// SPDX-License-Identifier: GPL-2.0
/*
 * aio(4) with events by kqueue(2). Files are slower and less obliging here than a system
 * usually is: some requests are refused at once, some fail for no fault of theirs, some do
 * a part of it only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "include/aio.h"
#include "stand_in.h"

#define SECTOR 512
/* What a process may have under way. */
#define LIMIT 24

struct request {
	struct stand_in_request base;
	enum { READ, WRITE, SYNC } op;
	int err;
	ssize_t result;
};

static int under_way;

/* As much as @part bytes, by a list of its own. */
static ssize_t transfer(const struct aiocb *cb, int op, size_t part)
{
	struct iovec iov[cb->aio_iovcnt];
	int n;

	for (n = 0; n < cb->aio_iovcnt && part; n++) {
		iov[n] = cb->aio_iov[n];
		if (iov[n].iov_len > part)
			iov[n].iov_len = part;
		part -= iov[n].iov_len;
	}
	return op == READ ? preadv(cb->aio_fildes, iov, n, cb->aio_offset) :
			    pwritev(cb->aio_fildes, iov, n, cb->aio_offset);
}

static void run(struct stand_in_request *base)
{
	struct request *r = (struct request *)base;
	struct aiocb *cb = base->control;
	size_t len = 0;

	if (!stand_in_random(32)) {
		r->err = stand_in_random(2) ? EINTR : ECANCELED;
		r->result = -1;
		return;
	}
	for (int i = 0; i < cb->aio_iovcnt; i++)
		len += cb->aio_iov[i].iov_len;
	if (r->op != SYNC && len > SECTOR && !stand_in_random(8)) {
		stand_in_count(COUNT_SHORT);
		len = (1 + stand_in_random((len - 1) / SECTOR)) * SECTOR;
	}
	r->result = r->op == SYNC ? fdatasync(cb->aio_fildes) : transfer(cb, r->op, len);
	r->err = r->result < 0 ? errno : 0;
}

static int submit(struct aiocb *cb, int op)
{
	struct request *r;

	if (cb->aio_sigevent.sigev_notify != SIGEV_KEVENT)
		misuse("other ways to tell are not imitated");
	if (cb->request)
		misuse("the control block is in use");
	if (__atomic_add_fetch(&under_way, 1, __ATOMIC_SEQ_CST) > LIMIT || !stand_in_random(16)) {
		__atomic_sub_fetch(&under_way, 1, __ATOMIC_SEQ_CST);
		stand_in_count(COUNT_REFUSED);
		errno = EAGAIN;
		return -1;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		misuse("no memory");
	r->base.control = cb;
	r->base.data = cb->aio_sigevent.sigev_value.sival_ptr;
	r->base.run = run;
	r->op = op;
	cb->request = &r->base;
	stand_in_count(COUNT_AIO);
	/* From here on it may be done and gone. */
	if (!stand_in_queue_request(cb->aio_sigevent.sigev_notify_kqueue, &r->base))
		return 0;
	misuse("there is no queue %d", cb->aio_sigevent.sigev_notify_kqueue);
}

int aio_readv(struct aiocb *cb)
{
	return submit(cb, READ);
}

int aio_writev(struct aiocb *cb)
{
	return submit(cb, WRITE);
}

int aio_fsync(int op, struct aiocb *cb)
{
	if (op != O_SYNC && op != O_DSYNC)
		misuse("operation %d", op);
	return submit(cb, SYNC);
}

int aio_error(const struct aiocb *cb)
{
	struct request *r = (struct request *)cb->request;

	if (!r)
		misuse("it is not under way");
	return r->base.done ? r->err : EINPROGRESS;
}

ssize_t aio_return(struct aiocb *cb)
{
	struct request *r = (struct request *)cb->request;
	ssize_t result;

	if (!r || !r->base.done)
		misuse("it is not done");
	result = r->result;
	stand_in_queue_forget(&r->base);
	free(r);
	cb->request = NULL;
	__atomic_sub_fetch(&under_way, 1, __ATOMIC_SEQ_CST);
	return result;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of overlapped I/O: reads and writes are started where they are
 * submitted. What the system has cached is done at once and comes back from the call
 * itself; the rest is reported to a port, where one thread for each disk waits.
 *
 * A file's reads and writes take one buffer. Requests of several pieces go through a
 * buffer of ours: copying costs less than a call for each piece.
 */
#include <process.h>
#include <stdlib.h>
#include <windows.h>

#include "blk_file.h"
#include "iov.h"
#include "linux_errno.h"
#include "lock.h"

#define BATCH		32
/* Larger requests are left to the workers, piece by piece. */
#define BOUNCE_MAX	(1u << 20)
/* A completion with this key ends the thread. */
#define KEY_STOP	1

struct iocp {
	struct blk_file *file;
	HANDLE port;
	HANDLE thread;
	/* The port is told of what did not complete at once, and of no more. */
	int skips;
	lkl_lock_t lock;
	struct lkl_sem *drained;
	/* Under @lock: requests under way, and threads that wait for their end. */
	unsigned int inflight;
	unsigned int waiters;
};

struct op {
	OVERLAPPED ov;
	struct iocp *iocp;
	struct lkl_blk_io *io;
	char *buf;
	/* @buf is ours. */
	int bounce;
};

static struct iocp *to_iocp(struct lkl_blk_backend *b)
{
	return to_file(b)->engine;
}

static void begun(struct iocp *p)
{
	lkl_lock(p->lock);
	p->inflight++;
	lkl_unlock(p->lock);
}

static void ended(struct iocp *p)
{
	lkl_lock(p->lock);
	if (!--p->inflight)
		for (; p->waiters; p->waiters--)
			lkl_host_ops.sem_up(p->drained);
	lkl_unlock(p->lock);
}

static int status_of(struct op *op, DWORD err, DWORD done)
{
	struct lkl_blk_io *io = op->io;

	if (err && err != ERROR_HANDLE_EOF)
		return LKL_DEV_BLK_STATUS_IOERR;
	if (done == io->len)
		return LKL_DEV_BLK_STATUS_OK;
	if (io->op == LKL_BLK_WRITE)
		return LKL_DEV_BLK_STATUS_IOERR;
	return lkl_blk_file_short(op->iocp->file, io->offset, op->buf, io->len, done);
}

/* @op is done. */
static void complete(struct op *op, DWORD err, DWORD done)
{
	struct lkl_blk_io *io = op->io;
	int status = status_of(op, err, done);

	if (op->bounce) {
		if (io->op == LKL_BLK_READ && status == LKL_DEV_BLK_STATUS_OK)
			lkl_iov_write(io->iov, io->n_iov, op->buf, io->len);
		free(op->buf);
	}
	free(op);
	lkl_blk_complete(io, status);
}

static unsigned int __stdcall serve(void *arg)
{
	struct iocp *p = arg;
	OVERLAPPED_ENTRY entries[BATCH];
	ULONG n, i;

	while (GetQueuedCompletionStatusEx(p->port, entries, BATCH, &n, INFINITE, FALSE)) {
		for (i = 0; i < n; i++) {
			struct op *op = (struct op *)entries[i].lpOverlapped;
			DWORD done = 0, err = 0;

			if (entries[i].lpCompletionKey == KEY_STOP)
				return 0;
			if (!GetOverlappedResult(p->file->handle, &op->ov, &done, FALSE))
				err = GetLastError();
			complete(op, err, done);
		}
		lkl_blk_signal(&p->file->base);
		for (i = 0; i < n; i++)
			ended(p);
	}
	return 0;
}

/* NULL if this is nothing for us, or without memory. */
static struct op *new_op(struct iocp *p, struct lkl_blk_io *io)
{
	int bounce = io->n_iov > 1;
	struct op *op;

	if ((io->op != LKL_BLK_READ && io->op != LKL_BLK_WRITE) ||
	    io->flags & LKL_BLK_F_FUA || (bounce && io->len > BOUNCE_MAX) ||
	    io->len > MAXDWORD)
		return NULL;
	op = calloc(1, sizeof(*op));
	if (!op)
		return NULL;
	op->iocp = p;
	op->io = io;
	op->ov.Offset = (DWORD)io->offset;
	op->ov.OffsetHigh = io->offset >> 32;
	op->bounce = bounce;
	op->buf = bounce ? malloc(io->len) : io->iov[0].iov_base;
	if (!op->buf) {
		free(op);
		return NULL;
	}
	if (bounce && io->op == LKL_BLK_WRITE)
		lkl_iov_read(io->iov, io->n_iov, op->buf, io->len);
	return op;
}

static void iocp_submit(struct lkl_blk_backend *b, struct lkl_blk_io *io)
{
	struct iocp *p = to_iocp(b);
	struct op *op = new_op(p, io);
	DWORD err = 0, done = 0;
	BOOL ok;

	if (!op) {
		lkl_blk_threads_submit(b, io);
		return;
	}
	begun(p);
	if (io->op == LKL_BLK_READ)
		ok = ReadFile(p->file->handle, op->buf, io->len, NULL, &op->ov);
	else
		ok = WriteFile(p->file->handle, op->buf, io->len, NULL, &op->ov);
	if (!ok) {
		err = GetLastError();
		if (err == ERROR_IO_PENDING)
			return;
	} else if (!p->skips) {
		return;
	} else if (!GetOverlappedResult(p->file->handle, &op->ov, &done, FALSE)) {
		err = GetLastError();
	}
	complete(op, err, done);
	ended(p);
}

static void iocp_drain(struct lkl_blk_backend *b)
{
	struct iocp *p = to_iocp(b);

	lkl_lock(p->lock);
	while (p->inflight) {
		p->waiters++;
		lkl_unlock(p->lock);
		lkl_host_ops.sem_down(p->drained);
		lkl_lock(p->lock);
	}
	lkl_unlock(p->lock);
	lkl_blk_threads_drain(b);
}

static void iocp_free(struct iocp *p)
{
	if (p->thread) {
		PostQueuedCompletionStatus(p->port, 0, KEY_STOP, NULL);
		WaitForSingleObject(p->thread, INFINITE);
		CloseHandle(p->thread);
	}
	if (p->port)
		CloseHandle(p->port);
	if (p->drained)
		lkl_host_ops.sem_free(p->drained);
	lkl_lock_free(p->lock);
	free(p);
}

static void iocp_close(struct lkl_blk_backend *b)
{
	iocp_drain(b);
	iocp_free(to_iocp(b));
	lkl_blk_threads_close(b);
}

static int iocp_open(struct blk_file *f)
{
	struct iocp *p = calloc(1, sizeof(*p));

	if (!p)
		return -LKL_ERR_NOMEM;
	p->file = f;
	p->lock = lkl_lock_new();
	p->drained = lkl_host_ops.sem_alloc(0);
	p->port = CreateIoCompletionPort(f->handle, NULL, 0, 1);
	if (p->lock && p->drained && p->port)
		p->thread = (HANDLE)_beginthreadex(NULL, 0, serve, p, 0, NULL);
	if (!p->thread) {
		iocp_free(p);
		return -LKL_ERR_NOMEM;
	}
	p->skips = SetFileCompletionNotificationModes(f->handle,
		FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE);
	f->engine = p;
	return 0;
}

static int iocp_suits(const struct blk_file *f)
{
	return f->overlapped && !f->borrowed;
}

const struct blk_engine lkl_blk_engine_iocp = {
	.ops = {
		.name = "iocp",
		.submit = iocp_submit,
		.drain = iocp_drain,
		.drain_with_token = 1,
		.fork_prepare = lkl_blk_threads_fork_prepare,
		.fork_done = lkl_blk_threads_fork_done,
		.close = iocp_close,
	},
	.suits = iocp_suits,
	.open = iocp_open,
};

/* SPDX-License-Identifier: GPL-2.0 */
/* aio(4) of FreeBSD 14, as far as the library uses it; in aio.c. */
#ifndef STAND_IN_AIO_H
#define STAND_IN_AIO_H

#include <signal.h>
#include <sys/types.h>
#include <sys/uio.h>

#define SIGEV_KEVENT	3

struct stand_in_request;

struct aiocb {
	int aio_fildes;
	off_t aio_offset;
	struct iovec *aio_iov;
	int aio_iovcnt;
	struct {
		int sigev_notify;
		int sigev_notify_kqueue;
		union sigval sigev_value;
	} aio_sigevent;
	/* The system's own. */
	struct stand_in_request *request;
};

int aio_readv(struct aiocb *cb);
int aio_writev(struct aiocb *cb);
int aio_fsync(int op, struct aiocb *cb);
int aio_error(const struct aiocb *cb);
ssize_t aio_return(struct aiocb *cb);

#endif

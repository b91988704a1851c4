// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net_fd.h"

int lkl_net_fd_init(struct net_fd *f, const struct lkl_net_backend_ops *ops)
{
	int i;

	f->base.ops = ops;
	f->base.queues = 1;
	f->base.slow_tx = sysconf(_SC_NPROCESSORS_ONLN) > 1;
	for (i = 0; i < LKL_NET_QUEUES_MAX; i++)
		f->fd[i] = -1;
	f->out_fd = -1;
	f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return f->wake_fd < 0 ? -errno : 0;
}

void lkl_net_fd_close(struct net_fd *f)
{
	int i;

	if (f->out_fd >= 0 && f->out_fd != f->fd[0])
		close(f->out_fd);
	f->out_fd = -1;
	for (i = 0; i < LKL_NET_QUEUES_MAX; i++) {
		if (f->fd[i] >= 0)
			close(f->fd[i]);
		f->fd[i] = -1;
	}
	if (f->wake_fd >= 0)
		close(f->wake_fd);
	f->wake_fd = -1;
}

void lkl_net_fd_fork_done(struct lkl_net_backend *b, int child)
{
	if (child)
		lkl_net_fd_close(to_fd(b));
}

void lkl_net_fd_free(struct lkl_net_backend *b, int forked)
{
	lkl_net_fd_close(to_fd(b));
	free(b);
}

int lkl_net_fd_is_dead(struct net_fd *f, int queue)
{
	return __atomic_load_n(&f->dead[queue], __ATOMIC_ACQUIRE);
}

void lkl_net_fd_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct pollfd fds[LKL_NET_QUEUES_MAX + 2];
	struct net_fd *f = to_fd(b);
	struct lkl_net_wait ready = { 0 };
	uint64_t count;
	int i;

	if (lkl_net_idle_stand_by(&f->idle)) {
		*w = ready;
		return;
	}
	for (i = 0; i < b->queues; i++) {
		fds[i].events = (w->rx >> i & 1 ? POLLIN : 0) |
				(w->tx >> i & 1 ? POLLOUT : 0);
		/* Errors are reported unasked. */
		fds[i].fd = fds[i].events && !lkl_net_fd_is_dead(f, i) ? f->fd[i] : -1;
	}
	fds[i].fd = f->wake_fd;
	fds[i].events = POLLIN;
	fds[i + 1].fd = -1;
	if (f->out_fd >= 0) {
		fds[i + 1].fd = w->tx ? f->out_fd : -1;
		fds[i + 1].events = POLLOUT;
		fds[0].events &= ~POLLOUT;
	}
	if (poll(fds, i + 2, -1) <= 0) {
		*w = ready;
		return;
	}
	if (fds[i].revents && read(f->wake_fd, &count, sizeof(count)) < 0) {
		/* Somebody else's wake-up; there is nothing to count. */
	}
	for (i = 0; i < b->queues; i++) {
		if (fds[i].fd < 0 || !fds[i].revents)
			continue;
		if (fds[i].revents & (POLLIN | POLLERR | POLLHUP))
			ready.rx |= 1u << i;
		if (fds[i].revents & (POLLOUT | POLLERR | POLLHUP))
			ready.tx |= 1u << i;
	}
	if (fds[b->queues + 1].fd >= 0 && fds[b->queues + 1].revents)
		ready.tx |= 1;
	if (ready.rx)
		lkl_net_idle_frames(&f->idle);
	*w = ready;
}

static int idle_fd(struct lkl_net_backend *b, int queue)
{
	return lkl_net_fd_is_dead(to_fd(b), queue) ? -1 : to_fd(b)->fd[queue];
}

static const struct net_idle_ops idle_ops = {
	.fd = idle_fd,
};

void lkl_net_fd_attach(struct lkl_net_backend *b)
{
	struct net_fd *f = to_fd(b);

	f->idle = (struct net_idle){
		.backend = b, .ops = &idle_ops, .wake_fd = f->wake_fd, .look_ms = -1,
	};
	lkl_net_idle_add(&f->idle);
}

void lkl_net_fd_detach(struct lkl_net_backend *b)
{
	lkl_net_idle_remove(&to_fd(b)->idle);
}

void lkl_net_fd_wake(struct lkl_net_backend *b)
{
	if (!lkl_net_idle_wake(&to_fd(b)->idle))
		lkl_net_fd_hup(b);
}

void lkl_net_fd_hup(struct lkl_net_backend *b)
{
	uint64_t one = 1;

	/* A full counter wakes as well. */
	if (write(to_fd(b)->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static void die(struct net_fd *f, int queue)
{
	if (__atomic_exchange_n(&f->dead[queue], 1, __ATOMIC_ACQ_REL))
		return;
	lkl_net_link(&f->base, 0);
}

int lkl_net_fd_tx_error(struct net_fd *f, int queue, int err)
{
	switch (err) {
	case EAGAIN:
	case ENOBUFS:
		return -EAGAIN;
	}
	/* An interface that is down, a peer that is not there: so is the frame. */
	return 0;
}

long lkl_net_fd_rx_error(struct net_fd *f, int queue, int err)
{
	/* The interface was removed: this stays so, and poll() would say it for ever. */
	if (err == EBADFD || err == ENODEV || err == ENXIO || err == EBADF)
		die(f, queue);
	return -EAGAIN;
}

int lkl_net_fd_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		  size_t len)
{
	struct net_fd *f = to_fd(b);

	if (writev(f->fd[queue], iov, n) >= 0)
		return 0;
	return lkl_net_fd_tx_error(f, queue, errno);
}

long lkl_net_fd_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct net_fd *f = to_fd(b);
	long len = readv(f->fd[queue], iov, n);

	return len >= 0 ? len : lkl_net_fd_rx_error(f, queue, errno);
}

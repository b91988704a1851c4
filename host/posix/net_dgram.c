// SPDX-License-Identifier: GPL-2.0
/* A frame is a datagram, of a Unix socket or of UDP. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net_fd.h"
#include "net_sock_os.h"

#define BUF_SIZE	(1 << 20)

struct dgram {
	struct net_fd f;
	/*
	 * Where to send. The socket for that, f.out_fd, is not the bound one: connected
	 * it tells when there is room at the other end, and an end that was started
	 * anew can send to us at once.
	 */
	struct lkl_sock_addr remote;
	int connected;
	/* Ours to remove. */
	char *local;
};

static int dgram_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		    size_t len)
{
	struct dgram *d = (struct dgram *)b;
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };

	/* Nobody there: the frame is lost, as on a wire. */
	if (!d->connected && connect(d->f.out_fd, &d->remote.any, d->remote.len))
		return 0;
	d->connected = 1;
	if (sendmsg(d->f.out_fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == ECONNREFUSED || errno == ECONNRESET || errno == ENOTCONN)
		d->connected = !d->remote.len;
	return lkl_net_fd_tx_error(&d->f, 0, errno);
}

static void dgram_free(struct lkl_net_backend *b, int forked)
{
	struct dgram *d = (struct dgram *)b;

	if (d->local && !forked)
		unlink(d->local);
	free(d->local);
	lkl_net_fd_free(b, forked);
}

static const struct lkl_net_backend_ops dgram_ops = {
	.name = "dgram",
	.tx = dgram_tx,
	.rx = lkl_net_fd_rx,
	.wait = lkl_net_fd_wait,
	.wake = lkl_net_fd_wake,
	.fork_done = lkl_net_fd_fork_done,
	.free = dgram_free,
};

/* "LOCAL|REMOTE" */
static int open_paths(struct dgram *d, const char *param, struct lkl_net_why *why)
{
	const char *bar = strchr(param, '|');
	struct lkl_sock_addr local;
	char *path;
	int err;

	if (!bar)
		return lkl_net_fail(why, -EINVAL, "\"%s\": not \"LOCAL|REMOTE\", "
				    "\"udp:HOST:PORT|HOST:PORT\" or \"fd:N\"", param);
	path = strndup(param, bar - param);
	if (!path)
		return lkl_net_fail(why, -ENOMEM, "no memory");
	err = lkl_sock_unix(path, &local, why) ?: lkl_sock_unix(bar + 1, &d->remote, why);
	if (err)
		goto fail;
	d->f.fd[0] = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	d->f.out_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->f.fd[0] < 0 || d->f.out_fd < 0) {
		err = lkl_net_fail(why, -errno, "socket: %s", strerror(errno));
		goto fail;
	}
	err = lkl_sock_bind(d->f.fd[0], &local, SOCK_DGRAM, path, why);
	if (err)
		goto fail;
	d->local = path;
	return 0;
fail:
	free(path);
	return err;
}

int lkl_net_open_dgram(const char *param, uint32_t offload, struct lkl_net_why *why,
		       struct lkl_net_backend **b)
{
	const char *udp = lkl_sock_scheme(param, "udp:");
	struct dgram *d = calloc(1, sizeof(*d));
	lkl_sock_t sock = LKL_NO_SOCK;
	int err, size = BUF_SIZE;

	if (!d || lkl_net_fd_init(&d->f, &dgram_ops)) {
		free(d);
		return lkl_net_fail(why, -ENOMEM, "no memory or too many open files");
	}
	if (udp)
		err = lkl_sock_udp(udp, &sock, why);
	else if (lkl_sock_scheme(param, "fd:"))
		err = lkl_sock_given(param, SOCK_DGRAM, &sock, why);
	else
		err = open_paths(d, param, why);
	if (err) {
		dgram_free(&d->f.base, 0);
		return err;
	}
	if (!d->remote.len) {
		d->f.fd[0] = sock;
		d->f.out_fd = sock;
		d->connected = 1;
	}
	setsockopt(d->f.out_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	*b = &d->f.base;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* A frame is a datagram of a Unix socket. */
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
#include "net_unix.h"

#define BUF_SIZE	(1 << 20)

struct dgram {
	struct net_fd f;
	/*
	 * Where to send. The socket for that, f.out_fd, is not the bound one: connected
	 * it tells when there is room at the other end, and an end that was started
	 * anew can send to us at once.
	 */
	struct sockaddr_un remote;
	socklen_t remote_len;
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
	if (!d->connected && connect(d->f.out_fd, (struct sockaddr *)&d->remote,
				     d->remote_len))
		return 0;
	d->connected = 1;
	if (sendmsg(d->f.out_fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == ECONNREFUSED || errno == ECONNRESET || errno == ENOTCONN)
		d->connected = !d->remote_len;
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
	.free = dgram_free,
};

/* "LOCAL|REMOTE" */
static int open_paths(struct dgram *d, const char *param, struct lkl_net_why *why)
{
	const char *bar = strchr(param, '|');
	struct sockaddr_un local;
	socklen_t len;
	char *path;
	int err;

	if (!bar)
		return lkl_net_fail(why, -EINVAL, "\"%s\": not \"LOCAL|REMOTE\" or "
				    "\"fd:N\"", param);
	path = strndup(param, bar - param);
	if (!path)
		return lkl_net_fail(why, -ENOMEM, "no memory");
	err = lkl_net_unix_address(path, &local, &len, why) ?:
	      lkl_net_unix_address(bar + 1, &d->remote, &d->remote_len, why);
	if (err)
		goto fail;
	d->f.fd[0] = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	d->f.out_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->f.fd[0] < 0 || d->f.out_fd < 0) {
		err = lkl_net_fail(why, -errno, "socket: %s", strerror(errno));
		goto fail;
	}
	err = lkl_net_unix_bind(d->f.fd[0], &local, len, why);
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
	struct dgram *d = calloc(1, sizeof(*d));
	int err, size = BUF_SIZE;

	if (!d || lkl_net_fd_init(&d->f, &dgram_ops)) {
		free(d);
		return lkl_net_fail(why, -ENOMEM, "no memory or too many open files");
	}
	err = strncmp(param, "fd:", 3) ? open_paths(d, param, why) :
		lkl_net_given_fd(param, SOCK_DGRAM, &d->f.fd[0], why);
	if (err) {
		dgram_free(&d->f.base, 0);
		return err;
	}
	if (!d->remote_len) {
		d->f.out_fd = d->f.fd[0];
		d->connected = 1;
	}
	setsockopt(d->f.out_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	*b = &d->f.base;
	return 0;
}

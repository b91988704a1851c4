// SPDX-License-Identifier: GPL-2.0
/* A port of a VDE switch, or what else libvdeplug connects to. */
#ifdef HAVE_VDEPLUG
#include <errno.h>
#include <fcntl.h>
#include <libvdeplug.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/iov.h"
#include "net_fd.h"

struct vde {
	struct net_fd f;
	VDECONN *conn;
	/* The library takes a frame in one piece. */
	char in[VDE_ETHBUFSIZE];
	char out[VDE_ETHBUFSIZE];
};

static int vde_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n, size_t len)
{
	struct vde *v = (struct vde *)b;

	if (len > sizeof(v->out))
		return 0;
	lkl_iov_read(iov, n, v->out, len);
	if (vde_send(v->conn, v->out, len, 0) >= 0)
		return 0;
	return lkl_net_fd_tx_error(&v->f, 0, errno);
}

static long vde_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct vde *v = (struct vde *)b;
	ssize_t len = vde_recv(v->conn, v->in, sizeof(v->in), 0);

	if (len < 0)
		return lkl_net_fd_rx_error(&v->f, 0, errno);
	return lkl_iov_write(iov, n, v->in, len);
}

/* The library would tell the switch, and remove the parent's socket. */
static void leave(struct vde *v)
{
	int ctl = v->conn ? vde_ctlfd(v->conn) : -1;

	if (ctl >= 0 && ctl != v->f.fd[0])
		close(ctl);
	v->conn = NULL;
	lkl_net_fd_close(&v->f);
}

static void vde_fork_done(struct lkl_net_backend *b, int child)
{
	if (child)
		leave((struct vde *)b);
}

static void vde_free(struct lkl_net_backend *b, int forked)
{
	struct vde *v = (struct vde *)b;

	if (forked) {
		leave(v);
	} else if (v->conn) {
		/* The library closes what it opened. */
		vde_close(v->conn);
		v->f.fd[0] = -1;
	}
	lkl_net_fd_free(b, forked);
}

static const struct lkl_net_backend_ops vde_ops = {
	.name = "vde",
	.tx = vde_tx,
	.rx = vde_rx,
	.wait = lkl_net_fd_wait,
	.wake = lkl_net_fd_wake,
	.hup = lkl_net_fd_hup,
	.attach = lkl_net_fd_attach,
	.detach = lkl_net_fd_detach,
	.fork_done = vde_fork_done,
	.free = vde_free,
};

int lkl_net_open_vde(const char *url, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b)
{
	struct vde *v = calloc(1, sizeof(*v));
	int err;

	if (!v || lkl_net_fd_init(&v->f, &vde_ops)) {
		free(v);
		return lkl_net_fail(why, -ENOMEM, "no memory or too many open files");
	}
	errno = 0;
	v->conn = vde_open((char *)url, "lkl", NULL);
	if (!v->conn) {
		err = errno ? -errno : -EIO;
		lkl_net_fail(why, err, "%s: %s; is the switch running (vde_switch -s %s)?",
			     url, strerror(-err), url);
		vde_free(&v->f.base, 0);
		return err;
	}
	v->f.fd[0] = vde_datafd(v->conn);
	fcntl(v->f.fd[0], F_SETFL, fcntl(v->f.fd[0], F_GETFL) | O_NONBLOCK);
	*b = &v->f.base;
	return 0;
}
#endif

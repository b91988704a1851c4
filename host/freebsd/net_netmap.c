// SPDX-License-Identifier: GPL-2.0
/*
 * netmap: the rings of a network card, or of a port of a VALE switch, in the memory of
 * this process. "netmap:em0", "vale0:1" and so on, as netmap(4) names them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#define NETMAP_WITH_LIBS
#include <net/netmap_user.h>

#include "net_fd.h"

struct netmap {
	struct net_fd f;
	struct nm_desc *port;
};

static struct netmap *to_netmap(struct lkl_net_backend *b)
{
	return (struct netmap *)b;
}

static size_t copy_out(char *to, const struct iovec *iov, int n)
{
	size_t len = 0;

	for (int i = 0; i < n; i++) {
		memcpy(to + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	return len;
}

static int netmap_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		     size_t len)
{
	struct nm_desc *port = to_netmap(b)->port;

	for (int r = port->first_tx_ring; r <= port->last_tx_ring; r++) {
		struct netmap_ring *ring = NETMAP_TXRING(port->nifp, r);
		struct netmap_slot *slot = &ring->slot[ring->cur];

		if (nm_ring_empty(ring))
			continue;
		/* Longer ones need jumbo frames, which were not agreed on: dropped. */
		if (len <= ring->nr_buf_size) {
			slot->len = copy_out(NETMAP_BUF(ring, slot->buf_idx), iov, n);
			ring->head = ring->cur = nm_ring_next(ring, ring->cur);
			ioctl(port->fd, NIOCTXSYNC, NULL);
		}
		return 0;
	}
	ioctl(port->fd, NIOCTXSYNC, NULL);
	return -EAGAIN;
}

static long netmap_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct nm_desc *port = to_netmap(b)->port;
	struct nm_pkthdr head;
	const unsigned char *frame = nm_nextpkt(port, &head);
	size_t done = 0;

	if (!frame)
		return -EAGAIN;
	for (int i = 0; i < n && done < head.len; i++) {
		size_t part = MIN(iov[i].iov_len, head.len - done);

		memcpy(iov[i].iov_base, frame + done, part);
		done += part;
	}
	/* Half a frame is none. */
	return done == head.len ? (long)done : 0;
}

/* In a child of fork() a parent's own port stays as it is. */
static void close_port(struct netmap *m)
{
	/* Its descriptor is the port's. */
	m->f.fd[0] = -1;
	if (m->port)
		nm_close(m->port);
	m->port = NULL;
}

static void netmap_fork_done(struct lkl_net_backend *b, int child)
{
	if (child)
		close_port(to_netmap(b));
}

static void netmap_free(struct lkl_net_backend *b, int forked)
{
	close_port(to_netmap(b));
	lkl_net_fd_free(b, forked);
}

static const struct lkl_net_backend_ops netmap_ops = {
	.name = "netmap",
	.tx = netmap_tx,
	.rx = netmap_rx,
	.wait = lkl_net_fd_wait,
	.wake = lkl_net_fd_wake,
	.fork_done = netmap_fork_done,
	.free = netmap_free,
};

int lkl_net_open_netmap(const char *param, uint32_t offload, struct lkl_net_why *why,
			struct lkl_net_backend **b)
{
	struct netmap *m = calloc(1, sizeof(*m));
	int err;

	err = m ? lkl_net_fd_init(&m->f, &netmap_ops) : -ENOMEM;
	if (err) {
		free(m);
		return lkl_net_fail(why, err, "no memory or too many open files");
	}
	m->port = nm_open(param, NULL, 0, NULL);
	if (!m->port) {
		err = lkl_net_fail(why, -errno, "\"%s\": %s; ports are named netmap:IF or "
				   "valeN:PORT, and /dev/netmap has to be accessible", param,
				   strerror(errno));
		netmap_free(&m->f.base, 0);
		return err;
	}
	m->f.fd[0] = m->port->fd;
	*b = &m->f.base;
	return 0;
}

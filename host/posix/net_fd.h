/* SPDX-License-Identifier: GPL-2.0 */
/* Network backends over file descriptors: waiting for them. */
#ifndef LKL_POSIX_NET_FD_H
#define LKL_POSIX_NET_FD_H

#include "net_idle.h"

struct net_fd {
	struct lkl_net_backend base;
	/* One for each queue; -1: not open. Not blocking. */
	int fd[LKL_NET_QUEUES_MAX];
	/* The other end is gone for good, as far as this descriptor goes; atomic. */
	int dead[LKL_NET_QUEUES_MAX];
	/* Where the one queue sends if that is not fd[0]; else -1. */
	int out_fd;
	/* eventfd */
	int wake_fd;
	struct net_idle idle;
};

static inline struct net_fd *to_fd(struct lkl_net_backend *b)
{
	return (struct net_fd *)b;
}

/* Fills @f, zeroed before, but for what it has to say of itself. 0 or a negative errno. */
int lkl_net_fd_init(struct net_fd *f, const struct lkl_net_backend_ops *ops);
/* Closes whatever is open, once. */
void lkl_net_fd_close(struct net_fd *f);

/* For struct lkl_net_backend_ops. */
void lkl_net_fd_wait(struct lkl_net_backend *b, struct lkl_net_wait *w);
void lkl_net_fd_wake(struct lkl_net_backend *b);
void lkl_net_fd_fork_done(struct lkl_net_backend *b, int child);
/* For a @f from calloc(). */
void lkl_net_fd_free(struct lkl_net_backend *b, int forked);

/* attach, detach, hup of backends whose waiting others may do for them. */
void lkl_net_fd_attach(struct lkl_net_backend *b);
void lkl_net_fd_detach(struct lkl_net_backend *b);
void lkl_net_fd_hup(struct lkl_net_backend *b);
int lkl_net_fd_is_dead(struct net_fd *f, int queue);

/* Frames are what readv() and writev() take at once. */
int lkl_net_fd_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		  size_t len);
long lkl_net_fd_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n);

/* What rx() and tx() make of errno: -EAGAIN if it is to be tried again later, or 0. */
int lkl_net_fd_tx_error(struct net_fd *f, int queue, int err);
long lkl_net_fd_rx_error(struct net_fd *f, int queue, int err);

/* The types of lkl_net_types. */
int lkl_net_open_tap(const char *param, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b);
int lkl_net_open_macvtap(const char *param, uint32_t offload, struct lkl_net_why *why,
			 struct lkl_net_backend **b);
int lkl_net_open_raw(const char *param, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b);
int lkl_net_open_pipe(const char *param, uint32_t offload, struct lkl_net_why *why,
		      struct lkl_net_backend **b);
int lkl_net_open_dgram(const char *param, uint32_t offload, struct lkl_net_why *why,
		       struct lkl_net_backend **b);
int lkl_net_open_shm(const char *param, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b);
int lkl_net_open_vde(const char *param, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b);
int lkl_net_open_slirp(const char *param, uint32_t offload, struct lkl_net_why *why,
		       struct lkl_net_backend **b);

#endif

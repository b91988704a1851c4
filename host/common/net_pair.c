// SPDX-License-Identifier: GPL-2.0
/*
 * Two network devices joined inside the process: a frame that is sent is copied to
 * the buffers of the other end then and there.
 */
#include <stdlib.h>

#include "linux_errno.h"
#include "lock.h"
#include "net_backend.h"

struct pair;

struct end {
	struct lkl_net_backend base;
	struct pair *pair;
	struct end *other;
	/* Under both locks of the pair, to be read under either. */
	int attached;
};

struct pair {
	struct end ends[2];
	/*
	 * In this order; @again before the locks of the sending queue, @input between
	 * those and the receiving one's. They keep the other end from going away.
	 */
	lkl_lock_t again;
	lkl_lock_t input;
	int refs;
};

static struct end *to_end(struct lkl_net_backend *b)
{
	return (struct end *)b;
}

static int pair_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		   size_t len)
{
	struct end *e = to_end(b);
	int ret = 0;

	lkl_lock(e->pair->input);
	if (e->other->attached)
		ret = lkl_net_input(&e->other->base, queue, iov, n);
	lkl_unlock(e->pair->input);
	return ret;
}

static void pair_rx_space(struct lkl_net_backend *b, int queue)
{
	struct end *e = to_end(b);

	lkl_lock(e->pair->again);
	if (e->other->attached)
		lkl_net_tx_again(&e->other->base, queue);
	lkl_unlock(e->pair->again);
}

static void set_attached(struct end *e, int attached)
{
	struct pair *p = e->pair;
	int up;

	lkl_lock(p->again);
	lkl_lock(p->input);
	e->attached = attached;
	up = attached && e->other->attached;
	lkl_unlock(p->input);
	if (attached)
		lkl_net_link(&e->base, up);
	if (e->other->attached) {
		lkl_net_link(&e->other->base, up);
		/* What waited for us is lost. */
		if (!up)
			lkl_net_tx_again(&e->other->base, 0);
	}
	lkl_unlock(p->again);
}

static void pair_attach(struct lkl_net_backend *b)
{
	set_attached(to_end(b), 1);
}

static void pair_detach(struct lkl_net_backend *b)
{
	set_attached(to_end(b), 0);
}

static void free_pair(struct pair *p)
{
	lkl_lock_free(p->again);
	lkl_lock_free(p->input);
	free(p);
}

static void pair_free(struct lkl_net_backend *b, int forked)
{
	struct pair *p = to_end(b)->pair;

	if (!__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL))
		free_pair(p);
}

static const struct lkl_net_backend_ops pair_ops = {
	.name = "pair",
	.tx = pair_tx,
	.rx_space = pair_rx_space,
	.attach = pair_attach,
	.detach = pair_detach,
	.free = pair_free,
};

static struct pair *new_pair(uint32_t offload)
{
	struct pair *p = calloc(1, sizeof(*p));
	int i;

	if (!p)
		return NULL;
	p->refs = 2;
	p->again = lkl_lock_new();
	p->input = lkl_lock_new();
	for (i = 0; i < 2; i++) {
		struct end *e = &p->ends[i];

		e->base.ops = &pair_ops;
		e->base.queues = 1;
		e->base.hdr_len = LKL_NET_HDR_LEN;
		e->base.offload = offload;
		e->base.offload_fixed = 1;
		e->base.no_link = 1;
		e->base.forkable = 1;
		e->pair = p;
		e->other = &p->ends[!i];
	}
	if (p->again && p->input)
		return p;
	free_pair(p);
	return NULL;
}

int lkl_netdev_pair_create(struct lkl_netdev *ends[2], int offload)
{
	struct pair *p = new_pair(offload);

	if (!p)
		return -LKL_ERR_NOMEM;
	ends[0] = lkl_net_own(&p->ends[0].base);
	ends[1] = lkl_net_own(&p->ends[1].base);
	if (ends[0] && ends[1])
		return 0;
	lkl_netdev_free(ends[0] ?: ends[1]);
	return -LKL_ERR_NOMEM;
}

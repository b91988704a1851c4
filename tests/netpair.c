// SPDX-License-Identifier: GPL-2.0
/* The network device, over two that are joined in the process. time limit: 200 s */
#include "net.h"

/* A pair whose first end is in the namespace of the test, the other in one of its own. */
struct joined {
	struct lkl_netdev *end[2];
	int id[2];
	int ifindex[2];
	int ns[2];
};

static void join_pair(struct joined *j, int offload)
{
	int i;

	ok(lkl_netdev_pair_create(j->end, offload));
	j->ns[0] = this_netns();
	for (i = 0; i < 2; i++) {
		j->id[i] = ok(lkl_netdev_add(j->end[i], NULL));
		j->ifindex[i] = ok(lkl_netdev_get_ifindex(j->id[i]));
	}
	j->ns[1] = own_netns();
	enter_netns(j->ns[0]);
	if_move(j->ifindex[1], j->ns[1]);
	if_up(j->ifindex[0], "10.9.0.1", 24);
	enter_netns(j->ns[1]);
	if_up(j->ifindex[1], "10.9.0.2", 24);
	enter_netns(j->ns[0]);
	ck_assert(if_wait_carrier(j->ifindex[0], 1));
}

static void part_pair(struct joined *j)
{
	int i;

	for (i = 0; i < 2; i++) {
		ok(lkl_netdev_remove(j->id[i]));
		lkl_netdev_free(j->end[i]);
		ok(lkl_sys_close(j->ns[i]));
	}
}

START_TEST(pings)
{
	struct joined j;

	join_pair(&j, LKL_NET_OFFLOAD_ALL);
	ok(ping("10.9.0.2", 56, 5000));
	ok(ping("10.9.0.2", 20000, 5000));
	part_pair(&j);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = {
		pings,
	};

	return run_tests("netpair", LIST(inside), NULL, 0, 60);
}

// SPDX-License-Identifier: GPL-2.0
/* Network devices that FreeBSD alone has, two of them joined. time limit: 120 s */
#include <lkl_net.h>

#include "net.h"

#define IP_A	"10.9.0.1"
#define IP_B	"10.9.0.2"

static const struct side A = { .ip = IP_A }, B = { .netns = "b", .ip = IP_B };

static const struct {
	const char *type, *param[2];
} ways[] = {
	{ "tap", { "tap0", "/dev/tap1" } },
	{ "netmap", { "vale0:1", "vale0:2" } },
};

static void traffic(int way)
{
	int id[2], ifindex[2];
	struct lkl_netdev *nd[2];
	char why[200] = "";

	for (int i = 0; i < 2; i++) {
		int err = lkl_netdev_open(ways[way].type, ways[way].param[i], LKL_NET_OFFLOAD_ALL, why,
					  sizeof(why), &nd[i]);

		ck_assert_msg(!err, "%s: %s", ways[way].type, why);
	}
	ok(lkl_netns_add("b"));
	for (int i = 0; i < 2; i++) {
		id[i] = ok(lkl_netdev_add(nd[i], NULL));
		ifindex[i] = ok(lkl_netdev_get_ifindex(id[i]));
	}
	ifindex[1] = if_move(ifindex[1], "b");
	if_up(ifindex[0], IP_A, 24, NULL);
	ok(lkl_netns_enter("b"));
	if_up(ifindex[1], IP_B, 24, NULL);
	ok(lkl_netns_enter(NULL));
	ok(ping(IP_B, 1000, 5000));
	is(tcp_transfer(&A, &B, 4 << 20, 30000, 60), 0);
	is(tcp_transfer(&B, &A, 4 << 20, 3000, 60), 0);
	is(udp_echo(&A, &B, 200, 1400), 200);
	for (int i = 0; i < 2; i++) {
		ok(lkl_netdev_remove(id[i]));
		lkl_netdev_free(nd[i]);
	}
}

START_TEST(tap_traffic)
{
	traffic(0);
}
END_TEST

START_TEST(netmap_traffic)
{
	traffic(1);
}
END_TEST

START_TEST(errors)
{
	static const struct {
		const char *type, *param;
		int err;
		const char *words;
	} bad[] = {
		{ "tap", "tap7", LKL_ENOENT, "ifconfig tap create" },
		{ "tap", "tap8", LKL_EPERM, "user_open" },
		{ "tap", "tap9", LKL_EBUSY, "another program" },
		{ "tap", "", LKL_EINVAL, "name of an interface" },
		{ "tap", "tap0,queues=2", LKL_EINVAL, "Linux only" },
		{ "netmap", "em0", LKL_ENXIO, "netmap:IF" },
	};
	struct lkl_netdev *nd;
	char why[200];

	for (int i = 0; i < COUNT(bad); i++) {
		fails(lkl_netdev_open(bad[i].type, bad[i].param, 0, why, sizeof(why), &nd), bad[i].err);
		ck_assert_msg(strstr(why, bad[i].words), "%s", why);
	}
}
END_TEST

int main(void)
{
	const TTest *inside[] = { tap_traffic, netmap_traffic };
	const TTest *bare[] = { errors };

	return run_tests("bsd_devices", LIST(inside), LIST(bare), 60);
}

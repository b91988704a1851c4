// SPDX-License-Identifier: GPL-2.0
/*
 * Signatures of the network functions, as programs for the existing library use them: each
 * is assigned to a pointer of the type that such a program would call it by. That this
 * file compiles is most of the test.
 */
#include <lkl_config.h>

#include "test.h"

/* A program passes pointers that are not const, which has to be possible as well. */
static int calls_of_old_programs(void)
{
	struct lkl_netdev_args args = { .mac = NULL, .offload = 0 };
	struct lkl_netdev *nd = NULL;
	struct lkl_config cfg;
	unsigned int addr = 0;
	char text[] = "{}", entries[] = "root|fq";
	void *p = &addr;

	if (lkl_is_running()) {
		lkl_netdev_add(nd, &args);
		lkl_netdev_free(nd);
		lkl_if_set_ipv6(1, p, 64);
		lkl_set_ipv6_gateway(p);
		lkl_if_set_ipv6_gateway(1, p, 64, p);
		lkl_add_neighbor(1, LKL_AF_INET, p, p);
		lkl_qdisc_parse_add(1, entries);
		lkl_sysctl_parse_write(entries);
		lkl_load_config_json(&cfg, text);
	}
	return LKL_NET_CSUM;
}

START_TEST(network)
{
	int (*by_index)(int) = lkl_if_up;
	int (*number)(int, int) = lkl_if_set_mtu;
	int (*ipv4)(int, unsigned int, unsigned int) = lkl_if_set_ipv4;
	int (*gateway)(unsigned int) = lkl_set_ipv4_gateway;
	int (*if_gateway)(int, unsigned int, unsigned int, unsigned int) =
		lkl_if_set_ipv4_gateway;
	int (*name)(const char *) = lkl_ifname_to_ifindex;
	int (*words)(int, const char *, const char *) = lkl_qdisc_add;
	int (*pair)(const char *, const char *) = lkl_sysctl;
	int (*limit)(unsigned int) = lkl_set_fd_limit;
	struct lkl_netdev *(*device)(const char *, int) = lkl_netdev_tap_create;
	struct lkl_netdev *(*plain)(const char *) = lkl_netdev_raw_create;

	fails(by_index(1), LKL_ENODEV);
	by_index = lkl_if_down;
	fails(by_index(1), LKL_ENODEV);
	by_index = lkl_netdev_remove;
	fails(by_index(77), LKL_ENOENT);
	by_index = lkl_netdev_get_ifindex;
	ck_assert_int_lt(by_index(77), 0);
	fails(number(1, 1500), LKL_ENODEV);
	fails(ipv4(1, 0, 8), LKL_ENODEV);
	fails(gateway(0), LKL_ENODEV);
	fails(if_gateway(1, 0, 8, 0), LKL_ENODEV);
	fails(name("lo"), LKL_ENODEV);
	fails(words(1, "root", "fq"), LKL_ENODEV);
	fails(pair("kernel.hostname", "x"), LKL_ENODEV);
	fails(limit(10), LKL_ENODEV);
	device = lkl_netdev_macvtap_create;
	ck_assert_ptr_null(device("/no/such/tap", 0));
	device = lkl_netdev_pipe_create;
	ck_assert_ptr_null(device("/no/such/fifo|/no/such/other", 0));
	ck_assert_ptr_null(plain("no-such-if"));
	ck_assert_int_ne(calls_of_old_programs(), 0);
}
END_TEST

/* What a program may do with a device of its own. */
static int tx(struct lkl_netdev *nd, struct iovec *iov, int cnt)
{
	return -1;
}

static int poll_device(struct lkl_netdev *nd)
{
	return LKL_DEV_NET_POLL_HUP;
}

static void nothing(struct lkl_netdev *nd)
{
}

START_TEST(device_of_the_application)
{
	struct lkl_dev_net_ops ops = {
		.tx = tx, .rx = tx, .poll = poll_device, .poll_hup = nothing, .free = nothing,
	};
	struct lkl_netdev nd = { .ops = &ops, .has_vnet_hdr = 0 };
	uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	struct lkl_netdev_args args = { .mac = mac, .offload = 0 };
	int id = ok(lkl_netdev_add(&nd, &args));

	is(nd.id, id);
	ck_assert(!memcmp(nd.mac, mac, 6));
	ok(lkl_netdev_remove(id));
}
END_TEST

int main(void)
{
	const TTest *const bare[] = { network, device_of_the_application };

	return run_tests("api", NULL, 0, LIST(bare), 20);
}

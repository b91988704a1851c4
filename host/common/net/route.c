// SPDX-License-Identifier: GPL-2.0
/* Default routes, tables of single interfaces, neighbours. */
#include <string.h>

#include <lkl/linux/fib_rules.h>

#include "link.h"

/* An interface's own table is this plus its number, in either family. */
#define IF_TABLE 1000

/* Of rules; with one of its own each, the kernel would not see that two are the same. */
#define RULE_PRIORITY 1000

/* Routes @dst/@len (NULL: everywhere) through @gw (NULL: none) and @ifindex (0: any). */
static int route(int flags, unsigned int table, int af, const void *dst, unsigned int len,
		 const void *gw, int ifindex)
{
	struct lkl_rtmsg rtm = {
		.rtm_family = af, .rtm_dst_len = len, .rtm_table = LKL_RT_TABLE_UNSPEC,
		.rtm_protocol = LKL_RTPROT_STATIC, .rtm_type = LKL_RTN_UNICAST,
		.rtm_scope = gw ? LKL_RT_SCOPE_UNIVERSE : LKL_RT_SCOPE_LINK,
	};
	size_t size = lkl_af_size(af);
	struct lkl_nl_msg m;

	if (!size)
		return -LKL_EAFNOSUPPORT;
	lkl_nl_init(&m, LKL_RTM_NEWROUTE, LKL_NLM_F_CREATE | flags, &rtm, sizeof(rtm));
	lkl_nl_put_u32(&m, LKL_RTA_TABLE, table);
	if (dst)
		lkl_nl_put(&m, LKL_RTA_DST, dst, size);
	if (gw)
		lkl_nl_put(&m, LKL_RTA_GATEWAY, gw, size);
	if (ifindex)
		lkl_nl_put_u32(&m, LKL_RTA_OIF, ifindex);
	return lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

int lkl_set_ipv4_gateway(unsigned int addr)
{
	return route(LKL_NLM_F_REPLACE, LKL_RT_TABLE_MAIN, LKL_AF_INET, NULL, 0, &addr, 0);
}

int lkl_set_ipv6_gateway(const void *addr)
{
	return route(LKL_NLM_F_REPLACE, LKL_RT_TABLE_MAIN, LKL_AF_INET6, NULL, 0, addr, 0);
}

int lkl_add_gateway(int af, const void *gwaddr)
{
	return route(LKL_NLM_F_EXCL, LKL_RT_TABLE_MAIN, af, NULL, 0, gwaddr, 0);
}

int lkl_if_add_gateway(int ifindex, int af, const void *gwaddr)
{
	int up = lkl_link_is_up(ifindex);

	if (up < 0)
		return up;
	return route(LKL_NLM_F_EXCL, IF_TABLE + ifindex, af, NULL, 0, gwaddr, ifindex);
}

int lkl_if_add_rule_from_saddr(int ifindex, int af, const void *saddr)
{
	size_t size = lkl_af_size(af);
	struct lkl_fib_rule_hdr frh = {
		.family = af, .src_len = size * 8, .action = LKL_FR_ACT_TO_TBL,
	};
	struct lkl_nl_msg m;

	if (!size)
		return -LKL_EAFNOSUPPORT;
	if (ifindex <= 0)
		return -LKL_ENODEV;
	lkl_nl_init(&m, LKL_RTM_NEWRULE, LKL_NLM_F_CREATE | LKL_NLM_F_EXCL, &frh, sizeof(frh));
	lkl_nl_put_u32(&m, LKL_FRA_TABLE, IF_TABLE + ifindex);
	lkl_nl_put_u32(&m, LKL_FRA_PRIORITY, RULE_PRIORITY);
	lkl_nl_put(&m, LKL_FRA_SRC, saddr, size);
	return lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

static int set_if_gateway(int ifindex, int af, const void *addr, unsigned int len,
			  const void *gw)
{
	unsigned char net[16] = { 0 };
	unsigned int bit;
	int err;

	if (len > lkl_af_size(af) * 8)
		return -LKL_EINVAL;
	err = lkl_link_is_up(ifindex);
	if (err < 0)
		return err;
	memcpy(net, addr, lkl_af_size(af));
	for (bit = len; bit < lkl_af_size(af) * 8; bit++)
		net[bit / 8] &= ~(0x80 >> bit % 8);
	err = route(LKL_NLM_F_REPLACE, IF_TABLE + ifindex, af, net, len, NULL, ifindex);
	if (err)
		return err;
	err = route(LKL_NLM_F_REPLACE, IF_TABLE + ifindex, af, NULL, 0, gw, ifindex);
	if (err)
		return err;
	err = lkl_if_add_rule_from_saddr(ifindex, af, addr);
	return err == -LKL_EEXIST ? 0 : err;
}

int lkl_if_set_ipv4_gateway(int ifindex, unsigned int addr, unsigned int netmask_len,
			    unsigned int gw_addr)
{
	return set_if_gateway(ifindex, LKL_AF_INET, &addr, netmask_len, &gw_addr);
}

int lkl_if_set_ipv6_gateway(int ifindex, const void *addr, unsigned int netprefix_len,
			    const void *gw_addr)
{
	return set_if_gateway(ifindex, LKL_AF_INET6, addr, netprefix_len, gw_addr);
}

int lkl_add_neighbor(int ifindex, int af, const void *addr, const void *mac)
{
	struct lkl_ndmsg ndm = {
		.ndm_family = af, .ndm_ifindex = ifindex, .ndm_state = LKL_NUD_PERMANENT,
	};
	size_t size = lkl_af_size(af);
	struct lkl_nl_msg m;

	if (!size)
		return -LKL_EAFNOSUPPORT;
	if (ifindex <= 0)
		return -LKL_ENODEV;
	lkl_nl_init(&m, LKL_RTM_NEWNEIGH, LKL_NLM_F_CREATE | LKL_NLM_F_REPLACE, &ndm,
		    sizeof(ndm));
	lkl_nl_put(&m, LKL_NDA_DST, addr, size);
	lkl_nl_put(&m, LKL_NDA_LLADDR, mac, LKL_ETH_ALEN);
	return lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

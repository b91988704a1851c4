// SPDX-License-Identifier: GPL-2.0
/* Interfaces: state, and devices that exist inside the kernel alone. */
#include <string.h>

#include <lkl/linux/veth.h>

#include "link.h"

void lkl_link_init(struct lkl_nl_msg *m, int type, int flags, int ifindex)
{
	struct lkl_ifinfomsg ifi = { .ifi_index = ifindex };

	lkl_nl_init(m, type, flags, &ifi, sizeof(ifi));
	if (ifindex <= 0)
		m->err = -LKL_ENODEV;
}

static void put_name(struct lkl_nl_msg *m, const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= LKL_IFNAMSIZ)
		m->err = -LKL_EINVAL;
	lkl_nl_put_str(m, LKL_IFLA_IFNAME, name);
}

static int note_index(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_ifinfomsg *ifi = LKL_NLMSG_DATA(h);

	*(int *)arg = ifi->ifi_index;
	return 0;
}

int lkl_ifname_to_ifindex(const char *name)
{
	struct lkl_ifinfomsg ifi = { 0 };
	struct lkl_nl_msg m;
	int err, ifindex = 0;

	lkl_nl_init(&m, LKL_RTM_GETLINK, 0, &ifi, sizeof(ifi));
	put_name(&m, name);
	if (m.err)
		return -LKL_ENODEV;	/* no interface has such a name */
	err = lkl_nl_query(LKL_NETLINK_ROUTE, &m, note_index, &ifindex);
	return err ? err : ifindex;
}

static int note_flags(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_ifinfomsg *ifi = LKL_NLMSG_DATA(h);

	*(unsigned int *)arg = ifi->ifi_flags;
	return 0;
}

int lkl_link_is_up(int ifindex)
{
	unsigned int flags = 0;
	struct lkl_nl_msg m;
	int err;

	lkl_link_init(&m, LKL_RTM_GETLINK, 0, ifindex);
	err = lkl_nl_query(LKL_NETLINK_ROUTE, &m, note_flags, &flags);
	if (err)
		return err;
	return !(flags & LKL_IFF_UP) ? 0 : flags & LKL_IFF_RUNNING ? 2 : 1;
}

static int set_flags(int ifindex, unsigned int flags)
{
	struct lkl_ifinfomsg ifi = {
		.ifi_index = ifindex, .ifi_flags = flags, .ifi_change = LKL_IFF_UP,
	};
	struct lkl_nl_msg m;

	lkl_nl_init(&m, LKL_RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	if (ifindex <= 0)
		return -LKL_ENODEV;
	return lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

int lkl_if_up(int ifindex)
{
	int err = set_flags(ifindex, LKL_IFF_UP);

	/*
	 * Its queues start when a work of the kernel has noticed the carrier; what is sent
	 * before is dropped. Asked for the state, the kernel does that first.
	 */
	if (!err)
		lkl_link_is_up(ifindex);
	return err;
}

int lkl_if_down(int ifindex)
{
	return set_flags(ifindex, 0);
}

int lkl_if_set_mtu(int ifindex, int mtu)
{
	struct lkl_nl_msg m;

	lkl_link_init(&m, LKL_RTM_NEWLINK, 0, ifindex);
	lkl_nl_put_u32(&m, LKL_IFLA_MTU, mtu);
	if (mtu < 0 && !m.err)
		m.err = -LKL_EINVAL;
	return lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

int lkl_if_set_mac(int ifindex, const void *mac)
{
	struct lkl_nl_msg m;

	lkl_link_init(&m, LKL_RTM_NEWLINK, 0, ifindex);
	lkl_nl_put(&m, LKL_IFLA_ADDRESS, mac, LKL_ETH_ALEN);
	return lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

/* Sends the request for a new device; its ifindex. */
static int create(struct lkl_nl_msg *m, const char *name)
{
	int err = lkl_nl_talk(LKL_NETLINK_ROUTE, m);

	return err ? err : lkl_ifname_to_ifindex(name);
}

static void init_create(struct lkl_nl_msg *m, const char *name)
{
	struct lkl_ifinfomsg ifi = { 0 };

	lkl_nl_init(m, LKL_RTM_NEWLINK, LKL_NLM_F_CREATE | LKL_NLM_F_EXCL, &ifi, sizeof(ifi));
	put_name(m, name);
}

int lkl_link_add(const char *kind, const char *name)
{
	struct lkl_nl_msg m;
	size_t info;

	init_create(&m, name);
	info = lkl_nl_nest(&m, LKL_IFLA_LINKINFO);
	lkl_nl_put_str(&m, LKL_IFLA_INFO_KIND, kind);
	lkl_nl_end(&m, info);
	return create(&m, name);
}

int lkl_veth_add(const char *name, const char *peer)
{
	struct lkl_ifinfomsg ifi = { 0 };
	size_t info, data, other;
	struct lkl_nl_msg m;

	init_create(&m, name);
	info = lkl_nl_nest(&m, LKL_IFLA_LINKINFO);
	lkl_nl_put_str(&m, LKL_IFLA_INFO_KIND, "veth");
	data = lkl_nl_nest(&m, LKL_IFLA_INFO_DATA);
	other = lkl_nl_nest(&m, LKL_VETH_INFO_PEER);
	lkl_nl_put_raw(&m, &ifi, sizeof(ifi));
	put_name(&m, peer);
	lkl_nl_end(&m, other);
	lkl_nl_end(&m, data);
	lkl_nl_end(&m, info);
	return create(&m, name);
}

int lkl_vlan_add(int ifindex, const char *name, unsigned int id)
{
	struct lkl_nl_msg m;
	size_t info, data;

	if (id < 1 || id > 4094)
		return -LKL_ERANGE;
	init_create(&m, name);
	if (ifindex <= 0)
		return -LKL_ENODEV;
	lkl_nl_put_u32(&m, LKL_IFLA_LINK, ifindex);
	info = lkl_nl_nest(&m, LKL_IFLA_LINKINFO);
	lkl_nl_put_str(&m, LKL_IFLA_INFO_KIND, "vlan");
	data = lkl_nl_nest(&m, LKL_IFLA_INFO_DATA);
	lkl_nl_put_u16(&m, LKL_IFLA_VLAN_ID, id);
	lkl_nl_end(&m, data);
	lkl_nl_end(&m, info);
	return create(&m, name);
}

int lkl_link_del(int ifindex)
{
	struct lkl_nl_msg m;

	lkl_link_init(&m, LKL_RTM_DELLINK, 0, ifindex);
	return lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

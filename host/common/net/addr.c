// SPDX-License-Identifier: GPL-2.0
/* Addresses of interfaces. */
#include <string.h>

#include "link.h"

#define DAD_PAUSE_MS	10
#define DAD_LIMIT_MS	10000
/* How long a device that is new may need to see its carrier. */
#define CARRIER_MS	1000

/* The directed broadcast address of a network; none for point-to-point prefixes. */
static void put_broadcast(struct lkl_nl_msg *m, const void *addr, unsigned int len)
{
	unsigned char b[4];
	unsigned int bit;

	if (len > 30)
		return;
	memcpy(b, addr, sizeof(b));
	for (bit = len; bit < 32; bit++)
		b[bit / 8] |= 0x80 >> bit % 8;
	lkl_nl_put(m, LKL_IFA_BROADCAST, b, sizeof(b));
}

static int change(int type, int flags, int ifindex, int af, const void *addr, unsigned int len,
		  int scope)
{
	struct lkl_ifaddrmsg ifa = {
		.ifa_family = af, .ifa_prefixlen = len, .ifa_scope = scope,
		.ifa_index = ifindex,
	};
	size_t size = lkl_af_size(af);
	struct lkl_nl_msg m;

	if (!size)
		return -LKL_EAFNOSUPPORT;
	if (len > size * 8)
		return -LKL_EINVAL;
	if (ifindex <= 0)
		return -LKL_ENODEV;
	lkl_nl_init(&m, type, flags, &ifa, sizeof(ifa));
	lkl_nl_put(&m, LKL_IFA_LOCAL, addr, size);
	lkl_nl_put(&m, LKL_IFA_ADDRESS, addr, size);
	if (af == LKL_AF_INET && type == LKL_RTM_NEWADDR)
		put_broadcast(&m, addr, len);
	return lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
}

int lkl_if_add_ip(int ifindex, int af, const void *addr, unsigned int netprefix_len)
{
	return change(LKL_RTM_NEWADDR, LKL_NLM_F_CREATE | LKL_NLM_F_EXCL, ifindex, af, addr,
		      netprefix_len, LKL_RT_SCOPE_UNIVERSE);
}

int lkl_if_del_ip(int ifindex, int af, const void *addr, unsigned int netprefix_len)
{
	return change(LKL_RTM_DELADDR, 0, ifindex, af, addr, netprefix_len,
		      LKL_RT_SCOPE_UNIVERSE);
}

int lkl_if_add_linklocal(int ifindex, int af, const void *addr, int netprefix_len)
{
	return change(LKL_RTM_NEWADDR, LKL_NLM_F_CREATE | LKL_NLM_F_EXCL, ifindex, af, addr,
		      netprefix_len, LKL_RT_SCOPE_LINK);
}

int lkl_if_set_ipv4(int ifindex, unsigned int addr, unsigned int netmask_len)
{
	return change(LKL_RTM_NEWADDR, LKL_NLM_F_CREATE | LKL_NLM_F_REPLACE, ifindex,
		      LKL_AF_INET, &addr, netmask_len, LKL_RT_SCOPE_UNIVERSE);
}

int lkl_if_set_ipv6(int ifindex, const void *addr, unsigned int netprefix_len)
{
	int err = change(LKL_RTM_NEWADDR, LKL_NLM_F_CREATE | LKL_NLM_F_REPLACE, ifindex,
			 LKL_AF_INET6, addr, netprefix_len, LKL_RT_SCOPE_UNIVERSE);

	if (err)
		return err;
	err = lkl_if_wait_ipv6_dad(ifindex, addr);
	return err == -LKL_ENETDOWN ? 0 : err;
}

struct wanted {
	int ifindex;
	const void *addr;
	int found;
	unsigned int flags;
};

static int look_at(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_ifaddrmsg *ifa = LKL_NLMSG_DATA(h);
	const struct lkl_nlattr *tb[LKL_IFA_MAX + 1];
	const struct lkl_nlattr *addr;
	struct wanted *w = arg;

	lkl_nl_attrs(h, sizeof(*ifa), tb, LKL_IFA_MAX);
	addr = tb[LKL_IFA_LOCAL] ? tb[LKL_IFA_LOCAL] : tb[LKL_IFA_ADDRESS];
	if ((int)ifa->ifa_index != w->ifindex || !addr || lkl_nl_size(addr) != 16 ||
	    memcmp(lkl_nl_data(addr), w->addr, 16))
		return 0;
	w->found = 1;
	w->flags = tb[LKL_IFA_FLAGS] ? lkl_nl_uint(tb[LKL_IFA_FLAGS]) : ifa->ifa_flags;
	return 0;
}

/*
 * 0 when the address can be used, -EAGAIN while it is tentative, -ENOLINK if there is no
 * carrier without which it stays that, or err.
 */
static int dad_state(int ifindex, const void *addr)
{
	struct lkl_ifaddrmsg ifa = { .ifa_family = LKL_AF_INET6, .ifa_index = ifindex };
	struct wanted w = { .ifindex = ifindex, .addr = addr };
	struct lkl_nl_msg m;
	int err, up;

	up = lkl_link_is_up(ifindex);
	if (up < 0)
		return up;
	if (!up)
		return -LKL_ENETDOWN;
	lkl_nl_init(&m, LKL_RTM_GETADDR, LKL_NLM_F_DUMP, &ifa, sizeof(ifa));
	err = lkl_nl_query(LKL_NETLINK_ROUTE, &m, look_at, &w);
	if (err == -LKL_EINTR)
		return -LKL_EAGAIN;
	if (err)
		return err;
	if (!w.found)
		return -LKL_EADDRNOTAVAIL;
	if (w.flags & LKL_IFA_F_DADFAILED)
		return -LKL_EADDRINUSE;
	if (w.flags & LKL_IFA_F_OPTIMISTIC)
		return 0;
	if (!(w.flags & LKL_IFA_F_TENTATIVE))
		return 0;
	return up == 1 ? -LKL_ENOLINK : -LKL_EAGAIN;
}

int lkl_if_wait_ipv6_dad(int ifindex, const void *addr)
{
	struct lkl_timespec pause = { .tv_nsec = DAD_PAUSE_MS * 1000000 };
	int err, ms;

	for (ms = 0; ms < DAD_LIMIT_MS; ms += DAD_PAUSE_MS) {
		err = dad_state(ifindex, addr);
		if (err == -LKL_ENOLINK && ms >= CARRIER_MS)
			return -LKL_ENETDOWN;
		if (err != -LKL_EAGAIN && err != -LKL_ENOLINK)
			return err;
		lkl_sys_nanosleep(&pause, NULL);
	}
	return -LKL_ETIMEDOUT;
}

// SPDX-License-Identifier: GPL-2.0
/* The path manager of MPTCP, generic netlink family "mptcp_pm". */
#include <string.h>

#include <lkl/linux/mptcp.h>
#include <lkl/linux/mptcp_pm.h>

#include "netlink.h"

_Static_assert(LKL_MPTCP_SIGNAL == LKL_MPTCP_PM_ADDR_FLAG_SIGNAL &&
	       LKL_MPTCP_SUBFLOW == LKL_MPTCP_PM_ADDR_FLAG_SUBFLOW &&
	       LKL_MPTCP_BACKUP == LKL_MPTCP_PM_ADDR_FLAG_BACKUP &&
	       LKL_MPTCP_FULLMESH == LKL_MPTCP_PM_ADDR_FLAG_FULLMESH, "flags");

/* Begins a request; the error is in @m. */
static void init(struct lkl_nl_msg *m, int cmd, int flags)
{
	int family = lkl_nl_family(LKL_MPTCP_PM_NAME);

	lkl_nl_init_generic(m, family < 0 ? 0 : family, cmd, LKL_MPTCP_PM_VER, flags);
	if (family < 0)
		m->err = family;
}

int lkl_mptcp_add_endpoint(const struct lkl_mptcp_endpoint *ep)
{
	struct lkl_nl_msg m;
	size_t addr;

	if (!lkl_af_size(ep->af))
		return -LKL_EAFNOSUPPORT;
	init(&m, LKL_MPTCP_PM_CMD_ADD_ADDR, 0);
	addr = lkl_nl_nest(&m, LKL_MPTCP_PM_ATTR_ADDR);
	lkl_nl_put_u16(&m, LKL_MPTCP_PM_ADDR_ATTR_FAMILY, ep->af);
	if (ep->id)
		lkl_nl_put_u8(&m, LKL_MPTCP_PM_ADDR_ATTR_ID, ep->id);
	lkl_nl_put(&m, ep->af == LKL_AF_INET ? LKL_MPTCP_PM_ADDR_ATTR_ADDR4 :
		   LKL_MPTCP_PM_ADDR_ATTR_ADDR6, ep->addr, lkl_af_size(ep->af));
	lkl_nl_put_u32(&m, LKL_MPTCP_PM_ADDR_ATTR_FLAGS, ep->flags);
	if (ep->port)
		lkl_nl_put_u16(&m, LKL_MPTCP_PM_ADDR_ATTR_PORT, ep->port);
	if (ep->ifindex)
		lkl_nl_put_u32(&m, LKL_MPTCP_PM_ADDR_ATTR_IF_IDX, ep->ifindex);
	lkl_nl_end(&m, addr);
	return lkl_nl_talk(LKL_NETLINK_GENERIC, &m);
}

int lkl_mptcp_del_endpoint(unsigned int id)
{
	struct lkl_nl_msg m;
	size_t addr;

	if (!id || id > 255)
		return -LKL_EINVAL;
	init(&m, LKL_MPTCP_PM_CMD_DEL_ADDR, 0);
	addr = lkl_nl_nest(&m, LKL_MPTCP_PM_ATTR_ADDR);
	lkl_nl_put_u8(&m, LKL_MPTCP_PM_ADDR_ATTR_ID, id);
	lkl_nl_end(&m, addr);
	return lkl_nl_talk(LKL_NETLINK_GENERIC, &m);
}

struct list {
	struct lkl_mptcp_endpoint *eps;
	unsigned int max;
	unsigned int count;
};

static int note_endpoint(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_nlattr *tb[LKL_MPTCP_PM_ATTR_MAX + 1];
	const struct lkl_nlattr *at[LKL_MPTCP_PM_ADDR_ATTR_MAX + 1];
	const struct lkl_nlattr *addr;
	struct lkl_mptcp_endpoint *ep;
	struct list *list = arg;

	lkl_nl_attrs(h, sizeof(struct lkl_genlmsghdr), tb, LKL_MPTCP_PM_ATTR_MAX);
	if (!tb[LKL_MPTCP_PM_ATTR_ADDR] || list->count++ >= list->max)
		return 0;
	ep = &list->eps[list->count - 1];
	lkl_nl_nested(tb[LKL_MPTCP_PM_ATTR_ADDR], at, LKL_MPTCP_PM_ADDR_ATTR_MAX);
	memset(ep, 0, sizeof(*ep));
	ep->af = lkl_nl_uint(at[LKL_MPTCP_PM_ADDR_ATTR_FAMILY]);
	ep->ifindex = lkl_nl_uint(at[LKL_MPTCP_PM_ADDR_ATTR_IF_IDX]);
	ep->flags = lkl_nl_uint(at[LKL_MPTCP_PM_ADDR_ATTR_FLAGS]);
	ep->port = lkl_nl_uint(at[LKL_MPTCP_PM_ADDR_ATTR_PORT]);
	ep->id = lkl_nl_uint(at[LKL_MPTCP_PM_ADDR_ATTR_ID]);
	addr = at[ep->af == LKL_AF_INET ? LKL_MPTCP_PM_ADDR_ATTR_ADDR4 :
		  LKL_MPTCP_PM_ADDR_ATTR_ADDR6];
	if (addr && lkl_nl_size(addr) <= sizeof(ep->addr))
		memcpy(ep->addr, lkl_nl_data(addr), lkl_nl_size(addr));
	return 0;
}

int lkl_mptcp_get_endpoints(struct lkl_mptcp_endpoint *eps, unsigned int max)
{
	struct list list = { .eps = eps, .max = max };
	struct lkl_nl_msg m;
	int err;

	init(&m, LKL_MPTCP_PM_CMD_GET_ADDR, LKL_NLM_F_DUMP);
	err = lkl_nl_query(LKL_NETLINK_GENERIC, &m, note_endpoint, &list);
	return err ? err : (int)list.count;
}

int lkl_mptcp_set_limits(unsigned int subflows, unsigned int add_addr_accepted)
{
	struct lkl_nl_msg m;

	init(&m, LKL_MPTCP_PM_CMD_SET_LIMITS, 0);
	lkl_nl_put_u32(&m, LKL_MPTCP_PM_ATTR_RCV_ADD_ADDRS, add_addr_accepted);
	lkl_nl_put_u32(&m, LKL_MPTCP_PM_ATTR_SUBFLOWS, subflows);
	return lkl_nl_talk(LKL_NETLINK_GENERIC, &m);
}

static int note_limits(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_nlattr *tb[LKL_MPTCP_PM_ATTR_MAX + 1];
	unsigned int **limits = arg;

	lkl_nl_attrs(h, sizeof(struct lkl_genlmsghdr), tb, LKL_MPTCP_PM_ATTR_MAX);
	*limits[0] = lkl_nl_uint(tb[LKL_MPTCP_PM_ATTR_SUBFLOWS]);
	*limits[1] = lkl_nl_uint(tb[LKL_MPTCP_PM_ATTR_RCV_ADD_ADDRS]);
	return 0;
}

int lkl_mptcp_get_limits(unsigned int *subflows, unsigned int *add_addr_accepted)
{
	unsigned int *limits[] = { subflows, add_addr_accepted };
	struct lkl_nl_msg m;

	init(&m, LKL_MPTCP_PM_CMD_GET_LIMITS, 0);
	return lkl_nl_query(LKL_NETLINK_GENERIC, &m, note_limits, limits);
}

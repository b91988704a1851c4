// SPDX-License-Identifier: GPL-2.0
/* The state of a stack, read from the kernel by netlink, as text or JSON. */
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#include "json.h"
#include "message.h"
#include "net/netlink.h"
#include "net/text.h"
#include "show.h"

static int as_json;

/* Names by ifindex; devices that the kernel makes at its start are few. */
#define NAMES_MAX 1024
static char names[NAMES_MAX][LKL_IFNAMSIZ];

static const char *name_of(unsigned int ifindex)
{
	return ifindex && ifindex < NAMES_MAX && *names[ifindex] ? names[ifindex] : "?";
}

static const char *state_of(const struct lkl_ifinfomsg *ifi)
{
	return !(ifi->ifi_flags & LKL_IFF_UP) ? "down" :
	       ifi->ifi_flags & LKL_IFF_RUNNING ? "up" : "no-carrier";
}

static void format_mac(const struct lkl_nlattr *a, char *buf, size_t size)
{
	const unsigned char *m = lkl_nl_data(a);
	size_t i, pos = 0;

	*buf = 0;
	for (i = 0; i < lkl_nl_size(a) && pos + 4 < size; i++)
		pos += snprintf(buf + pos, size - pos, "%s%02x", i ? ":" : "", m[i]);
}

/* ---- addresses ---------------------------------------------------------------------- */

static int show_addr(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_ifaddrmsg *ifa = LKL_NLMSG_DATA(h);
	const struct lkl_nlattr *tb[LKL_IFA_MAX + 1], *addr;
	char text[LKL_ADDR_TEXT];
	unsigned int flags;

	lkl_nl_attrs(h, sizeof(*ifa), tb, LKL_IFA_MAX);
	addr = tb[LKL_IFA_LOCAL] ? tb[LKL_IFA_LOCAL] : tb[LKL_IFA_ADDRESS];
	if ((int)ifa->ifa_index != *(int *)arg || !addr || !lkl_af_size(ifa->ifa_family))
		return 0;
	flags = tb[LKL_IFA_FLAGS] ? lkl_nl_uint(tb[LKL_IFA_FLAGS]) : ifa->ifa_flags;
	lkl_format_addr(ifa->ifa_family, lkl_nl_data(addr), text);
	if (as_json) {
		json_open(NULL, '{');
		json_string("family", ifa->ifa_family == LKL_AF_INET ? "inet" : "inet6");
		json_string("address", text);
		json_number("prefixlen", ifa->ifa_prefixlen);
		json_bool("tentative", !!(flags & LKL_IFA_F_TENTATIVE));
		json_bool("dynamic", !(flags & LKL_IFA_F_PERMANENT));
		json_close('}');
	} else {
		printf("    %s %s/%u%s%s\n", ifa->ifa_family == LKL_AF_INET ? "inet " : "inet6",
		       text, ifa->ifa_prefixlen,
		       flags & LKL_IFA_F_TENTATIVE ? " tentative" : "",
		       flags & LKL_IFA_F_DADFAILED ? " duplicate" : "");
	}
	return 0;
}

static int show_addrs(int ifindex)
{
	struct lkl_ifaddrmsg ifa = { 0 };
	struct lkl_nl_msg m;

	lkl_nl_init(&m, LKL_RTM_GETADDR, LKL_NLM_F_DUMP, &ifa, sizeof(ifa));
	return lkl_nl_query(LKL_NETLINK_ROUTE, &m, show_addr, &ifindex);
}

/* ---- interfaces --------------------------------------------------------------------- */

static void show_stats(const struct lkl_nlattr *a)
{
	const struct lkl_rtnl_link_stats64 *s;

	if (!a || lkl_nl_size(a) < offsetof(struct lkl_rtnl_link_stats64, multicast))
		return;
	s = lkl_nl_data(a);
	if (as_json) {
		json_number("rx_packets", s->rx_packets);
		json_number("rx_bytes", s->rx_bytes);
		json_number("rx_dropped", s->rx_dropped);
		json_number("tx_packets", s->tx_packets);
		json_number("tx_bytes", s->tx_bytes);
		json_number("tx_dropped", s->tx_dropped);
	} else if (s->rx_packets || s->tx_packets) {
		printf("    received %llu packets, %llu bytes; sent %llu, %llu\n",
		       (unsigned long long)s->rx_packets, (unsigned long long)s->rx_bytes,
		       (unsigned long long)s->tx_packets, (unsigned long long)s->tx_bytes);
	}
}

static int show_link(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_ifinfomsg *ifi = LKL_NLMSG_DATA(h);
	const struct lkl_nlattr *tb[LKL_IFLA_MAX + 1];
	const char *name, *qdisc;
	char mac[128] = "";

	lkl_nl_attrs(h, sizeof(*ifi), tb, LKL_IFLA_MAX);
	name = tb[LKL_IFLA_IFNAME] ? lkl_nl_data(tb[LKL_IFLA_IFNAME]) : "?";
	qdisc = tb[LKL_IFLA_QDISC] ? lkl_nl_data(tb[LKL_IFLA_QDISC]) : "?";
	if (ifi->ifi_index > 0 && ifi->ifi_index < NAMES_MAX)
		snprintf(names[ifi->ifi_index], LKL_IFNAMSIZ, "%s", name);
	if (tb[LKL_IFLA_ADDRESS])
		format_mac(tb[LKL_IFLA_ADDRESS], mac, sizeof(mac));
	/* The tunnels that every stack has at its start say nothing while they are down. */
	if (!as_json && !(ifi->ifi_flags & LKL_IFF_UP) &&
	    (ifi->ifi_type != LKL_ARPHRD_ETHER || !strncmp(mac, "00:00:00", 8)))
		return 0;
	if (as_json) {
		json_open(NULL, '{');
		json_number("ifindex", ifi->ifi_index);
		json_string("name", name);
		json_string("state", state_of(ifi));
		json_number("mtu", lkl_nl_uint(tb[LKL_IFLA_MTU]));
		json_string("mac", mac);
		json_string("qdisc", qdisc);
		show_stats(tb[LKL_IFLA_STATS64]);
		json_open("addresses", '[');
		show_addrs(ifi->ifi_index);
		json_close(']');
		json_close('}');
	} else {
		printf("%d: %s %s, mtu %llu, %s, qdisc %s\n", ifi->ifi_index, name, state_of(ifi),
		       (unsigned long long)lkl_nl_uint(tb[LKL_IFLA_MTU]), mac, qdisc);
		show_addrs(ifi->ifi_index);
		show_stats(tb[LKL_IFLA_STATS64]);
	}
	return 0;
}

/* ---- routes --------------------------------------------------------------------------- */

static const char *addr_or(const struct lkl_nlattr *a, int af, const char *otherwise, char *buf)
{
	return a && lkl_nl_size(a) == lkl_af_size(af) ?
	       lkl_format_addr(af, lkl_nl_data(a), buf) : otherwise;
}

static int show_route(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_rtmsg *rtm = LKL_NLMSG_DATA(h);
	const struct lkl_nlattr *tb[LKL_RTA_MAX + 1];
	char dst[LKL_ADDR_TEXT + 8], via[LKL_ADDR_TEXT], src[LKL_ADDR_TEXT], a[LKL_ADDR_TEXT];
	unsigned int table, oif, metric;
	const char *gw, *from;

	lkl_nl_attrs(h, sizeof(*rtm), tb, LKL_RTA_MAX);
	table = tb[LKL_RTA_TABLE] ? lkl_nl_uint(tb[LKL_RTA_TABLE]) : rtm->rtm_table;
	if (rtm->rtm_type != LKL_RTN_UNICAST || table == LKL_RT_TABLE_LOCAL)
		return 0;
	snprintf(dst, sizeof(dst), "%s/%u", addr_or(tb[LKL_RTA_DST], rtm->rtm_family,
		 rtm->rtm_family == LKL_AF_INET ? "0.0.0.0" : "::", a), rtm->rtm_dst_len);
	gw = addr_or(tb[LKL_RTA_GATEWAY], rtm->rtm_family, NULL, via);
	from = addr_or(tb[LKL_RTA_PREFSRC], rtm->rtm_family, NULL, src);
	oif = lkl_nl_uint(tb[LKL_RTA_OIF]);
	metric = lkl_nl_uint(tb[LKL_RTA_PRIORITY]);
	if (as_json) {
		json_open(NULL, '{');
		json_string("destination", dst);
		if (gw)
			json_string("gateway", gw);
		if (from)
			json_string("source", from);
		json_string("interface", name_of(oif));
		json_number("table", table);
		json_number("metric", metric);
		json_close('}');
		return 0;
	}
	printf("%s", rtm->rtm_dst_len ? dst : rtm->rtm_family == LKL_AF_INET ?
	       "default" : "default (IPv6)");
	if (gw)
		printf(" via %s", gw);
	printf(" dev %s", name_of(oif));
	if (from)
		printf(" from %s", from);
	if (table != LKL_RT_TABLE_MAIN)
		printf(", table %u", table);
	putchar('\n');
	return 0;
}

/* ---- neighbours ------------------------------------------------------------------------- */

static const char *neighbour_state(unsigned int state)
{
	return state & LKL_NUD_PERMANENT ? "permanent" : state & LKL_NUD_REACHABLE ? "reachable" :
	       state & LKL_NUD_STALE ? "stale" : state & LKL_NUD_FAILED ? "failed" :
	       state & LKL_NUD_INCOMPLETE ? "incomplete" : "probing";
}

static int show_neighbour(const struct lkl_nlmsghdr *h, void *arg)
{
	const struct lkl_ndmsg *ndm = LKL_NLMSG_DATA(h);
	const struct lkl_nlattr *tb[LKL_NDA_MAX + 1];
	char addr[LKL_ADDR_TEXT], mac[128] = "";
	const char *text;

	lkl_nl_attrs(h, sizeof(*ndm), tb, LKL_NDA_MAX);
	text = addr_or(tb[LKL_NDA_DST], ndm->ndm_family, NULL, addr);
	if (!text || ndm->ndm_state & LKL_NUD_NOARP)
		return 0;
	if (tb[LKL_NDA_LLADDR])
		format_mac(tb[LKL_NDA_LLADDR], mac, sizeof(mac));
	if (as_json) {
		json_open(NULL, '{');
		json_string("address", text);
		json_string("mac", mac);
		json_string("interface", name_of(ndm->ndm_ifindex));
		json_string("state", neighbour_state(ndm->ndm_state));
		json_close('}');
	} else {
		printf("%s is %s on %s, %s\n", text, *mac ? mac : "unknown",
		       name_of(ndm->ndm_ifindex), neighbour_state(ndm->ndm_state));
	}
	return 0;
}

/* ---- MPTCP ------------------------------------------------------------------------------ */

static void format_flags(unsigned int flags, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s%s", flags & LKL_MPTCP_SUBFLOW ? " subflow" : "",
		 flags & LKL_MPTCP_SIGNAL ? " signal" : "",
		 flags & LKL_MPTCP_BACKUP ? " backup" : "",
		 flags & LKL_MPTCP_FULLMESH ? " fullmesh" : "");
}

static int show_endpoints(void)
{
	struct lkl_mptcp_endpoint eps[64];
	unsigned int subflows, accepted;
	char addr[LKL_ADDR_TEXT], flags[64];
	int i, n, err;

	n = lkl_mptcp_get_endpoints(eps, 64);
	err = lkl_mptcp_get_limits(&subflows, &accepted);
	if (n < 0 || err)
		return n < 0 ? n : err;
	if (as_json) {
		json_open("mptcp", '{');
		json_number("subflows", subflows);
		json_number("add_addr_accepted", accepted);
		json_open("endpoints", '[');
	} else if (n) {
		printf("MPTCP: up to %u further subflows, %u announced addresses accepted\n",
		       subflows, accepted);
	}
	for (i = 0; i < n && i < 64; i++) {
		lkl_format_addr(eps[i].af, eps[i].addr, addr);
		format_flags(eps[i].flags, flags, sizeof(flags));
		if (as_json) {
			json_open(NULL, '{');
			json_number("id", eps[i].id);
			json_string("address", addr);
			json_string("interface", name_of(eps[i].ifindex));
			json_string("flags", flags + (*flags == ' '));
			json_close('}');
		} else {
			printf("endpoint %u: %s dev %s%s\n", eps[i].id, addr,
			       name_of(eps[i].ifindex), flags);
		}
	}
	if (as_json) {
		json_close(']');
		json_close('}');
	}
	return 0;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static int dump(const char *title, int type, size_t header, lkl_nl_each each)
{
	static const char zeroes[64];
	struct lkl_nl_msg m;
	int err;

	if (as_json)
		json_open(title, '[');
	lkl_nl_init(&m, type, LKL_NLM_F_DUMP, zeroes, header);
	err = lkl_nl_query(LKL_NETLINK_ROUTE, &m, each, NULL);
	if (as_json)
		json_close(']');
	return err;
}

int show(int json)
{
	int err;

	as_json = json;
	if (json)
		json_open(NULL, '{');
	err = dump("interfaces", LKL_RTM_GETLINK, sizeof(struct lkl_ifinfomsg), show_link);
	if (!err)
		err = dump("routes", LKL_RTM_GETROUTE, sizeof(struct lkl_rtmsg), show_route);
	if (!err)
		err = dump("neighbours", LKL_RTM_GETNEIGH, sizeof(struct lkl_ndmsg),
			   show_neighbour);
	if (!err)
		err = show_endpoints();
	if (json) {
		json_close('}');
		json_end();
	}
	if (err)
		error("reading the state: %s", lkl_strerror(err));
	return err ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/* Doing what a configuration says: devices before the start, the rest after it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>
#include <lkl_netdev.h>

#include "keys.h"
#include "net/entries.h"
#include "net/link.h"
#include "net/text.h"

#define DEBUG_PRINT	1
#define DEBUG_SHELL	2

#define DHCP_TIMEOUT_MS	15000

/* How long a device that was just added may take to show its carrier. */
#define CARRIER_MS	300

/* A number that the keys' checks have seen; @missing if there is none. */
static unsigned int number(const char *value, unsigned int missing)
{
	return value ? strtoul(value, NULL, !strncmp(value, "0x", 2) ? 16 : 10) : missing;
}

static int index_of(const struct lkl_config *cfg, const struct lkl_config_iface *iface)
{
	struct lkl_config_iface *i;
	int n = 0;

	for (i = cfg->ifaces; i != iface; i = i->next)
		n++;
	return n;
}

/* Notes what failed at an interface; passes 0 on. */
static int check_iface(struct lkl_config *cfg, const struct lkl_config_iface *iface,
		       const char *key, const char *value, int err)
{
	if (err < 0)
		return lkl_config_fail(cfg, err, "interfaces[%d].%s: %s: %s",
				       index_of(cfg, iface), key, value ? value : "",
				       lkl_strerror(err));
	return 0;
}

static int check(struct lkl_config *cfg, const char *key, const char *value, int err)
{
	return err < 0 ? lkl_config_fail(cfg, err, "%s: %s: %s", key, value,
					 lkl_strerror(err)) : 0;
}

/* ---- before the start ------------------------------------------------------------ */

static int is_dummy(const struct lkl_config_iface *iface)
{
	return !strcmp(iface->iftype, "dummy");
}

static int add_device(struct lkl_config *cfg, struct lkl_config_iface *iface)
{
	struct lkl_netdev_args args = { 0 };
	unsigned char mac[6];
	char why[160] = "";
	int err;

	args.offload = number(iface->ifoffload_str, LKL_NET_OFFLOAD_ALL);
	if (iface->ifmac_str) {
		lkl_parse_mac(iface->ifmac_str, mac);
		args.mac = mac;
	}
	err = lkl_netdev_open(iface->iftype, iface->ifparams, args.offload, why, sizeof(why),
			      &iface->nd);
	if (err)
		return lkl_config_fail(cfg, err, "interfaces[%d], %s: %s",
				       index_of(cfg, iface), iface->iftype,
				       *why ? why : lkl_strerror(err));
	err = lkl_netdev_add(iface->nd, &args);
	if (err < 0) {
		lkl_netdev_free(iface->nd);
		iface->nd = NULL;
		return check_iface(cfg, iface, iface->ifmac_str ? "mac" : "type",
				   iface->ifmac_str ? iface->ifmac_str : iface->iftype, err);
	}
	iface->id = err;
	return 0;
}

int lkl_load_config_pre(struct lkl_config *cfg)
{
	unsigned int debug = number(cfg->debug, 0);
	struct lkl_config_iface *iface;
	int err;

	if (!(debug & DEBUG_PRINT))
		lkl_host_ops.print = NULL;
	if (debug & DEBUG_SHELL)
		lkl_register_dbg_handler();
	for (iface = cfg->ifaces; iface; iface = iface->next) {
		if (is_dummy(iface))
			continue;
		err = add_device(cfg, iface);
		if (err)
			return err;
	}
	return 0;
}

/* ---- after it ---------------------------------------------------------------------- */

/* Calls @each for every part of a list that is separated by commas. */
static int for_each_word(const char *list, int (*each)(const char *word))
{
	char *copy = strdup(list), *save = NULL, *word;
	int err = copy ? 0 : -LKL_ENOMEM;

	for (word = copy ? strtok_r(copy, ",", &save) : NULL; word && err >= 0;
	     word = strtok_r(NULL, ",", &save))
		err = each(word);
	free(copy);
	return err < 0 ? err : 0;
}

static int mount_one(const char *type)
{
	return lkl_mount_fs((char *)type);
}

static int write_file(const char *path, const char *text)
{
	long fd = lkl_sys_open(path, LKL_O_WRONLY | LKL_O_CREAT | LKL_O_TRUNC, 0644);
	long ret;

	if (fd < 0)
		return fd;
	ret = lkl_sys_write(fd, (char *)text, strlen(text));
	lkl_sys_close(fd);
	return ret < 0 ? ret : 0;
}

static int set_nameserver(const char *addr)
{
	char line[LKL_ADDR_TEXT + 16];

	snprintf(line, sizeof(line), "nameserver %s\n", addr);
	lkl_sys_mkdir("/etc", 0755);
	return write_file("/etc/resolv.conf", line);
}

static int add_endpoint(const struct lkl_config_iface *iface, int af, const void *addr)
{
	struct lkl_mptcp_endpoint ep = { .af = af, .ifindex = iface->ifindex };

	if (strstr(iface->ifmptcp, "subflow"))
		ep.flags |= LKL_MPTCP_SUBFLOW;
	if (strstr(iface->ifmptcp, "signal"))
		ep.flags |= LKL_MPTCP_SIGNAL;
	if (strstr(iface->ifmptcp, "backup"))
		ep.flags |= LKL_MPTCP_BACKUP;
	if (strstr(iface->ifmptcp, "fullmesh"))
		ep.flags |= LKL_MPTCP_FULLMESH;
	memcpy(ep.addr, addr, af == LKL_AF_INET ? 4 : 16);
	return lkl_mptcp_add_endpoint(&ep);
}

static int set_ipv4(struct lkl_config *cfg, struct lkl_config_iface *iface)
{
	unsigned int len = number(iface->ifnetmask_len, 24), addr, gw;
	int err;

	lkl_parse_addr(LKL_AF_INET, iface->ifip, &addr);
	err = check_iface(cfg, iface, "ip", iface->ifip,
			  lkl_if_set_ipv4(iface->ifindex, addr, len));
	if (!err && iface->ifgateway) {
		lkl_parse_addr(LKL_AF_INET, iface->ifgateway, &gw);
		err = check_iface(cfg, iface, "ifgateway", iface->ifgateway,
				  lkl_if_set_ipv4_gateway(iface->ifindex, addr, len, gw));
	}
	if (!err && iface->ifmptcp)
		err = check_iface(cfg, iface, "mptcp", iface->ifip,
				  add_endpoint(iface, LKL_AF_INET, &addr));
	return err;
}

static int set_ipv6(struct lkl_config *cfg, struct lkl_config_iface *iface)
{
	unsigned int len = number(iface->ifnetmask6_len, 64);
	unsigned char addr[16], gw[16];
	int err;

	lkl_parse_addr(LKL_AF_INET6, iface->ifipv6, addr);
	err = check_iface(cfg, iface, "ipv6", iface->ifipv6,
			  lkl_if_add_ip(iface->ifindex, LKL_AF_INET6, addr, len));
	if (!err && iface->ifgateway6) {
		lkl_parse_addr(LKL_AF_INET6, iface->ifgateway6, gw);
		err = check_iface(cfg, iface, "ifgateway6", iface->ifgateway6,
				  lkl_if_set_ipv6_gateway(iface->ifindex, addr, len, gw));
	}
	if (!err && iface->ifmptcp)
		err = check_iface(cfg, iface, "mptcp", iface->ifipv6,
				  add_endpoint(iface, LKL_AF_INET6, addr));
	return err;
}

static int add_neighbour(const char *text, const char *hw, void *arg)
{
	const struct lkl_config_iface *iface = arg;
	unsigned char addr[16], mac[6];
	int af;

	lkl_parse_any_addr(text, &af, addr);
	lkl_parse_mac(hw, mac);
	return lkl_add_neighbor(iface->ifindex, af, addr, mac);
}

static int add_vlan(const char *id, const char *text, void *arg)
{
	const struct lkl_config_iface *iface = arg;
	char name[LKL_IFNAMSIZ], addr[LKL_ADDR_TEXT];
	const char *slash = strchr(text, '/');
	unsigned char bytes[16];
	int af, ifindex, err;
	unsigned int v4;

	snprintf(name, sizeof(name), "vlan%.4s", id);
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - text), text);
	ifindex = lkl_vlan_add(iface->ifindex, name, number(id, 0));
	if (ifindex < 0)
		return ifindex;
	err = lkl_if_up(ifindex);
	if (err)
		return err;
	lkl_parse_any_addr(addr, &af, bytes);
	if (af == LKL_AF_INET6)
		return lkl_if_set_ipv6(ifindex, bytes, number(slash + 1, 64));
	memcpy(&v4, bytes, sizeof(v4));
	return lkl_if_set_ipv4(ifindex, v4, number(slash + 1, 24));
}

/* What an interface is called and where it is, before its addresses. */
static int find_interface(struct lkl_config *cfg, struct lkl_config_iface *iface)
{
	unsigned char mac[6];
	int err;

	iface->ifindex = is_dummy(iface) ?
			 lkl_link_add("dummy", iface->ifparams ? iface->ifparams : "dummy0") :
			 lkl_netdev_get_ifindex(iface->id);
	if (iface->ifindex < 0)
		return check_iface(cfg, iface, "type", iface->iftype, iface->ifindex);
	if (is_dummy(iface) && iface->ifmac_str) {
		lkl_parse_mac(iface->ifmac_str, mac);
		err = check_iface(cfg, iface, "mac", iface->ifmac_str,
				  lkl_if_set_mac(iface->ifindex, mac));
		if (err)
			return err;
	}
	if (!iface->ifnetns)
		return 0;
	err = lkl_netns_add(iface->ifnetns);
	if (!err || err == -LKL_EEXIST)
		err = lkl_netns_move(iface->ifindex, iface->ifnetns);
	return check_iface(cfg, iface, "netns", iface->ifnetns, err);
}

static int set_addresses(struct lkl_config *cfg, struct lkl_config_iface *iface)
{
	int err = 0;

	if (iface->ifip)
		err = set_ipv4(cfg, iface);
	if (!err && iface->ifipv6)
		err = set_ipv6(cfg, iface);
	if (!err && number(iface->ifdhcp, 0))
		err = check_iface(cfg, iface, "dhcp", iface->ifdhcp,
				  lkl_dhcp(iface->ifindex, DHCP_TIMEOUT_MS, NULL));
	return err;
}

/* In its namespace. */
static int set_interface(struct lkl_config *cfg, struct lkl_config_iface *iface)
{
	int err = 0;

	if (iface->ifmtu_str)
		err = check_iface(cfg, iface, "mtu", iface->ifmtu_str,
				  lkl_if_set_mtu(iface->ifindex, number(iface->ifmtu_str, 0)));
	if (!err)
		err = check_iface(cfg, iface, "type", iface->iftype, lkl_if_up(iface->ifindex));
	if (!err && iface->ifqdisc_entries)
		err = check_iface(cfg, iface, "qdisc", iface->ifqdisc_entries,
				  lkl_qdisc_parse_add(iface->ifindex, iface->ifqdisc_entries));
	if (!err)
		err = set_addresses(cfg, iface);
	if (!err && iface->ifneigh_entries)
		err = check_iface(cfg, iface, "neigh", iface->ifneigh_entries,
				  lkl_entries(iface->ifneigh_entries, add_neighbour, iface));
	if (!err && iface->ifvlan_entries)
		err = check_iface(cfg, iface, "vlan", iface->ifvlan_entries,
				  lkl_entries(iface->ifvlan_entries, add_vlan, iface));
	return err;
}

static void wait_for_carrier(const struct lkl_config_iface *iface)
{
	struct lkl_timespec pause = { .tv_nsec = 5000000 };
	int ms, entered = iface->ifnetns && !lkl_netns_enter(iface->ifnetns);

	for (ms = 0; ms < CARRIER_MS && lkl_link_is_up(iface->ifindex) == 1; ms += 5)
		lkl_sys_nanosleep(&pause, NULL);
	if (entered)
		lkl_netns_enter(NULL);
}

/* Duplicates are looked for on all interfaces at once, so this comes after the last one. */
static int wait_for_address(struct lkl_config *cfg, const struct lkl_config_iface *iface)
{
	unsigned char addr[16];
	int err = iface->ifnetns ? lkl_netns_enter(iface->ifnetns) : 0;

	lkl_parse_addr(LKL_AF_INET6, iface->ifipv6, addr);
	if (!err)
		err = lkl_if_wait_ipv6_dad(iface->ifindex, addr);
	/* Nobody is at the other end yet. */
	if (err == -LKL_ENETDOWN)
		err = 0;
	if (iface->ifnetns)
		lkl_netns_enter(NULL);
	return check_iface(cfg, iface, "ipv6", iface->ifipv6, err);
}

/* Parameters come in between: after the interfaces are there, before they are up. */
static int set_interfaces(struct lkl_config *cfg)
{
	struct lkl_config_iface *iface;
	int err = 0;

	for (iface = cfg->ifaces; iface && !err; iface = iface->next)
		err = find_interface(cfg, iface);
	if (!err && cfg->sysctls)
		err = check(cfg, "sysctl", cfg->sysctls, lkl_sysctl_parse_write(cfg->sysctls));
	for (iface = cfg->ifaces; iface && !err; iface = iface->next) {
		if (iface->ifnetns)
			err = check_iface(cfg, iface, "netns", iface->ifnetns,
					  lkl_netns_enter(iface->ifnetns));
		if (!err)
			err = set_interface(cfg, iface);
		if (iface->ifnetns)
			lkl_netns_enter(NULL);
	}
	for (iface = cfg->ifaces; iface && !err; iface = iface->next)
		wait_for_carrier(iface);
	for (iface = cfg->ifaces; iface && !err; iface = iface->next)
		if (iface->ifipv6)
			err = wait_for_address(cfg, iface);
	return err;
}

static int set_limits(struct lkl_config *cfg)
{
	unsigned int subflows, accept;
	int err = 0;

	if (cfg->fd_limit)
		err = check(cfg, "fd_limit", cfg->fd_limit,
			    lkl_set_fd_limit(number(cfg->fd_limit, 0)));
	if (!err && (cfg->mptcp_subflows || cfg->mptcp_accept)) {
		err = lkl_mptcp_get_limits(&subflows, &accept);
		if (!err)
			err = lkl_mptcp_set_limits(number(cfg->mptcp_subflows, subflows),
						   number(cfg->mptcp_accept, accept));
		err = check(cfg, cfg->mptcp_subflows ? "mptcp_subflows" : "mptcp_accept",
			    cfg->mptcp_subflows ? cfg->mptcp_subflows : cfg->mptcp_accept, err);
	}
	return err;
}

static int set_routes(struct lkl_config *cfg)
{
	unsigned char addr[16];
	unsigned int v4;
	int err = 0;

	if (cfg->gateway) {
		lkl_parse_addr(LKL_AF_INET, cfg->gateway, &v4);
		err = check(cfg, "gateway", cfg->gateway, lkl_set_ipv4_gateway(v4));
	}
	if (!err && cfg->gateway6) {
		lkl_parse_addr(LKL_AF_INET6, cfg->gateway6, addr);
		err = check(cfg, "gateway6", cfg->gateway6, lkl_set_ipv6_gateway(addr));
	}
	return err;
}

static int load_rules(struct lkl_config *cfg)
{
	char why[200] = "";
	int err = lkl_nft_load(cfg->nft, why, sizeof(why));

	return err ? lkl_config_fail(cfg, err, "nft: %.50s: %.180s", cfg->nft,
				     *why ? why : lkl_strerror(err)) : 0;
}

static void wait_us(unsigned int us)
{
	struct lkl_timespec ts = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	lkl_sys_nanosleep(&ts, NULL);
}

int lkl_load_config_post(struct lkl_config *cfg)
{
	int err = 0;

	if (cfg->mount)
		err = check(cfg, "mount", cfg->mount, for_each_word(cfg->mount, mount_one));
	if (!err)
		err = check(cfg, "lo", "up", lkl_if_up(1));
	if (!err)
		err = set_limits(cfg);
	if (!err)
		err = set_interfaces(cfg);
	if (!err)
		err = set_routes(cfg);
	if (!err && cfg->nameserver)
		err = check(cfg, "nameserver", cfg->nameserver, set_nameserver(cfg->nameserver));
	if (!err && cfg->nft)
		err = load_rules(cfg);
	if (!err && cfg->delay_main)
		wait_us(number(cfg->delay_main, 0));
	return err;
}

/* ---- the end ----------------------------------------------------------------------- */

static int dump_one(const char *path)
{
	long fd = lkl_sys_open(path, LKL_O_RDONLY, 0), got;
	char buf[512];

	if (fd < 0)
		return fd;
	lkl_printf("%s:\n", path);
	while ((got = lkl_sys_read(fd, buf, sizeof(buf) - 1)) > 0)
		lkl_printf("%.*s", (int)got, buf);
	lkl_sys_close(fd);
	return got;
}

int lkl_unload_config(struct lkl_config *cfg)
{
	struct lkl_config_iface *iface;
	int err = 0, ret;

	if (cfg->dump && lkl_is_running())
		err = check(cfg, "dump", cfg->dump, for_each_word(cfg->dump, dump_one));
	for (iface = cfg->ifaces; iface; iface = iface->next) {
		if (!iface->nd)
			continue;
		if (lkl_is_running() && iface->ifdhcp)
			lkl_dhcp_stop(iface->ifindex);
		ret = lkl_netdev_remove(iface->id);
		if (!err)
			err = ret;
		if (!ret)
			lkl_netdev_free(iface->nd);
	}
	lkl_config_free(cfg);
	return err;
}

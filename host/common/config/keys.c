// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "keys.h"
#include "net/entries.h"
#include "net/text.h"
#include "net/units.h"

/* ---- what values may be ------------------------------------------------------- */

static const char *any(const char *value)
{
	return *value ? NULL : "not be empty";
}

static const char *number(const char *value, uint64_t min, uint64_t max, const char *want)
{
	uint64_t n;

	return lkl_parse_count(value, min, max, &n) ? want : NULL;
}

static const char *mtu(const char *value)
{
	return number(value, 68, 65535, "be a number from 68 to 65535");
}

static const char *len4(const char *value)
{
	return number(value, 0, 32, "be a number from 0 to 32");
}

static const char *len6(const char *value)
{
	return number(value, 0, 128, "be a number from 0 to 128");
}

static const char *limit8(const char *value)
{
	return number(value, 0, 8, "be a number from 0 to 8");
}

static const char *any_number(const char *value)
{
	return number(value, 0, UINT32_MAX, "be a number from 0 to 4294967295");
}

static const char *boolean(const char *value)
{
	return number(value, 0, 1, "be 0 or 1");
}

static const char *ipv4(const char *value)
{
	unsigned char a[4];

	return lkl_parse_addr(LKL_AF_INET, value, a) ? "be an IPv4 address" : NULL;
}

static const char *ipv6(const char *value)
{
	unsigned char a[16];

	return lkl_parse_addr(LKL_AF_INET6, value, a) ? "be an IPv6 address" : NULL;
}

static const char *address(const char *value)
{
	unsigned char a[16];
	int af;

	return lkl_parse_any_addr(value, &af, a) ? "be an IP address" : NULL;
}

static const char *mac(const char *value)
{
	unsigned char a[6];

	return lkl_parse_mac(value, a) ? "be a hardware address as 02:00:00:00:00:01" : NULL;
}

static int entry_is_neighbour(const char *addr, const char *hw, void *arg)
{
	return address(addr) || mac(hw) ? -LKL_EINVAL : 0;
}

static const char *neighbours(const char *value)
{
	return lkl_entries(value, entry_is_neighbour, NULL) ?
	       "be ADDRESS|MAC, separated by semicolons" : NULL;
}

static int entry_is_vlan(const char *id, const char *addr, void *arg)
{
	unsigned char a[16];
	char text[LKL_ADDR_TEXT];
	const char *slash = strchr(addr, '/');
	int af;

	if (number(id, 1, 4094, "") || !slash || slash - addr >= (long)sizeof(text))
		return -LKL_EINVAL;
	snprintf(text, sizeof(text), "%.*s", (int)(slash - addr), addr);
	if (lkl_parse_any_addr(text, &af, a))
		return -LKL_EINVAL;
	return (af == LKL_AF_INET ? len4(slash + 1) : len6(slash + 1)) ? -LKL_EINVAL : 0;
}

static const char *vlans(const char *value)
{
	return lkl_entries(value, entry_is_vlan, NULL) ?
	       "be ID|ADDRESS/LENGTH, separated by semicolons" : NULL;
}

static int entry_is_pair(const char *a, const char *b, void *arg)
{
	return 0;
}

static const char *pairs(const char *value)
{
	return lkl_entries(value, entry_is_pair, NULL) ?
	       "be NAME|VALUE, separated by semicolons" : NULL;
}

static const char *file_name(const char *value)
{
	return !*value || strchr(value, '/') || !strcmp(value, ".") || !strcmp(value, "..") ?
	       "be a name without slashes" : NULL;
}

static const char *mptcp_flags(const char *value)
{
	static const char *const flags[] = { "subflow", "signal", "backup", "fullmesh", NULL };
	size_t len;
	int i;

	for (;; value += len) {
		value += strspn(value, " ");
		len = strcspn(value, " ");
		if (!len)
			return NULL;
		for (i = 0; flags[i]; i++)
			if (strlen(flags[i]) == len && !memcmp(flags[i], value, len))
				break;
		if (!flags[i])
			return "consist of the words subflow, signal, backup, fullmesh";
	}
}

/* ---- the tables ----------------------------------------------------------------- */

#define GLOBAL(member) offsetof(struct lkl_config, member)

const struct config_key lkl_config_keys[] = {
	{ "gateway", "NET_GATEWAY", GLOBAL(gateway), ipv4 },
	{ "gateway6", "NET_GATEWAY6", GLOBAL(gateway6), ipv6 },
	{ "nameserver", "NET_NAMESERVER", GLOBAL(nameserver), address },
	{ "debug", "DEBUG", GLOBAL(debug), any_number },
	{ "singlecpu", "SINGLE_CPU", GLOBAL(single_cpu), any_number },
	{ "sysctl", "SYSCTL", GLOBAL(sysctls), pairs },
	{ "boot_cmdline", "BOOT_CMDLINE", GLOBAL(boot_cmdline), any },
	{ "dump", "DUMP", GLOBAL(dump), any },
	{ "mount", "MOUNT", GLOBAL(mount), any },
	{ "delay_main", "DELAY_MAIN", GLOBAL(delay_main), any_number },
	{ "fd_limit", "FD_LIMIT", GLOBAL(fd_limit), any_number },
	{ "mptcp_subflows", "MPTCP_SUBFLOWS", GLOBAL(mptcp_subflows), limit8 },
	{ "mptcp_accept", "MPTCP_ACCEPT", GLOBAL(mptcp_accept), limit8 },
	{ "nft", "NFT", GLOBAL(nft), any },
	{ NULL, NULL, 0, NULL }
};

#define IFACE(member) offsetof(struct lkl_config_iface, member)

const struct config_key lkl_iface_keys[] = {
	{ "type", "NET_IFTYPE", IFACE(iftype), any },
	{ "param", "NET_IFPARAMS", IFACE(ifparams), any },
	{ "mtu", "NET_MTU", IFACE(ifmtu_str), mtu },
	{ "ip", "NET_IP", IFACE(ifip), ipv4 },
	{ "masklen", "NET_NETMASK_LEN", IFACE(ifnetmask_len), len4 },
	{ "ifgateway", "NET_IFGATEWAY", IFACE(ifgateway), ipv4 },
	{ "ipv6", "NET_IPV6", IFACE(ifipv6), ipv6 },
	{ "masklen6", "NET_NETMASK6_LEN", IFACE(ifnetmask6_len), len6 },
	{ "ifgateway6", "NET_IFGATEWAY6", IFACE(ifgateway6), ipv6 },
	{ "mac", "NET_MAC", IFACE(ifmac_str), mac },
	{ "neigh", "NET_NEIGHBOR", IFACE(ifneigh_entries), neighbours },
	{ "qdisc", "NET_QDISC", IFACE(ifqdisc_entries), pairs },
	{ "offload", "OFFLOAD", IFACE(ifoffload_str), any_number },
	{ "dhcp", "NET_DHCP", IFACE(ifdhcp), boolean },
	{ "vlan", "NET_VLAN", IFACE(ifvlan_entries), vlans },
	{ "netns", "NET_NETNS", IFACE(ifnetns), file_name },
	{ "mptcp", "NET_MPTCP", IFACE(ifmptcp), mptcp_flags },
	{ NULL, NULL, 0, NULL }
};

/* ---- using them ------------------------------------------------------------------ */

int lkl_config_fail(struct lkl_config *cfg, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(cfg->error, sizeof(cfg->error), fmt, args);
	va_end(args);
	return err;
}

static int has_control(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return 1;
	return 0;
}

int lkl_config_set(struct lkl_config *cfg, const struct config_key *key, void *of,
		   const char *where, const char *value)
{
	char **at = lkl_config_value(key, of), *copy;
	const char *want;

	/* No value needs them, and shown they would act on the terminal. */
	if (has_control(value))
		return lkl_config_fail(cfg, -LKL_EINVAL, "%s: has control characters", where);
	want = key->check(value);
	if (want)
		return lkl_config_fail(cfg, -LKL_EINVAL, "%s: \"%s\" must %s", where, value,
				       want);
	copy = strdup(value);
	if (!copy)
		return lkl_config_fail(cfg, -LKL_ENOMEM, "%s: no memory", where);
	free(*at);
	*at = copy;
	return 0;
}

struct lkl_config_iface *lkl_config_add_iface(struct lkl_config *cfg)
{
	struct lkl_config_iface **end, *iface = calloc(1, sizeof(*iface));

	if (!iface) {
		lkl_config_fail(cfg, -LKL_ENOMEM, "no memory");
		return NULL;
	}
	iface->id = -1;
	for (end = &cfg->ifaces; *end; end = &(*end)->next)
		;
	*end = iface;
	cfg->ifnum++;
	return iface;
}

static void free_values(const struct config_key *keys, void *of)
{
	for (; keys->json; keys++) {
		free(*lkl_config_value(keys, of));
		*lkl_config_value(keys, of) = NULL;
	}
}

void lkl_config_free(struct lkl_config *cfg)
{
	struct lkl_config_iface *iface, *next;

	for (iface = cfg->ifaces; iface; iface = next) {
		next = iface->next;
		free_values(lkl_iface_keys, iface);
		free(iface);
	}
	free_values(lkl_config_keys, cfg);
	cfg->ifaces = NULL;
	cfg->ifnum = 0;
}

static void show_values(const struct config_key *keys, void *of, const char *indent)
{
	for (; keys->json; keys++)
		if (*lkl_config_value(keys, of))
			lkl_printf("%s%s: %s\n", indent, keys->json, *lkl_config_value(keys, of));
}

void lkl_show_config(struct lkl_config *cfg)
{
	struct lkl_config_iface *iface;
	int n = 0;

	show_values(lkl_config_keys, cfg, "");
	for (iface = cfg->ifaces; iface; iface = iface->next) {
		lkl_printf("interfaces[%d]:\n", n++);
		show_values(lkl_iface_keys, iface, "  ");
	}
}

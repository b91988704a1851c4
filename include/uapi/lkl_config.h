/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration of the kernel and its network, from JSON or from environment
 * variables. In this order:
 *
 *	struct lkl_config cfg;
 *
 *	lkl_load_config_json(&cfg, text) or lkl_load_config_env(&cfg)
 *	lkl_load_config_pre(&cfg)
 *	lkl_start_kernel("%s", cfg.boot_cmdline ? cfg.boot_cmdline : "")
 *	lkl_load_config_post(&cfg)
 *	...
 *	lkl_unload_config(&cfg)
 *	lkl_sys_halt()
 *
 * Unknown keys and bad values are refused, with their place and the reason in @error of
 * the configuration. docs/network.md lists the keys and the variables.
 */
#ifndef LKL_CONFIG_H
#define LKL_CONFIG_H

#include <lkl_host.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct lkl_config_iface - one network interface of a configuration
 * @next: the next one
 * @nd: its device, from lkl_load_config_pre() on
 * @id: number of the device, lkl_netdev_add(); -1 without one
 * @ifindex: its interface, from lkl_load_config_post() on; 0 before
 * @iftype: what lkl_netdev_open() makes, or "dummy"
 * @ifparams: what it is connected to; the name of a "dummy"
 * @ifmtu_str: MTU in bytes
 * @ifip: IPv4 address
 * @ifnetmask_len: bits of its network; 24 if there is none
 * @ifgateway: router for what is sent from @ifip
 * @ifipv6: IPv6 address
 * @ifnetmask6_len: bits of its network; 64 if there is none
 * @ifgateway6: router for what is sent from @ifipv6
 * @ifmac_str: hardware address
 * @ifneigh_entries: "ADDRESS|MAC;...", lkl_add_neighbor()
 * @ifqdisc_entries: "ROOT|TYPE;...", lkl_qdisc_parse_add()
 * @ifoffload_str: LKL_NET_... as a number
 * @ifdhcp: "1": lkl_dhcp()
 * @ifvlan_entries: "ID|ADDRESS/LEN;...": an interface vlanID for each
 * @ifnetns: namespace that the interface is moved to; made if there is none
 * @ifmptcp: an MPTCP endpoint for each address: "subflow", "signal", "backup",
 *	"fullmesh", separated by spaces
 *
 * The strings are as they were written, NULL if they were not.
 */
struct lkl_config_iface {
	struct lkl_config_iface *next;
	struct lkl_netdev *nd;
	int id;
	int ifindex;
	char *iftype;
	char *ifparams;
	char *ifmtu_str;
	char *ifip;
	char *ifnetmask_len;
	char *ifgateway;
	char *ifipv6;
	char *ifnetmask6_len;
	char *ifgateway6;
	char *ifmac_str;
	char *ifneigh_entries;
	char *ifqdisc_entries;
	char *ifoffload_str;
	char *ifdhcp;
	char *ifvlan_entries;
	char *ifnetns;
	char *ifmptcp;
};

/**
 * struct lkl_config - a configuration
 * @ifnum: number of interfaces
 * @ifaces: the interfaces
 * @gateway: router of the IPv4 default route
 * @gateway6: router of the IPv6 default route
 * @nameserver: written to /etc/resolv.conf inside
 * @debug: a number: 1 prints the kernel's messages, 2 calls lkl_register_dbg_handler();
 *	without it lkl_load_config_pre() silences lkl_host_ops
 * @single_cpu: accepted and checked; the kernel has one CPU in any case
 * @sysctls: "PATH|VALUE;...", lkl_sysctl_parse_write()
 * @boot_cmdline: the kernel command line
 * @dump: files inside, separated by commas, that lkl_unload_config() prints
 * @mount: types of file systems, separated by commas, lkl_mount_fs()
 * @delay_main: how long lkl_load_config_post() waits at its end, in us
 * @fd_limit: lkl_set_fd_limit()
 * @mptcp_subflows: first parameter of lkl_mptcp_set_limits()
 * @mptcp_accept: its second parameter
 * @nft: file of the host with nft rules, lkl_nft_load()
 * @error: what the last function that failed has to say, one line
 */
struct lkl_config {
	int ifnum;
	struct lkl_config_iface *ifaces;
	char *gateway;
	char *gateway6;
	char *nameserver;
	char *debug;
	char *single_cpu;
	char *sysctls;
	char *boot_cmdline;
	char *dump;
	char *mount;
	char *delay_main;
	char *fd_limit;
	char *mptcp_subflows;
	char *mptcp_accept;
	char *nft;
	char error[256];
};

/**
 * lkl_load_config_json() - read a configuration from JSON
 * @cfg: filled; whatever it contained is ignored
 * @text: a JSON object, ended by NUL; read only
 *
 * Does not need the kernel. After an error there is nothing to unload.
 *
 * Return: 0 or err: -EINVAL with the place and the reason in @cfg->error, -ENOSYS if the
 * library was built without cJSON, -ENOMEM.
 */
int lkl_load_config_json(struct lkl_config *cfg, const char *text);

/**
 * lkl_load_config_env() - read a configuration from environment variables
 * @cfg: filled; whatever it contained is ignored
 *
 * Reads the JSON file of the host that LKL_HIJACK_CONFIG_FILE names, if that is set,
 * then the other variables LKL_HIJACK_..., which come before what the file says. They
 * describe one interface, the first.
 *
 * Return: as lkl_load_config_json(), and errors from reading the file.
 */
int lkl_load_config_env(struct lkl_config *cfg);

/**
 * lkl_load_config_pre() - do what comes before the start of the kernel
 * @cfg: a loaded configuration
 *
 * Makes and adds the network devices. After an error lkl_unload_config() is due.
 *
 * Return: 0 or err, with the reason in @cfg->error.
 */
int lkl_load_config_pre(struct lkl_config *cfg);

/**
 * lkl_load_config_post() - do what needs the running kernel
 * @cfg: a configuration after lkl_load_config_pre()
 *
 * Blocks until every address can be used. After an error lkl_unload_config() is due.
 *
 * Return: 0 or err, with the reason in @cfg->error.
 */
int lkl_load_config_post(struct lkl_config *cfg);

/**
 * lkl_unload_config() - remove what a configuration made, and free it
 * @cfg: a configuration; empty afterwards
 *
 * While the kernel runs, or after it was halted; what @dump asks for needs it.
 *
 * Return: 0 or the first err.
 */
int lkl_unload_config(struct lkl_config *cfg);

/**
 * lkl_show_config() - print a configuration by lkl_printf()
 * @cfg: a loaded configuration
 */
void lkl_show_config(struct lkl_config *cfg);

#ifdef __cplusplus
}
#endif

#endif

// SPDX-License-Identifier: GPL-2.0
/* Configurations: what is read, what is refused and how, and what they do. */
#include <stdio.h>
#include <unistd.h>

#include <lkl_config.h>

#include "test.h"

static struct lkl_config cfg;

/* @text with the quotation marks of JSON for apostrophes. */
static const char *json(const char *text)
{
	static char buf[4096];
	char *c;

	snprintf(buf, sizeof(buf), "%s", text);
	for (c = buf; *c; c++)
		if (*c == '\'')
			*c = '"';
	return buf;
}

static void check_json(void)
{
	if (lkl_load_config_json(&cfg, "{}") == -LKL_ENOSYS) {
		ck_assert_ptr_nonnull(strstr(cfg.error, "libcjson"));
		ck_abort_msg("make check installs cJSON, and this library was built without");
	}
	lkl_unload_config(&cfg);
}

static void refused(const char *text, const char *error)
{
	int err = lkl_load_config_json(&cfg, json(text));

	ck_assert_msg(err == -LKL_EINVAL, "%s: %s", text, lkl_strerror(err));
	ck_assert_msg(strstr(cfg.error, error), "%s: \"%s\", not \"%s\"", text, cfg.error, error);
	ck_assert_ptr_null(cfg.ifaces);
}

START_TEST(json_reads_every_key)
{
	needs_json_here();
	check_json();
	ok(lkl_load_config_json(&cfg, json(
		"{ 'gateway': '10.0.0.254', 'gateway6': 'fd00::fe', 'nameserver': '10.0.0.253',"
		" 'debug': '1', 'singlecpu': '1', 'sysctl': 'net.ipv4.ip_forward|1',"
		" 'boot_cmdline': 'mem=64M', 'dump': '/proc/stat', 'mount': 'proc,sysfs',"
		" 'delay_main': 10, 'fd_limit': 70000, 'mptcp_subflows': 4, 'mptcp_accept': '3',"
		" 'nft': '/tmp/rules', 'interfaces': [ { 'type': 'tap', 'param': 'tap0',"
		" 'mtu': '1400', 'ip': '10.0.0.1', 'masklen': '16', 'ifgateway': '10.0.0.254',"
		" 'ipv6': 'fd00::1', 'masklen6': '48', 'ifgateway6': 'fd00::fe',"
		" 'mac': '02:00:00:00:00:01', 'neigh': '10.0.0.2|02:00:00:00:00:02;fd00::2|02:00:00:00:00:02',"
		" 'qdisc': 'root|fq', 'offload': '0x9983', 'dhcp': false, 'vlan': '7|10.7.0.1/24',"
		" 'netns': 'blue', 'mptcp': 'subflow backup' }, { 'type': 'dummy' } ] }")));
	is(cfg.ifnum, 2);
	ck_assert_str_eq(cfg.gateway, "10.0.0.254");
	ck_assert_str_eq(cfg.delay_main, "10");
	ck_assert_str_eq(cfg.fd_limit, "70000");
	ck_assert_str_eq(cfg.ifaces->ifparams, "tap0");
	ck_assert_str_eq(cfg.ifaces->ifnetmask6_len, "48");
	ck_assert_str_eq(cfg.ifaces->ifdhcp, "0");
	ck_assert_str_eq(cfg.ifaces->ifmptcp, "subflow backup");
	ck_assert_str_eq(cfg.ifaces->next->iftype, "dummy");
	ck_assert_ptr_null(cfg.ifaces->next->next);
	ok(lkl_unload_config(&cfg));
	is(cfg.ifnum, 0);
	ck_assert_ptr_null(cfg.gateway);
}
END_TEST

START_TEST(json_refuses)
{
	needs_json_here();
	check_json();
	refused("", "line 1, column 1");
	refused("{\n 'gateway': '10.0.0.1',\n oops }", "line 3, column");
	refused("{ 'gateway': '10.0.0.1' } x", "line 1");
	refused("[]", "must be an object");
	refused("{ 'gatewai': '10.0.0.1' }", "gatewai: unknown key");
	refused("{ 'gateway': '10.0.0.1', 'gateway': '10.0.0.2' }", "gateway: given twice");
	refused("{ 'gateway': '10.0.0.256' }", "gateway: \"10.0.0.256\" must be an IPv4 address");
	refused("{ 'gateway': 'fd00::1' }", "must be an IPv4 address");
	refused("{ 'gateway6': 'fd00::1::2' }", "must be an IPv6 address");
	refused("{ 'gateway': {} }", "gateway: must be a string");
	refused("{ 'gateway': null }", "gateway: must be a string");
	refused("{ 'delay_main': 1.5 }", "delay_main: must be a string");
	refused("{ 'delay_main': -1 }", "delay_main: \"-1\" must be a number");
	refused("{ 'sysctl': 'net.ipv4.ip_forward=1' }", "sysctl:");
	refused("{ 'mptcp_subflows': 9 }", "from 0 to 8");
	refused("{ 'interfaces': {} }", "interfaces: must be an array");
	refused("{ 'interfaces': [], 'interfaces': [] }", "interfaces: given twice");
	refused("{ 'interfaces': [ { 'type': 'tap', 'ip': '10.0.0.1', 'ip': '10.0.0.1' } ] }",
		"interfaces[0].ip: given twice");
	refused("{ 'gateway':\n '10.0.0.1\\u0000' }", "line 2, column 11: no value has null");
	refused("{ 'sysctl': 'net.ipv4.ip_forward|1\\nx|2' }", "sysctl: has control characters");
	refused("{ 'gateway': '\\u001b[31mred' }", "gateway: has control characters");
	refused("{ 'gateway': 1e400 }", "gateway: must be a string");
	refused("{ 'interfaces': [ 7 ] }", "interfaces[0]: must be an object");
	refused("{ 'interfaces': [ { 'ip': '10.0.0.1' } ] }", "interfaces[0].type: missing");
	refused("{ 'interfaces': [ { 'type': 'tap' }, { 'type': 'tap', 'speed': '1' } ] }",
		"interfaces[1].speed: unknown key");
	refused("{ 'interfaces': [ { 'type': '' } ] }", "must not be empty");
	refused("{ 'interfaces': [ { 'type': 'tap', 'masklen': '33' } ] }", "from 0 to 32");
	refused("{ 'interfaces': [ { 'type': 'tap', 'masklen6': 129 } ] }", "from 0 to 128");
	refused("{ 'interfaces': [ { 'type': 'tap', 'mtu': '67' } ] }", "from 68 to 65535");
	refused("{ 'interfaces': [ { 'type': 'tap', 'mtu': '1500x' } ] }", "from 68 to 65535");
	refused("{ 'interfaces': [ { 'type': 'tap', 'mac': '02:00:00:00:00' } ] }", "hardware address");
	refused("{ 'interfaces': [ { 'type': 'tap', 'neigh': '10.0.0.1' } ] }", "neigh:");
	refused("{ 'interfaces': [ { 'type': 'tap', 'vlan': '4095|10.0.0.1/24' } ] }", "vlan:");
	refused("{ 'interfaces': [ { 'type': 'tap', 'vlan': '5|10.0.0.1' } ] }", "vlan:");
	refused("{ 'interfaces': [ { 'type': 'tap', 'netns': 'a/b' } ] }", "netns:");
	refused("{ 'interfaces': [ { 'type': 'tap', 'mptcp': 'always' } ] }", "mptcp:");
	refused("{ 'interfaces': [ { 'type': 'tap', 'dhcp': 'yes' } ] }", "must be 0 or 1");
}
END_TEST

/* Neither depth nor length make more of it than an error. */
START_TEST(json_of_any_size)
{
	size_t size = 4 << 20;
	char *text = malloc(size + 1);

	needs_json_here();
	check_json();
	memset(text, '[', size);
	text[size] = 0;
	fails(lkl_load_config_json(&cfg, text), LKL_EINVAL);
	ck_assert_ptr_nonnull(strstr(cfg.error, "line 1, column"));
	memcpy(text, "{\"gateway\":\"", 12);
	memset(text + 12, 'A', size - 14);
	memcpy(text + size - 2, "\"}", 2);
	fails(lkl_load_config_json(&cfg, text), LKL_EINVAL);
	ck_assert_ptr_nonnull(strstr(cfg.error, "gateway: \"AAAA"));
	memset(text, ' ', size);
	memcpy(text + size - 2, "{}", 2);
	ok(lkl_load_config_json(&cfg, text));
	ok(lkl_unload_config(&cfg));
	free(text);
}
END_TEST

START_TEST(environment)
{
	ok(lkl_load_config_env(&cfg));
	is(cfg.ifnum, 0);
	setenv("LKL_HIJACK_NET_IFTYPE", "tap", 1);
	setenv("LKL_HIJACK_NET_IFPARAMS", "tap7", 1);
	setenv("LKL_HIJACK_NET_IP", "10.0.0.1", 1);
	setenv("LKL_HIJACK_NET_NETMASK_LEN", "8", 1);
	setenv("LKL_HIJACK_NET_GATEWAY", "10.0.0.254", 1);
	setenv("LKL_HIJACK_SYSCTL", "net.ipv4.ip_forward|1", 1);
	setenv("LKL_HIJACK_MOUNT", "proc", 1);
	ok(lkl_load_config_env(&cfg));
	is(cfg.ifnum, 1);
	ck_assert_str_eq(cfg.ifaces->ifparams, "tap7");
	ck_assert_str_eq(cfg.ifaces->ifnetmask_len, "8");
	ck_assert_str_eq(cfg.gateway, "10.0.0.254");
	ck_assert_str_eq(cfg.mount, "proc");
	lkl_unload_config(&cfg);

	setenv("LKL_HIJACK_NET_IP", "10.0.0", 1);
	fails(lkl_load_config_env(&cfg), LKL_EINVAL);
	ck_assert_ptr_nonnull(strstr(cfg.error, "LKL_HIJACK_NET_IP: \"10.0.0\""));
	setenv("LKL_HIJACK_NET_IP", "10.0.0.1", 1);
	setenv("LKL_HIJACK_NET_IPP", "10.0.0.1", 1);
	fails(lkl_load_config_env(&cfg), LKL_EINVAL);
	ck_assert_ptr_nonnull(strstr(cfg.error, "LKL_HIJACK_NET_IPP: unknown variable"));
	unsetenv("LKL_HIJACK_NET_IPP");
	setenv("LKL_HIJACK_SYSCTL", "net.ipv4.ip_forward|1\n", 1);
	fails(lkl_load_config_env(&cfg), LKL_EINVAL);
	ck_assert_ptr_nonnull(strstr(cfg.error, "LKL_HIJACK_SYSCTL: has control characters"));
	unsetenv("LKL_HIJACK_SYSCTL");
	unsetenv("LKL_HIJACK_NET_IFTYPE");
	fails(lkl_load_config_env(&cfg), LKL_EINVAL);
	ck_assert_ptr_nonnull(strstr(cfg.error, "NET_IFTYPE"));
}
END_TEST

static const char *write_config(const char *text)
{
	const char *path = host_file("config.json", 0);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(json(text), f);
	fclose(f);
	return path;
}

START_TEST(environment_names_a_file)
{
	needs_json_here();
	check_json();
	setenv("LKL_HIJACK_CONFIG_FILE", write_config("{ 'gateway': '10.0.0.1', 'debug': '1',"
	       " 'interfaces': [ { 'type': 'tap', 'mtu': '1400' } ] }"), 1);
	setenv("LKL_HIJACK_NET_MTU", "1300", 1);
	ok(lkl_load_config_env(&cfg));
	ck_assert_str_eq(cfg.gateway, "10.0.0.1");
	ck_assert_str_eq(cfg.ifaces->ifmtu_str, "1300");
	lkl_unload_config(&cfg);
	setenv("LKL_HIJACK_CONFIG_FILE", write_config("{ 'gateway': 7 }"), 1);
	fails(lkl_load_config_env(&cfg), LKL_EINVAL);
	ck_assert_ptr_nonnull(strstr(cfg.error, "config.json: gateway: \"7\""));
	setenv("LKL_HIJACK_CONFIG_FILE", "/no/such/file", 1);
	fails(lkl_load_config_env(&cfg), LKL_ENOENT);
	ck_assert_ptr_nonnull(strstr(cfg.error, "/no/such/file"));
}
END_TEST

static const char *read_inside(const char *path)
{
	static char buf[4096];
	long fd = ok(lkl_sys_open(path, LKL_O_RDONLY, 0)), len;

	len = ok(lkl_sys_read(fd, buf, sizeof(buf) - 1));
	lkl_sys_close(fd);
	buf[len] = 0;
	return buf;
}

static void start(const char *text)
{
	int err = lkl_load_config_json(&cfg, json(text));

	ck_assert_msg(!err, "%s", cfg.error);
	err = lkl_load_config_pre(&cfg);
	ck_assert_msg(!err, "%s", cfg.error);
	ok(lkl_start_kernel("%s", cfg.boot_cmdline ? cfg.boot_cmdline : ""));
}

START_TEST(everything_happens)
{
	struct lkl_mptcp_endpoint eps[4];
	unsigned int subflows, accepted;
	struct lkl_rlimit64 limit;

	needs_json_here();
	check_json();
	start("{ 'gateway': '10.0.0.254', 'gateway6': 'fd00::fe', 'nameserver': '10.0.0.253',"
	      " 'sysctl': 'net.ipv4.ip_forward|1;net/ipv4/conf/d0/rp_filter|2',"
	      " 'boot_cmdline': 'mem=128M loglevel=3', 'mount': 'proc,sysfs', 'delay_main': 1000,"
	      " 'fd_limit': 70000, 'mptcp_subflows': 5, 'mptcp_accept': 4, 'interfaces': ["
	      " { 'type': 'dummy', 'param': 'd0', 'mtu': '1400', 'ip': '10.0.0.1', 'masklen': '16',"
	      " 'ifgateway': '10.0.0.254', 'ipv6': 'fd00::1', 'masklen6': '48',"
	      " 'ifgateway6': 'fd00::fe', 'mac': '02:00:00:00:00:01',"
	      " 'neigh': '10.0.0.2|02:00:00:00:00:02', 'qdisc': 'root|netem delay 1ms',"
	      " 'vlan': '7|10.7.0.1/24;8|fd08::1/64', 'mptcp': 'subflow' },"
	      " { 'type': 'dummy', 'param': 'd1', 'netns': 'blue', 'ip': '10.0.0.1' } ] }");
	is(lkl_load_config_post(&cfg), 0);
	is(atoi(read_inside("/sysfs/class/net/d0/mtu")), 1400);
	ck_assert_str_eq(read_inside("/sysfs/class/net/d0/address"), "02:00:00:00:00:01\n");
	is(atoi(read_inside("/proc/sys/net/ipv4/ip_forward")), 1);
	is(atoi(read_inside("/proc/sys/net/ipv4/conf/d0/rp_filter")), 2);
	ck_assert_str_eq(read_inside("/etc/resolv.conf"), "nameserver 10.0.0.253\n");
	ck_assert_ptr_nonnull(strstr(read_inside("/proc/net/fib_trie"), "10.7.0.1"));
	ck_assert_ptr_nonnull(strstr(read_inside("/proc/net/route"), "d0\t00000000\tFE00000A"));
	ck_assert_ptr_nonnull(strstr(read_inside("/proc/net/arp"), "02:00:00:00:00:02"));
	is(lkl_mptcp_get_endpoints(eps, 4), 2);
	is(eps[0].ifindex, lkl_ifname_to_ifindex("d0"));
	is(eps[0].flags, LKL_MPTCP_SUBFLOW);
	ok(lkl_mptcp_get_limits(&subflows, &accepted));
	is(subflows, 5);
	is(accepted, 4);
	ok(lkl_sys_prlimit64(0, LKL_RLIMIT_NOFILE, NULL, &limit));
	is(limit.rlim_cur, 70000);
	fails(lkl_ifname_to_ifindex("d1"), LKL_ENODEV);
	ok(lkl_netns_enter("blue"));
	ok(lkl_ifname_to_ifindex("d1"));
	ok(lkl_unload_config(&cfg));
	ok(lkl_sys_halt());
}
END_TEST

/* What fails when it is done is named as well. */
static void fails_late(const char *text, int err, const char *error)
{
	start(text);
	is(lkl_load_config_post(&cfg), err);
	ck_assert_msg(strstr(cfg.error, error), "\"%s\", not \"%s\"", cfg.error, error);
	lkl_unload_config(&cfg);
	ok(lkl_sys_halt());
}

START_TEST(late_errors)
{
	needs_json_here();
	check_json();
	fails_late("{ 'gateway': '10.9.9.9' }", -LKL_ENETUNREACH, "gateway: 10.9.9.9: ");
	fails_late("{ 'sysctl': 'net.no.such|1' }", -LKL_ENOENT, "sysctl: net.no.such|1: ");
	fails_late("{ 'mount': 'nofs' }", -LKL_ENODEV, "mount: nofs: ");
	fails_late("{ 'interfaces': [ { 'type': 'dummy', 'qdisc': 'root|fq limit x' } ] }",
		   -LKL_EINVAL, "interfaces[0].qdisc: root|fq limit x: ");
	fails_late("{ 'nft': '/no/such/file' }", -LKL_EINVAL, "nft: /no/such/file: ");
}
END_TEST

START_TEST(device_errors)
{
	needs_json_here();
	check_json();
	ok(lkl_load_config_json(&cfg, json("{ 'interfaces': [ { 'type': 'carrier-pigeon' } ] }")));
	fails(lkl_load_config_pre(&cfg), LKL_EINVAL);
	ck_assert_msg(strstr(cfg.error, "interfaces[0], carrier-pigeon: "), "%s", cfg.error);
	ok(lkl_unload_config(&cfg));
	ok(lkl_load_config_json(&cfg, json("{ 'interfaces': [ { 'type': 'macvtap', 'param': '/no/such' } ] }")));
	ck_assert_int_lt(lkl_load_config_pre(&cfg), 0);
	ck_assert_msg(strstr(cfg.error, "/no/such"), "%s", cfg.error);
	ok(lkl_unload_config(&cfg));
}
END_TEST

static char printed[8192];

static void LKL_ABI keep_print(const char *s, int len)
{
	size_t have = strlen(printed);

	if (have + len < sizeof(printed))
		memcpy(printed + have, s, len);
}

START_TEST(dump_and_show)
{
	needs_json_here();
	check_json();
	lkl_host_ops.print = keep_print;
	ok(lkl_load_config_json(&cfg, json("{ 'debug': '1', 'boot_cmdline': 'quiet', 'mount': 'proc',"
	   " 'dump': '/proc/sys/kernel/ostype,/proc/sys/kernel/hostname',"
	   " 'interfaces': [ { 'type': 'dummy', 'ip': '10.0.0.1' } ] }")));
	lkl_show_config(&cfg);
	ck_assert_ptr_nonnull(strstr(printed, "mount: proc\n"));
	ck_assert_ptr_nonnull(strstr(printed, "interfaces[0]:\n  type: dummy\n  ip: 10.0.0.1\n"));
	ok(lkl_load_config_pre(&cfg));
	ok(lkl_start_kernel("%s", cfg.boot_cmdline));
	ok(lkl_load_config_post(&cfg));
	ok(lkl_unload_config(&cfg));
	ck_assert_ptr_nonnull(strstr(printed, "/proc/sys/kernel/ostype:\nLinux\n"));
	ok(lkl_sys_halt());
}
END_TEST

int main(void)
{
	const TTest *const bare[] = {
		json_reads_every_key, json_refuses, json_of_any_size, environment, environment_names_a_file,
		everything_happens, late_errors, device_errors, dump_and_show,
	};

	return run_tests("config", NULL, 0, LIST(bare), 30);
}

// SPDX-License-Identifier: GPL-2.0
/* lkl-net: a network stack from a configuration; shows it, tries it, captures on it. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_config.h>

#include "calls.h"
#include "capture.h"
#include "iperf3.h"
#include "message.h"
#include "net/units.h"
#include "ping.h"
#include "show.h"
#include "test.h"

#define CONFIG_MAX (1 << 20)

volatile int interrupted;

static struct options {
	int json, verbose, host;
	const char *pcap, *interface, *netns;
} opt;

static void usage(void)
{
	puts("usage: lkl-net [OPTION...] CONFIG [COMMAND [ARGUMENT...]]\n"
	     "       lkl-net --host server|test|ping [ARGUMENT...]\n"
	     "\n"
	     "Starts a Linux network stack inside this process, as CONFIG says: a JSON file,\n"
	     "\"-\" for standard input, \"env\" for variables LKL_HIJACK_...\n"
	     "\n"
	     "  show                  what the stack consists of (the default)\n"
	     "  ping HOST             echo requests: -c COUNT, -i SECONDS, -s BYTES\n"
	     "  server                the other end of tests, until Ctrl-C\n"
	     "  test HOST             throughput to a server\n"
	     "  exec PROGRAM ...      a program of the host whose netlink is this stack's: ip, tc,\n"
	     "                        nft, ss, ethtool\n"
	     "  wait                  until Ctrl-C\n"
	     "\n"
	     "server and test:\n"
	     "  -p, --port PORT       of the server\n"
	     "      --mptcp           MPTCP\n"
	     "      --iperf3          the other side is iperf3\n"
	     "      --once            server: ends after one test\n"
	     "  -t, --time SECONDS    test: how long, 10 otherwise\n"
	     "  -R, --reverse         test: from the server to us\n"
	     "  -r, --round-trips     test: requests and responses, one at a time\n"
	     "  -u, --udp             test: datagrams\n"
	     "  -b, --rate RATE       test: of datagrams, as 10mbit\n"
	     "  -l, --length BYTES    test: of a request or a datagram\n"
	     "      --log FILE        test: goodput over time\n"
	     "\n"
	     "  -j, --json            results as JSON\n"
	     "      --pcap FILE       capture packets, as pcapng\n"
	     "  -i, --interface NAME  capture on this one alone\n"
	     "  -n, --netns NAME      work in this namespace of the stack\n"
	     "  -H, --host            no stack: server and test over the host's own, to compare\n"
	     "  -v, --verbose         the kernel's messages on standard error\n"
	     "  -h, --help            this text");
	exit(0);
}

static void interrupt(int sig)
{
	/* The second one ends it at once. */
	if (interrupted)
		_exit(128 + sig);
	interrupted = 1;
}

static void LKL_ABI print_stderr(const char *s, int len)
{
	fwrite(s, 1, len, stderr);
}

/* ---- arguments of commands ---------------------------------------------------------- */

static double seconds(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0 && value < 1e6))
		die("%s: no time in seconds", text);
	return value;
}

static unsigned int count(const char *text, unsigned int min, unsigned int max)
{
	uint64_t value;

	if (lkl_parse_count(text, min, max, &value))
		die("%s: no number from %u to %u", text, min, max);
	return value;
}

/* The one argument that a command has to have. */
static const char *host_argument(int argc, char **argv)
{
	struct address a;
	int err;

	if (optind + 1 != argc)
		die("%s wants one address; see lkl-net --help", argv[0]);
	err = address_parse(argv[optind], 0, &a);
	if (err)
		die("%s: %s", argv[optind], err == -ENODEV ? "no such interface" : "no IP address");
	return argv[optind];
}

static void no_arguments(int argc, char **argv)
{
	if (optind != argc)
		die("%s: unexpected argument %s", argv[0], argv[optind]);
}

static int run_show(int argc, char **argv)
{
	optind = 1;
	no_arguments(argc, argv);
	return show(opt.json);
}

static int run_ping(int argc, char **argv)
{
	unsigned int n = 4, size = 48;
	double interval = 1;
	int c;

	optind = 0;
	while ((c = getopt(argc, argv, "+c:i:s:")) != -1) {
		if (c == 'c')
			n = count(optarg, 0, 1000000000);
		else if (c == 'i')
			interval = seconds(optarg);
		else if (c == 's')
			size = count(optarg, 0, 65000);
		else
			exit(2);
	}
	return ping(host_argument(argc, argv), n, interval, size, opt.json);
}

enum { OPT_MPTCP = 256, OPT_ONCE, OPT_LOG, OPT_PCAP, OPT_IPERF3 };

static int run_server(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "port", required_argument, NULL, 'p' }, { "mptcp", no_argument, NULL, OPT_MPTCP },
		{ "once", no_argument, NULL, OPT_ONCE },
		{ "iperf3", no_argument, NULL, OPT_IPERF3 }, { NULL, 0, NULL, 0 }
	};
	int c, port = 0, mptcp = 0, once = 0, iperf3 = 0;

	optind = 0;
	while ((c = getopt_long(argc, argv, "+p:", longs, NULL)) != -1) {
		if (c == 'p')
			port = count(optarg, 1, 65535);
		else if (c == OPT_MPTCP)
			mptcp = 1;
		else if (c == OPT_ONCE)
			once = 1;
		else if (c == OPT_IPERF3)
			iperf3 = 1;
		else
			exit(2);
	}
	no_arguments(argc, argv);
	if (iperf3 && mptcp)
		die("--iperf3 goes not with --mptcp");
	if (iperf3)
		return iperf3_server(port ? port : IPERF3_PORT, once);
	return server_run(port ? port : TEST_PORT, mptcp, once);
}

static FILE *open_log(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void test_option(int c, struct client_options *o)
{
	switch (c) {
	case 'p':
		o->port = count(optarg, 1, 65535);
		break;
	case 't':
		o->seconds = seconds(optarg);
		break;
	case 'R':
	case 'r':
		if (o->kind)
			die("-R and -r exclude each other");
		o->kind = c == 'R' ? TEST_DOWNLOAD : TEST_PINGPONG;
		break;
	case 'u':
		o->udp = 1;
		break;
	case 'b':
		if (lkl_parse_rate(optarg, &o->rate) || !o->rate)
			die("%s: no rate such as 10mbit", optarg);
		break;
	case 'l':
		o->size = count(optarg, 1, CHUNK);
		break;
	case OPT_MPTCP:
		o->mptcp = 1;
		break;
	case OPT_IPERF3:
		o->iperf3 = 1;
		break;
	case OPT_LOG:
		o->log = open_log(optarg);
		break;
	default:
		exit(2);
	}
}

static int run_test(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "port", required_argument, NULL, 'p' }, { "time", required_argument, NULL, 't' },
		{ "reverse", no_argument, NULL, 'R' }, { "round-trips", no_argument, NULL, 'r' },
		{ "udp", no_argument, NULL, 'u' }, { "rate", required_argument, NULL, 'b' },
		{ "length", required_argument, NULL, 'l' }, { "mptcp", no_argument, NULL, OPT_MPTCP },
		{ "log", required_argument, NULL, OPT_LOG },
		{ "iperf3", no_argument, NULL, OPT_IPERF3 }, { NULL, 0, NULL, 0 }
	};
	struct client_options o = { .seconds = 10, .json = opt.json };
	int c, status;

	optind = 0;
	while ((c = getopt_long(argc, argv, "+p:t:Rrub:l:", longs, NULL)) != -1)
		test_option(c, &o);
	o.host = host_argument(argc, argv);
	if (o.udp && (o.mptcp || o.kind == TEST_DOWNLOAD))
		die("-u goes neither with --mptcp nor with -R");
	if (o.iperf3 && (o.udp || o.mptcp || o.kind == TEST_PINGPONG))
		die("--iperf3 goes with none of -u, -r, --mptcp");
	if (!o.port)
		o.port = o.iperf3 ? IPERF3_PORT : TEST_PORT;
	if (o.rate && (!o.udp || o.kind))
		die("-b is for a stream of datagrams (-u)");
	if (o.size && !o.udp && o.kind != TEST_PINGPONG)
		die("-l is for datagrams (-u) and requests (-r)");
	status = client_run(&o);
	if (o.log && fclose(o.log))
		die("--log: %s", strerror(errno));
	return status;
}

static int run_exec(int argc, char **argv)
{
	int ret;

	if (argc < 2)
		die("exec wants a program");
	fflush(stdout);
	ret = lkl_netlink_exec((const char *const *)argv + 1, NULL);
	if (ret < 0)
		die("%s: %s", argv[1], lkl_strerror(ret));
	return ret;
}

static int run_wait(int argc, char **argv)
{
	optind = 1;
	no_arguments(argc, argv);
	while (!interrupted)
		pause();
	return 0;
}

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	int on_host;
} commands[] = {
	{ "show", run_show, 0 }, { "ping", run_ping, 1 }, { "server", run_server, 1 },
	{ "test", run_test, 1 }, { "exec", run_exec, 0 }, { "wait", run_wait, 0 },
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	die("%s: unknown command; see lkl-net --help", name);
}

/* ---- the stack ---------------------------------------------------------------------- */

static char *read_config(const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	char *text = malloc(CONFIG_MAX + 1);
	size_t len;

	if (!f)
		die("%s: %s", path, strerror(errno));
	if (!text)
		die("no memory");
	len = fread(text, 1, CONFIG_MAX + 1, f);
	if (ferror(f))
		die("%s: %s", path, strerror(errno));
	if (len > CONFIG_MAX)
		die("%s: larger than a configuration can be", path);
	text[len] = 0;
	if (strlen(text) != len)
		die("%s: no text", path);
	if (f != stdin)
		fclose(f);
	return text;
}

static void load_config(struct lkl_config *cfg, const char *path)
{
	char *text;
	int err;

	if (!strcmp(path, "env")) {
		err = lkl_load_config_env(cfg);
	} else {
		text = read_config(path);
		err = lkl_load_config_json(cfg, text);
		free(text);
	}
	if (err)
		die("%s: %s", path, cfg->error);
}

/* Takes the stack down again; @why is what failed. */
static void give_up(struct lkl_config *cfg, const char *path)
{
	error("%s: %s", path, cfg->error);
	lkl_unload_config(cfg);
	if (lkl_is_running())
		lkl_sys_halt();
	exit(1);
}

static void start_stack(struct lkl_config *cfg, const char *path)
{
	int err;

	load_config(cfg, path);
	if (lkl_load_config_pre(cfg))
		give_up(cfg, path);
	lkl_host_ops.print = opt.verbose ? print_stderr : NULL;
	err = lkl_start_kernel("%s", cfg->boot_cmdline ? cfg->boot_cmdline : "mem=256M");
	if (err) {
		snprintf(cfg->error, sizeof(cfg->error), "the kernel did not start: %s",
			 lkl_strerror(err));
		give_up(cfg, path);
	}
	if (lkl_load_config_post(cfg))
		give_up(cfg, path);
	if (opt.netns) {
		err = lkl_netns_enter(opt.netns);
		if (err) {
			snprintf(cfg->error, sizeof(cfg->error), "namespace %.100s: %s", opt.netns,
				 lkl_strerror(err));
			give_up(cfg, path);
		}
	}
	if (opt.pcap)
		capture_start(opt.pcap, opt.interface);
}

static int run_inside(const char *path, const struct command *command, int argc, char **argv)
{
	struct lkl_config cfg;
	int status, err;

	start_stack(&cfg, path);
	status = command->run(argc, argv);
	/* What is asked for at the end is to be seen. */
	if (cfg.dump)
		lkl_host_ops.print = print_stderr;
	err = lkl_unload_config(&cfg);
	if (!opt.verbose)
		lkl_host_ops.print = NULL;
	if (err) {
		error("%s: %s", path, *cfg.error ? cfg.error : lkl_strerror(err));
		status = status ?: 1;
	}
	/* After the last packet, with which a DHCP lease is given back. */
	if (capture_stop() && !status)
		status = 1;
	lkl_sys_halt();
	return status;
}

static void parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' }, { "pcap", required_argument, NULL, OPT_PCAP },
		{ "interface", required_argument, NULL, 'i' },
		{ "netns", required_argument, NULL, 'n' }, { "host", no_argument, NULL, 'H' },
		{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+ji:n:Hvh", longs, NULL)) != -1) {
		switch (c) {
		case 'j':
			opt.json = 1;
			break;
		case OPT_PCAP:
			opt.pcap = optarg;
			break;
		case 'i':
			opt.interface = optarg;
			break;
		case 'n':
			opt.netns = optarg;
			break;
		case 'H':
			opt.host = 1;
			break;
		case 'v':
			opt.verbose = 1;
			break;
		case 'h':
			usage();
			break;
		default:
			fprintf(stderr, "See lkl-net --help\n");
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = interrupt };
	static char show_name[] = "show";
	char *show_argv[] = { show_name, NULL };
	const struct command *command;

	message_init(argv[0]);
	parse_options(argc, argv);
	if (opt.host && (opt.pcap || opt.netns))
		die("--host has neither --pcap nor --netns: that is the stack's");
	if (opt.interface && !opt.pcap)
		die("--interface is for --pcap");
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (opt.host) {
		if (optind == argc)
			die("--host wants a command");
		command = find_command(argv[optind]);
		if (!command->on_host)
			die("%s is about a stack; not with --host", command->name);
		calls = &calls_host;
		return command->run(argc - optind, argv + optind);
	}
	if (optind == argc)
		die("no configuration; see lkl-net --help");
	if (optind + 1 == argc)
		return run_inside(argv[optind], &commands[0], 1, show_argv);
	command = find_command(argv[optind + 1]);
	return run_inside(argv[optind], command, argc - optind - 1, argv + optind + 1);
}

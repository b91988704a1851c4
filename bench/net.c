// SPDX-License-Identifier: GPL-2.0
/*
 * The network: a kernel of ours and the host's over a TAP interface, and beside it two
 * of the host's network namespaces over a veth pair; then loopback on either side, and
 * two kernels of ours over shared memory.
 *
 * The peer is a process of its own, in a namespace of its own, so that nothing of this
 * is seen outside. It needs root.
 */
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>
#include <lkl_net.h>

#include "bench.h"
#include "sock.h"

#define MS		400
#define TRIPS		5000
#define CONNECTS	1000
#define CONNECTIONS	10000
/* The first one is of new connections, which is another thing and a tenth of a second. */
#define ROUNDS		5
#define SHM		"/dev/shm/lkl-bench-net"

static struct sock_client ours, hosts, our_lo, host_lo, our_shm;

static void run(const char *command)
{
	if (system(command))
		bench_die("failed: %s", command);
}

/* Starts @f in a child; returns when that said that it is ready. */
static pid_t child(void (*f)(void))
{
	int ready[2];
	pid_t pid;
	char c;

	bench_os(pipe(ready), "pipe");
	fflush(NULL);
	pid = bench_os(fork(), "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		f();
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		bench_die("the peer did not start");
	close(ready[0]);
	return pid;
}

static void peer(void)
{
	sock_serve(&sock_host, 0);
	usleep(100000);
}

/* The kernel at the other end of the shared memory. */
static void shm_peer(void)
{
	struct lkl_netdev *nd = lkl_netdev_shm_create(SHM, LKL_NET_OFFLOAD_ALL);
	int id;

	if (!nd)
		bench_die("no shared memory device");
	bench_lkl(lkl_start_kernel("loglevel=0 mem=256M"), "start");
	id = bench_lkl(lkl_netdev_add(nd, NULL), "add");
	id = bench_lkl(lkl_netdev_get_ifindex(id), "ifindex");
	bench_lkl(lkl_if_up(id), "up");
	bench_lkl(lkl_if_set_ipv4(id, inet_addr("10.3.0.1"), 24), "address");
	sock_serve(&sock_lkl, 0);
}

static int add(struct lkl_netdev *nd, const char *ip)
{
	int id;

	if (!nd)
		bench_die("no device");
	id = bench_lkl(lkl_netdev_add(nd, NULL), "add");
	id = bench_lkl(lkl_netdev_get_ifindex(id), "ifindex");
	bench_lkl(lkl_if_up(id), "up");
	bench_lkl(lkl_if_set_ipv4(id, inet_addr(ip), 24), "address");
	return id;
}

/* In the namespace of the veth pair's own end. */
static void set_up(pid_t pid)
{
	char command[400];

	bench_os(unshare(CLONE_NEWNET), "unshare");
	snprintf(command, sizeof(command),
		 "ip link set lo up; ip link add v0 type veth peer name v1 &&"
		 "ip link set v1 netns %d && ip addr add 10.2.0.2/24 dev v0 &&"
		 "ip link set v0 up &&"
		 "nsenter -t %d -n sh -c 'ip link set lo up; ip addr add 10.2.0.1/24 dev v1;"
		 "ip link set v1 up; ip tuntap add t0 mode tap; ip addr add 10.1.0.1/24 dev t0;"
		 "ip link set t0 up'", pid, pid);
	run(command);
}

/*
 * Both ends of the host get the congestion control that our kernel has, or Reno where a
 * namespace may not have it. 0 if they had one of them. BBR, which some hosts have, paces what
 * it sends by timers, to a veth pair as to us: that says little about stacks.
 */
static int same_congestion_control(pid_t pid)
{
#define SET "for c in cubic reno; do echo $c > /proc/sys/net/ipv4/tcp_congestion_control && break; done"
	char command[300], name[32] = "";
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_congestion_control", "re");

	if (f && fscanf(f, "%31s", name) != 1)
		name[0] = 0;
	if (f)
		fclose(f);
	if (!strcmp(name, "cubic") || !strcmp(name, "reno"))
		return 0;
	snprintf(command, sizeof(command),
		 "{ " SET "; nsenter -t %d -n sh -c '" SET "'; } 2>/dev/null", pid);
	run(command);
	return 1;
}

static struct lkl_netdev *peers_tap(pid_t pid)
{
	struct lkl_netdev *nd;
	char path[64];
	FILE *here = fopen("/proc/self/ns/net", "re"), *there;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	there = fopen(path, "re");
	if (!here || !there)
		bench_die("no namespace");
	bench_os(setns(fileno(there), CLONE_NEWNET), "setns");
	nd = lkl_netdev_tap_create("t0", LKL_NET_OFFLOAD_ALL);
	bench_os(setns(fileno(here), CLONE_NEWNET), "setns");
	fclose(here);
	fclose(there);
	return nd;
}

static double stream_out(void *c)
{
	return sock_stream_out(c, MS);
}

static double stream_in(void *c)
{
	return sock_stream_in(c, MS);
}

static double round_trip(void *c)
{
	return sock_round_trip(c, TRIPS);
}

static double packets_out(void *c)
{
	return sock_packets_out(c, MS);
}

static double packets_in(void *c)
{
	return sock_packets_in(c, MS);
}

static double connects(void *c)
{
	return sock_connects(c, CONNECTS);
}

static double many(void *c)
{
	return sock_many(c, CONNECTIONS, ROUNDS);
}

/* One measurement over both clients of a row. */
struct both {
	double (*measure)(void *client);
	struct sock_client *ours, *host;
};

static double measure_ours(void *arg)
{
	struct both *b = arg;

	return b->measure(b->ours);
}

static double measure_host(void *arg)
{
	struct both *b = arg;

	return b->measure(b->host);
}

static void row(const char *what, const char *unit, enum bench_order order, double ratio,
		double limit, struct both both, const char *beside)
{
	const char *only = getenv("LKL_BENCH");

	if (only && !strstr(what, only))
		return;
	bench_run(&(struct bench_row){
		.what = what, .unit = unit, .order = order, .ratio = ratio, .limit = limit,
		.ours = measure_ours, .host = measure_host, .beside = beside, .arg = &both,
	});
}

int main(int argc, char **argv)
{
	struct rlimit files = { 30000, 30000 };
	pid_t pid, shm_pid;

	bench_init(argc, argv);
	if (geteuid()) {
		bench_note("skipped: network namespaces need root");
		return 0;
	}
	setrlimit(RLIMIT_NOFILE, &files);
	unlink(SHM);
	bench_os(unshare(CLONE_NEWNET), "unshare");
	pid = child(peer);
	shm_pid = child(shm_peer);
	set_up(pid);

	bench_lkl(lkl_start_kernel("loglevel=0 mem=1G"), "start");
	bench_lkl(lkl_set_fd_limit(30000), "files");
	bench_lkl(lkl_sysctl("net.ipv4.ip_local_port_range", "1024 60999"), "ports");
	run("echo 1024 60999 > /proc/sys/net/ipv4/ip_local_port_range");
	/* A port rests for a minute after a connection; with many of those it takes long to find one. */
	bench_lkl(lkl_sysctl("net.ipv4.tcp_tw_reuse", "1"), "ports");
	run("echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse");
	bench_lkl(lkl_if_up(1), "lo");
	add(peers_tap(pid), "10.1.0.2");
	add(lkl_netdev_shm_create(SHM, LKL_NET_OFFLOAD_ALL), "10.3.0.2");
	unlink(SHM);
	sock_serve(&sock_lkl, inet_addr("127.0.0.1"));
	sock_serve(&sock_host, inet_addr("127.0.0.1"));
	usleep(1200000);

	ours = (struct sock_client){ &sock_lkl, inet_addr("10.1.0.1") };
	hosts = (struct sock_client){ &sock_host, inet_addr("10.2.0.1") };
	our_lo = (struct sock_client){ &sock_lkl, inet_addr("127.0.0.1") };
	host_lo = (struct sock_client){ &sock_host, inet_addr("127.0.0.1") };
	our_shm = (struct sock_client){ &sock_lkl, inet_addr("10.3.0.1") };

	row("TCP to the host over tap", "MiB/s", MORE_IS_BETTER, 1.2, 0,
	    (struct both){ stream_out, &ours, &hosts }, "veth");
	row("TCP from the host over tap", "MiB/s", MORE_IS_BETTER, 1, 0,
	    (struct both){ stream_in, &ours, &hosts }, "veth");
	row("TCP, 1 byte there and back over tap", "us", LESS_IS_BETTER, 1.3, 0,
	    (struct both){ round_trip, &ours, &hosts }, "veth");
	row("UDP, 64 bytes, to the host over tap", "1/s", MORE_IS_BETTER, 1, 0,
	    (struct both){ packets_out, &ours, &hosts }, "veth");
	row("UDP, 64 bytes, from the host over tap", "1/s", MORE_IS_BETTER, 1, 0,
	    (struct both){ packets_in, &ours, &hosts }, "veth");
	row("connect, request, close over tap", "1/s", MORE_IS_BETTER, 1, 0,
	    (struct both){ connects, &ours, &hosts }, "veth");
	row("10,000 connections, 1 KiB echo over tap", "1/s", MORE_IS_BETTER, 0.8, 0,
	    (struct both){ many, &ours, &hosts }, "veth");
	row("TCP loopback, 64 KiB writes", "MiB/s", MORE_IS_BETTER, 0, 5000,
	    (struct both){ stream_out, &our_lo, &host_lo }, NULL);
	row("TCP loopback, 1 byte there and back", "us", LESS_IS_BETTER, 1, 0,
	    (struct both){ round_trip, &our_lo, &host_lo }, NULL);
	row("TCP between two kernels over shared memory", "MiB/s", MORE_IS_BETTER, 2, 0,
	    (struct both){ stream_out, &our_shm, &hosts }, "veth");

	if (same_congestion_control(pid)) {
		row("TCP to the host over tap, CUBIC or Reno", "MiB/s", MORE_IS_BETTER, 1.2, 0,
		    (struct both){ stream_out, &ours, &hosts }, "veth");
		row("TCP from the host over tap, CUBIC or Reno", "MiB/s", MORE_IS_BETTER, 1, 0,
		    (struct both){ stream_in, &ours, &hosts }, "veth");
	}

	kill(pid, SIGKILL);
	kill(shm_pid, SIGKILL);
	waitpid(pid, NULL, 0);
	waitpid(shm_pid, NULL, 0);
	return 0;
}

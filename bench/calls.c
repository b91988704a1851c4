// SPDX-License-Identifier: GPL-2.0
/* The cheapest call, and what it costs to change from one thread to another. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "bench.h"

#define CALLS	1000000
#define TRIPS	20000

static double our_getpid(void *arg)
{
	uint64_t begin = bench_now();

	for (int i = 0; i < CALLS; i++)
		lkl_sys_getpid();
	return (double)(bench_now() - begin) / CALLS;
}

static double host_getpid(void *arg)
{
	uint64_t begin = bench_now();

	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getpid);
	return (double)(bench_now() - begin) / CALLS;
}

/* Two pipes: one there, one back; and whose they are. */
struct pipes {
	int there[2], back[2];
	long (*read)(int fd, char *c);
	long (*write)(int fd, char *c);
};

static long our_read(int fd, char *c)
{
	return lkl_sys_read(fd, c, 1);
}

static long our_write(int fd, char *c)
{
	return lkl_sys_write(fd, c, 1);
}

static long host_read(int fd, char *c)
{
	return read(fd, c, 1);
}

static long host_write(int fd, char *c)
{
	return write(fd, c, 1);
}

static struct pipes ours = { .read = our_read, .write = our_write };
static struct pipes hosts = { .read = host_read, .write = host_write };

static void *echo(void *arg)
{
	struct pipes *p = arg;
	char c;

	while (p->read(p->there[0], &c) == 1 && c != 'q')
		if (p->write(p->back[1], &c) != 1)
			break;
	return NULL;
}

static double ping_pong(struct pipes *p)
{
	pthread_t thread;
	uint64_t begin;
	char c = 'x';

	if (pthread_create(&thread, NULL, echo, p))
		bench_die("no thread");
	p->write(p->there[1], &c);
	p->read(p->back[0], &c);
	begin = bench_now();
	for (int i = 0; i < TRIPS; i++)
		if (p->write(p->there[1], &c) != 1 || p->read(p->back[0], &c) != 1)
			bench_die("pipe");
	begin = bench_now() - begin;
	c = 'q';
	p->write(p->there[1], &c);
	pthread_join(thread, NULL);
	return begin / 1e3 / TRIPS;
}

static double our_ping_pong(void *arg)
{
	return ping_pong(&ours);
}

static double host_ping_pong(void *arg)
{
	return ping_pong(&hosts);
}

static double work(void *arg)
{
	lkl_long params[6] = { 0 };
	uint64_t begin = bench_now();

	for (int i = 0; i < TRIPS; i++)
		if (lkl_syscall(LKL_CALL_WORK_ROUNDTRIP, params))
			return BENCH_SKIP("the kernel has no such call");
	return (bench_now() - begin) / 1e3 / TRIPS;
}

int main(int argc, char **argv)
{
	bench_init(argc, argv);
	bench_lkl(lkl_start_kernel("loglevel=0"), "start");
	bench_lkl(lkl_sys_pipe2(ours.there, 0), "pipe");
	bench_lkl(lkl_sys_pipe2(ours.back, 0), "pipe");
	bench_os(pipe(hosts.there), "pipe");
	bench_os(pipe(hosts.back), "pipe");

	bench_run(&(struct bench_row){
		.what = "getpid", .unit = "ns", .limit = 50,
		.ours = our_getpid, .host = host_getpid,
	});
	bench_run(&(struct bench_row){
		.what = "two threads, 1 byte over two pipes and back", .unit = "us",
		.ratio = 1.5, .ours = our_ping_pong, .host = host_ping_pong,
	});
	bench_run(&(struct bench_row){
		.what = "work to a kernel thread, and wait for it", .unit = "us",
		.limit = 1, .ours = work,
	});
	lkl_sys_halt();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * debuggee wait: a thread waits in a pipe inside, the main thread outside; prints
 * "ready" and ends at the end of its input. debuggee work SECONDS: makes system calls.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

static int pipe_fds[2];

static _Atomic long waiter;

static void *wait_inside(void *arg)
{
	char c;

	waiter = lkl_sys_gettid();
	lkl_sys_read(pipe_fds[0], &c, 1);
	return NULL;
}

static int waits(void)
{
	char path[64], stat[128] = "";
	long fd;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", waiter);
	fd = lkl_sys_open(path, LKL_O_RDONLY, 0);
	if (fd < 0)
		return 0;
	lkl_sys_read(fd, stat, sizeof(stat) - 1);
	lkl_sys_close(fd);
	return strstr(stat, ") S ") != NULL;
}

static int wait_for_debugger(void)
{
	pthread_t thread;
	char c;

	if (lkl_sys_pipe(pipe_fds) || lkl_sys_mkdir("/proc", 0555) ||
	    lkl_sys_mount("proc", "/proc", "proc", 0, NULL) ||
	    pthread_create(&thread, NULL, wait_inside, NULL))
		return 1;
	while (!waits())
		usleep(10000);
	puts("ready");
	fflush(stdout);
	if (read(0, &c, 1) < 0)
		return 1;
	lkl_sys_write(pipe_fds[1], "x", 1);
	return pthread_join(thread, NULL);
}

/* Files in memory: much of it is spent in functions that have names of their own. */
static int work(int seconds)
{
	time_t end = time(NULL) + seconds;
	static char block[65536];
	long fd;

	while (time(NULL) < end) {
		for (int i = 0; i < 100; i++) {
			fd = lkl_sys_open("/file", LKL_O_RDWR | LKL_O_CREAT, 0600);
			if (fd < 0 || lkl_sys_write(fd, block, sizeof(block)) < 0)
				return 1;
			lkl_sys_close(fd);
			lkl_sys_unlink("/file");
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	int err;

	if (argc < 2) {
		fprintf(stderr, "usage: debuggee wait | debuggee work SECONDS\n");
		return 2;
	}
	lkl_host_ops.print = NULL;
	err = lkl_init(&lkl_host_ops);
	if (!err)
		err = lkl_start_kernel("mem=64M");
	if (err) {
		fprintf(stderr, "debuggee: %s\n", lkl_strerror(err));
		return 1;
	}
	err = strcmp(argv[1], "wait") ? work(argc > 2 ? atoi(argv[2]) : 1) :
		wait_for_debugger();
	return lkl_sys_halt() || err;
}

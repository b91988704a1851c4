// SPDX-License-Identifier: GPL-2.0
/* fork() takes the kernel along. */
#include <pthread.h>
#include <unistd.h>

#include "host.h"
#include "kernel.h"
#include "posix.h"

#ifdef __SANITIZE_ADDRESS__
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define TRIES		100
#define PAUSE_US	1000

/* Whether the thread with this number runs, or would if there was a processor for it. */
static int is_running(const char *tid)
{
	char line[128] = "";
	const char *name_end;
	FILE *f;

	snprintf(line, sizeof(line), "/proc/self/task/%.20s/stat", tid);
	f = fopen(line, "r");
	if (!f || !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	/* "4711 (any name) S 1 ..." */
	name_end = strrchr(line, ')');
	return name_end && (name_end[2] == 'R' || name_end[2] == 'D');
}

static int running_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *e;
	int n = 0;

	while (dir && (e = readdir(dir)))
		n += e->d_name[0] != '.' && is_running(e->d_name);
	if (dir)
		closedir(dir);
	return n;
}

/*
 * AddressSanitizer of GCC 12 does not look after its locks over a fork(): one that another
 * thread holds just then, because it begins for instance, is never free again in the child.
 * Who sleeps holds none. Threads that do not stop running are not waited for.
 */
static void await_sleep(void)
{
	for (int i = 0; i < TRIES && running_threads() > 1; i++)
		usleep(PAUSE_US);
}
#else
static void await_sleep(void)
{
}
#endif

static void prepare(void)
{
	/* Waits for devices, which may wait for timers. */
	lkl_kernel_fork_prepare();
	lkl_posix_timer_fork_prepare();
	lkl_posix_thread_fork_prepare();
	await_sleep();
}

static void in_parent(void)
{
	lkl_posix_thread_fork_done(0);
	lkl_posix_timer_fork_done(0);
	lkl_kernel_fork_done(0);
}

static void in_child(void)
{
	lkl_posix_thread_fork_done(1);
	lkl_posix_timer_fork_done(1);
	lkl_kernel_fork_done(1);
}

static void start(void)
{
	pthread_atfork(prepare, in_parent, in_child);
}

void lkl_host_fork_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	/* There is no way to take a handler back. */
	pthread_once(&once, start);
}

long lkl_host_process(void)
{
	return getpid();
}

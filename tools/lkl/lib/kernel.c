// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "kernel.h"
#include "message.h"
#include "steady.h"
#include "watchdog.h"

#define KEEP		4096
#define SHOW_LINES	4

static int verbose;
/* The end of the log. Written by the running kernel alone, so by one thread at a time. */
static char kept[KEEP];
static unsigned int n_kept;

static void LKL_ABI keep(const char *text, int len)
{
	if (len > KEEP - 1) {
		text += len - (KEEP - 1);
		len = KEEP - 1;
	}
	if (n_kept + len > KEEP - 1) {
		unsigned int drop = n_kept + len - (KEEP - 1);

		memmove(kept, kept + drop, n_kept - drop);
		n_kept -= drop;
	}
	memcpy(kept + n_kept, text, len);
	n_kept += len;
	kept[n_kept] = 0;
}

void kernel_log_mark(void)
{
	n_kept = 0;
	kept[0] = 0;
}

/* Behind the time stamp "[    1.234567] ", if there is one. */
static const char *without_time(const char *line)
{
	const char *end = *line == '[' ? strstr(line, "] ") : NULL;

	return end ? end + 2 : line;
}

/* Where the kernel was says nothing to who uses a program. */
static bool is_trace(const char *line)
{
	const char *text = without_time(line);

	return !strncmp(text, "Call Trace:", 11) || !strncmp(text, " [<", 3);
}

static void show(const char *line)
{
	char text[512], clean[512];

	snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
	error("kernel: %s", message_clean(clean, sizeof(clean), without_time(text)));
}

void kernel_log_show(void)
{
	const char *last[SHOW_LINES], *at = kept, *end;
	unsigned int n = 0, i;

	if (verbose)
		return;
	for (; (end = strchr(at, '\n')); at = end + 1)
		if (end != at && !is_trace(at))
			last[n++ % SHOW_LINES] = at;
	for (i = n > SHOW_LINES ? n - SHOW_LINES : 0; i < n; i++)
		show(last[i % SHOW_LINES]);
}

/* That of an application ends it by a signal, and leaves a core file. */
static void LKL_ABI panic(void)
{
	error("Linux has stopped at a mistake of its own, which a broken image can lead to; what was not written by now is lost");
	kernel_log_show();
	_exit(1);
}

int kernel_start(unsigned int mb, int is_verbose)
{
	char mem[32] = "";
	int ret;

	verbose = is_verbose;
	if (!verbose)
		lkl_host_ops.print = keep;
	lkl_host_ops.panic = panic;
	if (mb)
		snprintf(mem, sizeof(mem), "mem=%uM ", mb);
	ret = lkl_start_kernel("%s%sloglevel=%d", mem, steady_arguments(), verbose ? 7 : 5);
	if (ret) {
		error("cannot start the kernel: %s%s", lkl_strerror(ret),
		      mb ? "; try another amount of memory (mb)" : "");
		kernel_log_show();
		return -1;
	}
	steady_settle();
	lkl_sys_mkdir("/dev", 0755);
	ret = lkl_sys_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (!ret)
		ret = lkl_mount_fs("sysfs") < 0 ? -LKL_EIO : 0;
	if (ret) {
		error("cannot mount the kernel's /dev or /sys: %s", lkl_strerror(ret));
		kernel_stop();
		return -1;
	}
	kernel_log_mark();
	/* There, no other thread may enter the kernel. */
	if (!*steady_arguments())
		watchdog_start(WATCHDOG_SECONDS);
	return 0;
}

int kernel_stop(void)
{
	long ret;

	if (!lkl_is_running())
		return 0;
	watchdog_stop();
	kernel_log_mark();
	ret = lkl_sys_halt();
	lkl_cleanup();
	if (!ret)
		return 0;
	error("the kernel inside did not stop as it should: %s", lkl_strerror(ret));
	kernel_log_show();
	return -1;
}

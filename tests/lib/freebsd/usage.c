// SPDX-License-Identifier: GPL-2.0
/* What the process uses, as sysctl() tells. */
#include <sys/types.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <unistd.h>

#include "test.h"

static void ask(int what, void *answer, size_t size)
{
	int name[] = { CTL_KERN, KERN_PROC, what, getpid() };

	ck_assert_int_eq(sysctl(name, 4, answer, &size, NULL, 0), 0);
}

long host_rss_kib(void)
{
	struct kinfo_proc process;

	ask(KERN_PROC_PID, &process, sizeof(process));
	return process.ki_rssize * (sysconf(_SC_PAGESIZE) / 1024);
}

int host_threads(void)
{
	struct kinfo_proc process;

	ask(KERN_PROC_PID, &process, sizeof(process));
	return process.ki_numthreads;
}

int host_fds(void)
{
	int count;

	ask(KERN_PROC_NFDS, &count, sizeof(count));
	return count;
}

// SPDX-License-Identifier: GPL-2.0
/* What the process uses, from /proc. */
#include <dirent.h>

#include "test.h"

static long status_field(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	size_t len = strlen(name);
	char line[256];
	long value = -1;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			value = atol(line + len + 1);
	fclose(f);
	return value;
}

long host_rss_kib(void)
{
	return status_field("VmRSS");
}

int host_threads(void)
{
	return status_field("Threads");
}

int host_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

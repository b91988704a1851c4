// SPDX-License-Identifier: GPL-2.0
#include <sys/stat.h>

#include "test.h"

/* Mounting is for root only. The mount stays when the test has ended. */
int host_small_folder(const char *name, int mib)
{
	char command[9000], path[4096];

	snprintf(path, sizeof(path), "%s/%s", getenv("LKL_TEST_TMP") ?: "/tmp", name);
	mkdir(path, 0755);
	snprintf(command, sizeof(command), "mount -t tmpfs -o size=%dm tmpfs %s", mib, path);
	return !system(command);
}

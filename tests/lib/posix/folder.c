// SPDX-License-Identifier: GPL-2.0
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

int host_small_folder(const char *name, int mib)
{
	char path[4096], size[32];

	snprintf(path, sizeof(path), "%s/%s", getenv("LKL_TEST_TMP") ?: "/tmp", name);
	snprintf(size, sizeof(size), "size=%dm", mib);
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       (!mkdir(path, 0755) || !access(path, F_OK)) &&
	       !mount(name, path, "tmpfs", 0, size);
}

// SPDX-License-Identifier: GPL-2.0
#include <lkl.h>

#include "inside.h"
#include "message.h"
#include "steady.h"
#include "volume.h"

/* The kernel's own limit of it, fs.nr_open. */
#define FILES_MAX (1 << 20)

int inside_open(const struct volume *volume)
{
	struct lkl_rlimit64 files = { FILES_MAX, FILES_MAX };
	long ret;

	steady_begin();
	lkl_sys_umask(0);
	lkl_sys_prlimit64(0, LKL_RLIMIT_NOFILE, &files, NULL);
	ret = lkl_mount_fs("proc");
	if (ret >= 0)
		ret = lkl_sys_open(volume->path, LKL_O_RDONLY | LKL_O_DIRECTORY | LKL_O_CLOEXEC, 0);
	if (ret >= 0)
		return ret;
	error("%s: its root cannot be opened: %s", volume->title, lkl_strerror(ret));
	return -1;
}

long inside_resolve(int root, const char *path)
{
	struct lkl_open_how how = {
		.flags = LKL_O_PATH | LKL_O_DIRECTORY | LKL_O_CLOEXEC,
		.resolve = LKL_RESOLVE_IN_ROOT | LKL_RESOLVE_NO_MAGICLINKS,
	};

	return lkl_sys_openat2(root, path, &how, sizeof(how));
}

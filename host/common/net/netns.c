// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces inside the kernel. One has a name as `ip netns` gives it: it is
 * bound to the file /run/netns/NAME. The first one is that of process 1.
 */
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#include "link.h"

#define NETNS_DIR "/run/netns"

/* The kernel does not export it. */
#define MNT_DETACH 2

static int path_of(const char *name, char *path, size_t size)
{
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -LKL_EINVAL;
	return snprintf(path, size, NETNS_DIR "/%s", name) >= (int)size ?
	       -LKL_ENAMETOOLONG : 0;
}

/* A descriptor of the namespace @name, NULL for the first one, or err. */
static long open_netns(const char *name)
{
	struct lkl_statfs fs;
	char path[300];
	long fd;
	int err;

	if (name) {
		err = path_of(name, path, sizeof(path));
		if (err)
			return err;
		fd = lkl_sys_open(path, LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	} else {
		err = lkl_mount_fs("proc");
		if (err < 0)
			return err;
		fd = lkl_sys_open("/proc/1/ns/net", LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	}
	/* The file stays for a moment while it is made and when it goes. */
	if (fd >= 0 && !lkl_sys_fstatfs(fd, &fs) && fs.f_type != LKL_NSFS_MAGIC) {
		lkl_sys_close(fd);
		return -LKL_ENOENT;
	}
	return fd;
}

static int make_dirs(void)
{
	long err = lkl_sys_mkdir("/run", 0755);

	if (!err || err == -LKL_EEXIST)
		err = lkl_sys_mkdir(NETNS_DIR, 0755);
	return err == -LKL_EEXIST ? 0 : err;
}

/* Makes a namespace, which is the calling thread's then, and binds it to @path. */
static long bind_new(const char *path)
{
	long err = lkl_sys_unshare(LKL_CLONE_NEWNET);

	return err ? err : lkl_sys_mount("/proc/thread-self/ns/net", path, "none",
					 LKL_MS_BIND, NULL);
}

int lkl_netns_add(const char *name)
{
	long fd, was, err;
	char path[300];

	err = path_of(name, path, sizeof(path));
	if (err)
		return err;
	err = lkl_mount_fs("proc");
	if (err < 0)
		return err;
	was = lkl_sys_open("/proc/thread-self/ns/net", LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	if (was < 0)
		return was;
	err = make_dirs();
	if (err)
		goto close;
	fd = lkl_sys_open(path, LKL_O_RDONLY | LKL_O_CREAT | LKL_O_EXCL | LKL_O_CLOEXEC, 0);
	if (fd < 0) {
		err = fd;
		goto close;
	}
	lkl_sys_close(fd);
	err = bind_new(path);
	lkl_sys_setns(was, LKL_CLONE_NEWNET);
	if (err)
		lkl_sys_unlink(path);
close:
	lkl_sys_close(was);
	return err;
}

int lkl_netns_del(const char *name)
{
	char path[300];
	long err;

	err = path_of(name, path, sizeof(path));
	if (err)
		return err;
	err = lkl_sys_umount(path, MNT_DETACH);
	/* Not mounted: an adding thread is just making it. */
	if (err == -LKL_EINVAL)
		return -LKL_ENOENT;
	return err ? err : lkl_sys_unlink(path);
}

int lkl_netns_enter(const char *name)
{
	long fd = open_netns(name), err;

	if (fd < 0)
		return fd;
	err = lkl_sys_setns(fd, LKL_CLONE_NEWNET);
	lkl_sys_close(fd);
	return err;
}

int lkl_netns_move(int ifindex, const char *name)
{
	long fd = open_netns(name), err;
	struct lkl_nl_msg m;

	if (fd < 0)
		return fd;
	lkl_link_init(&m, LKL_RTM_NEWLINK, 0, ifindex);
	lkl_nl_put_u32(&m, LKL_IFLA_NET_NS_FD, fd);
	err = lkl_nl_talk(LKL_NETLINK_ROUTE, &m);
	lkl_sys_close(fd);
	return err;
}

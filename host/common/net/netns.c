// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces inside the kernel. One has a name as `ip netns` gives it: it is
 * bound to the file /run/netns/NAME. The first one, that the kernel started with, is
 * bound to a file as well before any other exists, since the threads of process 1 leave it.
 */
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#include "link.h"

#define NETNS_DIR "/run/netns"
#define NETNS_FIRST "/run/netns-first"

/* The kernel does not export it. */
#define MNT_DETACH 2

static int path_of(const char *name, char *path, size_t size)
{
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -LKL_EINVAL;
	return snprintf(path, size, NETNS_DIR "/%s", name) >= (int)size ?
	       -LKL_ENAMETOOLONG : 0;
}

/* A descriptor of the namespace that is bound to @path, or err. */
static long open_bound(const char *path)
{
	struct lkl_statfs fs;
	long fd;

	fd = lkl_sys_open(path, LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	/* The file stays for a moment while it is made and when it goes. */
	if (fd >= 0 && !lkl_sys_fstatfs(fd, &fs) && fs.f_type != LKL_NSFS_MAGIC) {
		lkl_sys_close(fd);
		return -LKL_ENOENT;
	}
	return fd;
}

/* The namespace of the calling thread. */
static long open_own(void)
{
	int err = lkl_mount_fs("proc");

	return err < 0 ? err : lkl_sys_open("/proc/thread-self/ns/net",
					    LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
}

/* A descriptor of the namespace @name, NULL for the first one, or err. */
static long open_netns(const char *name)
{
	char path[300];
	long fd;
	int err;

	if (name) {
		err = path_of(name, path, sizeof(path));
		return err ? err : open_bound(path);
	}
	fd = open_bound(NETNS_FIRST);
	return fd == -LKL_ENOENT ? open_own() : fd;
}

static long make_dir(const char *path)
{
	long err = lkl_sys_mkdir(path, 0755);

	return err == -LKL_EEXIST ? 0 : err;
}

/* Binds the namespace of the calling thread to a new file. */
static long bind_own(const char *path)
{
	long fd = lkl_sys_open(path, LKL_O_RDONLY | LKL_O_CREAT | LKL_O_EXCL | LKL_O_CLOEXEC, 0);
	long err;

	if (fd < 0)
		return fd;
	lkl_sys_close(fd);
	err = lkl_sys_mount("/proc/thread-self/ns/net", path, "none", LKL_MS_BIND, NULL);
	if (err)
		lkl_sys_unlink(path);
	return err;
}

/* The folder of names, and the name of the first namespace. */
static long prepare(void)
{
	long err = make_dir("/run");

	if (err)
		return err;
	err = bind_own(NETNS_FIRST);
	return err && err != -LKL_EEXIST ? err : make_dir(NETNS_DIR);
}

int lkl_netns_add(const char *name)
{
	char path[300];
	long was, err;

	err = path_of(name, path, sizeof(path));
	if (err)
		return err;
	was = open_own();
	if (was < 0)
		return was;
	err = prepare();
	if (!err && !lkl_sys_access(path, 0))
		err = -LKL_EEXIST;
	if (!err)
		err = lkl_sys_unshare(LKL_CLONE_NEWNET);
	if (!err) {
		err = bind_own(path);
		lkl_sys_setns(was, LKL_CLONE_NEWNET);
	}
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

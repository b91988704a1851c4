// SPDX-License-Identifier: GPL-2.0
/*
 * Mounting by device number. A device DDDDDDDD (hexadecimal) has its node at
 * /dev/DDDDDDDD and its file system at /mnt/DDDDDDDD, both made here when it is
 * mounted and removed when it is unmounted.
 */
#include <stdio.h>
#include <string.h>

#include <lkl.h>

#define NAME_SIZE sizeof("/mnt/00000000")

/* A timeout above this has no limit: 30 years, in ms. */
#define TIMEOUT_MAX_MS 1000000000000LL

/* Longest pause between two attempts to unmount. */
#define UMOUNT_PAUSE_NS 50000000LL

struct names {
	char node[NAME_SIZE];
	char mnt[NAME_SIZE];
};

static void names_of(uint32_t devid, struct names *n)
{
	snprintf(n->node, sizeof(n->node), "/dev/%08x", devid);
	snprintf(n->mnt, sizeof(n->mnt), "/mnt/%08x", devid);
}

/* As mkdir(), with 0 for a folder that was there and 1 for a new one. */
static long ensure_dir(const char *path)
{
	long ret = lkl_sys_mkdir(path, 0700);

	if (ret == -LKL_EEXIST)
		return 0;
	return ret ? ret : 1;
}

/* The same for the node of a block device. */
static long ensure_node(const char *path, uint32_t devid)
{
	long ret = ensure_dir("/dev");

	if (ret < 0)
		return ret;
	ret = lkl_sys_mknod(path, LKL_S_IFBLK | 0600, devid);
	if (ret == -LKL_EEXIST)
		return 0;
	return ret ? ret : 1;
}

int lkl_mount_fs(const char *type)
{
	struct lkl_stat root, dir;
	char path[64];
	long ret, made;

	if (snprintf(path, sizeof(path), "/%s", type) >= (int)sizeof(path))
		return -LKL_ENAMETOOLONG;
	made = ensure_dir(path);
	if (made < 0)
		return made;
	/* Another device than that of / means that something is mounted there. */
	if (!made && !lkl_sys_stat("/", &root) && !lkl_sys_stat(path, &dir) &&
	    root.st_dev != dir.st_dev)
		return 1;
	ret = lkl_sys_mount(type, path, type, 0, NULL);
	if (ret == -LKL_EBUSY)
		return 1;	/* another thread was faster */
	if (ret && made)
		lkl_sys_rmdir(path);
	return ret;
}

/*
 * Tries the types in @list, which is in the format of /proc/filesystems and is
 * changed. The error to tell is the one of a type that recognised its own: most
 * answer -EINVAL to something foreign.
 */
static long mount_listed(char *list, const struct names *n, int flags,
			 const char *opts)
{
	long ret, best = -LKL_EINVAL;
	char *line, *next;

	for (line = list; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		if (*line != '\t')	/* "nodev" */
			continue;
		ret = lkl_sys_mount(n->node, n->mnt, line + 1,
				    flags | LKL_MS_SILENT, opts);
		if (!ret)
			return 0;
		if (best == -LKL_EINVAL)
			best = ret;
	}
	return best;
}

static long mount_any(const struct names *n, int flags, const char *opts)
{
	char list[8192];
	long fd, got, len = 0;
	int err;

	err = lkl_mount_fs("proc");
	if (err < 0)
		return err;
	fd = lkl_sys_open("/proc/filesystems", LKL_O_RDONLY, 0);
	if (fd < 0)
		return fd;
	do {
		got = lkl_sys_read(fd, list + len, sizeof(list) - 1 - len);
		if (got > 0)
			len += got;
	} while (got > 0);
	lkl_sys_close(fd);
	if (got < 0)
		return got;
	list[len] = 0;
	return mount_listed(list, n, flags, opts);
}

long lkl_mount_blkdev(uint32_t devid, const char *fs_type, int flags,
		      const char *opts, char *mnt, unsigned int mnt_len)
{
	long ret, made_node, made_mnt;
	struct names n;

	if (mnt_len < NAME_SIZE)
		return -LKL_ERANGE;
	names_of(devid, &n);

	made_node = ensure_node(n.node, devid);
	if (made_node < 0)
		return made_node;
	ret = ensure_dir("/mnt");
	made_mnt = ret < 0 ? ret : ensure_dir(n.mnt);
	if (made_mnt < 0) {
		ret = made_mnt;
		goto remove_node;
	}
	ret = fs_type ? lkl_sys_mount(n.node, n.mnt, fs_type, flags, opts) :
			mount_any(&n, flags, opts);
	if (!ret) {
		memcpy(mnt, n.mnt, NAME_SIZE);
		return 0;
	}

	if (made_mnt)
		lkl_sys_rmdir(n.mnt);
remove_node:
	if (made_node)
		lkl_sys_unlink(n.node);
	return ret;
}

long lkl_mount_dev(unsigned int disk_id, unsigned int part, const char *fs_type,
		   int flags, const char *opts, char *mnt, unsigned int mnt_len)
{
	uint32_t devid;
	int err;

	err = lkl_get_virtio_blkdev(disk_id, part, &devid);
	if (err)
		return err;
	return lkl_mount_blkdev(devid, fs_type, flags, opts, mnt, mnt_len);
}

static long long now_ns(void)
{
	struct lkl_timespec ts;

	lkl_sys_clock_gettime(LKL_CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

long lkl_umount_timeout(const char *path, int flags, long timeout_ms)
{
	lkl_long params[6] = { 0 };
	long long pause = 1000000, left = timeout_ms, end = 0;
	long ret;

	if (left > TIMEOUT_MAX_MS)
		timeout_ms = -1;
	if (timeout_ms > 0)
		end = now_ns() + timeout_ms * 1000000LL;
	for (;;) {
		struct lkl_timespec ts = { 0 };

		ret = lkl_sys_umount2(path, flags);
		if (ret != -LKL_EBUSY || !timeout_ms)
			break;
		if (timeout_ms > 0) {
			left = end - now_ns();
			if (left <= 0)
				break;
		}
		ts.tv_nsec = timeout_ms > 0 && left < pause ? left : pause;
		lkl_sys_nanosleep(&ts, NULL);
		if (pause < UMOUNT_PAUSE_NS)
			pause *= 2;
	}
	/* The kernel detaches at once and puts the file system away later. */
	if (!ret)
		lkl_syscall(LKL_CALL_FLUSH_UNMOUNT, params);
	return ret;
}

/* Not every file system ends in a flush of its device when it is unmounted. */
static long flush_device(const char *node)
{
	long fd, ret;

	fd = lkl_sys_open(node, LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	if (fd < 0)
		return fd == -LKL_ENOENT ? 0 : fd;
	ret = lkl_sys_fsync(fd);
	lkl_sys_close(fd);
	return ret;
}

long lkl_umount_blkdev(uint32_t devid, int flags, long timeout_ms)
{
	struct names n;
	long ret;

	names_of(devid, &n);
	ret = lkl_umount_timeout(n.mnt, flags, timeout_ms);
	if (ret)
		return ret;
	ret = flush_device(n.node);
	lkl_sys_unlink(n.node);
	lkl_sys_rmdir(n.mnt);
	return ret;
}

long lkl_umount_dev(unsigned int disk_id, unsigned int part, int flags,
		    long timeout_ms)
{
	uint32_t devid;
	int err;

	err = lkl_get_virtio_blkdev(disk_id, part, &devid);
	if (err)
		return err;
	return lkl_umount_blkdev(devid, flags, timeout_ms);
}

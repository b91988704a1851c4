// SPDX-License-Identifier: GPL-2.0
/* Lookup, and attributes of files and of the file system. */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "channel.h"
#include "fs.h"

void fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct node *dir = node_of(parent), *node;
	struct lkl_statx attr;
	int fd, ret;

	fd = node_path(dir);
	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	ret = node_lookup(fd, name, &node, &attr);
	node_put(dir);
	if (!ret) {
		reply_entry(req, node, &attr);
	} else if (ret == -LKL_ENOENT && fs_entry_timeout() > 0) {
		/* The host may remember that too. */
		struct fuse_entry_param none = { .entry_timeout = fs_entry_timeout() };

		fuse_reply_entry(req, &none);
	} else {
		reply_status(req, ret);
	}
}

void fs_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	node_forget(node_of(ino), nlookup);
	fuse_reply_none(req);
}

void fs_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		node_forget(node_of(forgets[i].ino), forgets[i].nlookup);
	fuse_reply_none(req);
}

static void reply_attr(fuse_req_t req, int fd)
{
	struct lkl_statx attr;
	struct stat st;
	long ret;

	ret = lkl_sys_statx(fd, "", LKL_AT_EMPTY_PATH, NODE_STATX_MASK, &attr);
	if (ret) {
		reply_status(req, ret);
		return;
	}
	attr_show(&attr, &st);
	fuse_reply_attr(req, &st, fs_attr_timeout());
}

void fs_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);
	int fd = node_path(node);

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	reply_attr(req, fd);
	node_put(node);
}

static long set_size(struct node *node, lkl_loff_t size)
{
	int fd = node_data(node);
	long ret;

	if (fd < 0)
		return fd;
	ret = lkl_sys_ftruncate(fd, size);
	/* That of a descriptor that does not write, or appends only. */
	if (ret == -LKL_EINVAL || ret == -LKL_EBADF)
		ret = size < 0 ? -LKL_EINVAL : -LKL_EPERM;
	node_put(node);
	return ret;
}

static struct lkl_timespec time_to_set(const struct timespec *time, int to_set, int set, int now)
{
	struct lkl_timespec ts = { .tv_sec = time->tv_sec, .tv_nsec = time->tv_nsec };

	if (to_set & now)
		ts.tv_nsec = LKL_UTIME_NOW;
	else if (!(to_set & set))
		ts.tv_nsec = LKL_UTIME_OMIT;
	return ts;
}

/* What a write or a change of the size by somebody who is not root takes away. */
long attr_kill_privileges(int fd)
{
	struct lkl_statx attr;
	lkl_mode_t mode;
	long ret;

	ret = lkl_sys_statx(fd, "", LKL_AT_EMPTY_PATH, LKL_STATX_MODE, &attr);
	if (ret)
		return ret;
	mode = attr.stx_mode & 07777 & ~LKL_S_ISUID;
	if (mode & LKL_S_IXGRP)
		mode &= ~LKL_S_ISGID;
	if (mode == (attr.stx_mode & 07777))
		return 0;
	return lkl_sys_fchmodat2(fd, "", mode, LKL_AT_EMPTY_PATH);
}

void fs_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set,
		struct fuse_file_info *fi)
{
	const int times = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW |
			  FUSE_SET_ATTR_MTIME_NOW;
	struct node *node = node_of(ino);
	int fd = node_path(node);
	long ret = 0;

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		ret = lkl_sys_fchownat(fd, "", to_set & FUSE_SET_ATTR_UID ? st->st_uid : -1U,
				       to_set & FUSE_SET_ATTR_GID ? st->st_gid : -1U,
				       LKL_AT_EMPTY_PATH);
	if (!ret && to_set & FUSE_SET_ATTR_SIZE) {
		ret = set_size(node, st->st_size);
		if (!ret && channel_kill_privileges())
			ret = attr_kill_privileges(fd);
	}
	if (!ret && to_set & FUSE_SET_ATTR_MODE)
		ret = lkl_sys_fchmodat2(fd, "", st->st_mode & 07777, LKL_AT_EMPTY_PATH);
	if (!ret && to_set & times) {
		struct lkl_timespec ts[2] = {
			time_to_set(&st->st_atim, to_set, FUSE_SET_ATTR_ATIME,
				    FUSE_SET_ATTR_ATIME_NOW),
			time_to_set(&st->st_mtim, to_set, FUSE_SET_ATTR_MTIME,
				    FUSE_SET_ATTR_MTIME_NOW),
		};

		ret = lkl_sys_utimensat(fd, "", (void *)ts, LKL_AT_EMPTY_PATH);
	}
	if (ret)
		reply_status(req, ret);
	else
		reply_attr(req, fd);
	node_put(node);
}

void fs_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct node *node = node_of(ino);
	struct lkl_statfs from;
	int fd = node_path(node);
	long ret;

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	ret = lkl_sys_fstatfs(fd, &from);
	node_put(node);
	if (ret) {
		reply_status(req, ret);
		return;
	}
	fuse_reply_statfs(req, &(struct statvfs) {
		.f_bsize = from.f_bsize,
		.f_frsize = from.f_frsize ? from.f_frsize : from.f_bsize,
		.f_blocks = from.f_blocks,
		.f_bfree = from.f_bfree,
		.f_bavail = from.f_bavail,
		.f_files = from.f_files,
		.f_ffree = from.f_ffree,
		.f_favail = from.f_ffree,
		.f_namemax = from.f_namelen,
	});
}

// SPDX-License-Identifier: GPL-2.0
/* Requests that libfuse does not know yet, in FUSE's own format. */
#include <linux/fuse.h>
#include <sys/uio.h>

#include "channel.h"
#include "fs.h"
#include "statx_abi.h"

#ifndef FUSE_TMPFILE
#define FUSE_TMPFILE	51
#endif

static void reply(const struct fuse_in_header *request, long ret, void *data, size_t size)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + (ret < 0 ? 0 : size),
		.error = ret < 0 ? ret : 0,
		.unique = request->unique,
	};
	struct iovec iov[2] = { { &out, sizeof(out) }, { data, size } };

	/* It fails if nobody waits for the reply any more. */
	if (channel_write(iov, ret < 0 ? 1 : 2) < 0)
		return;
}

static void show(struct fuse_attr *to, const struct lkl_statx *attr)
{
	struct stat st;

	attr_show(attr, &st);
	*to = (struct fuse_attr) {
		.ino = st.st_ino,
		.size = st.st_size,
		.blocks = st.st_blocks,
		.atime = st.st_atim.tv_sec,
		.mtime = st.st_mtim.tv_sec,
		.ctime = st.st_ctim.tv_sec,
		.atimensec = st.st_atim.tv_nsec,
		.mtimensec = st.st_mtim.tv_nsec,
		.ctimensec = st.st_ctim.tv_nsec,
		.mode = st.st_mode,
		.nlink = st.st_nlink,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.blksize = st.st_blksize,
	};
}

/* A new file without a name, and its attributes. */
static long make_unnamed(const struct fuse_in_header *request, struct node **node,
			 struct lkl_statx *attr)
{
	const struct fuse_create_in *in = (const void *)(request + 1);
	struct node *dir = node_of(request->nodeid);
	long fd = node_path(dir), ret;

	if (fd < 0)
		return fd;
	identity_set(request->uid, request->gid, in->umask);
	ret = lkl_sys_openat(fd, ".", LKL_O_TMPFILE | LKL_O_RDWR | LKL_O_CLOEXEC |
			     (in->flags & LKL_O_EXCL), in->mode & 07777);
	node_put(dir);
	if (ret < 0)
		return ret;
	fd = ret;
	ret = node_lookup_fd(fd, node, attr);
	if (ret)
		lkl_sys_close(fd);
	else
		node_adopt(*node, fd);
	return ret;
}

static void reply_tmpfile(const struct fuse_in_header *request)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out = { .open.open_flags = FOPEN_KEEP_CACHE };
	struct lkl_statx attr;
	struct node *node;
	long ret = make_unnamed(request, &node, &attr);

	if (!ret) {
		out.entry.nodeid = node_id(node);
		out.entry.attr_valid = fs_attr_timeout();
		show(&out.entry.attr, &attr);
	}
	reply(request, ret, &out, sizeof(out));
}

static struct fuse_statx_time time_of(const struct timespec *time)
{
	return (struct fuse_statx_time){ .sec = time->tv_sec, .nsec = time->tv_nsec };
}

/* Asked when a program wants to know the time of birth. */
static void reply_statx(const struct fuse_in_header *request)
{
	struct node *node = node_of(request->nodeid);
	struct fuse_statx_reply out = { .valid = fs_attr_timeout() };
	struct lkl_statx attr;
	struct stat st;
	int fd = node_path(node);
	long ret = fd;

	if (fd >= 0) {
		ret = lkl_sys_statx(fd, "", LKL_AT_EMPTY_PATH, NODE_STATX_MASK | LKL_STATX_BTIME,
				    &attr);
		node_put(node);
	}
	if (!ret) {
		attr_show(&attr, &st);
		out.mask = attr.stx_mask & (NODE_STATX_MASK | LKL_STATX_BTIME);
		out.blksize = st.st_blksize;
		out.nlink = st.st_nlink;
		out.uid = st.st_uid;
		out.gid = st.st_gid;
		out.mode = st.st_mode;
		out.ino = st.st_ino;
		out.size = st.st_size;
		out.blocks = st.st_blocks;
		out.atime = time_of(&st.st_atim);
		out.mtime = time_of(&st.st_mtim);
		out.ctime = time_of(&st.st_ctim);
		out.btime.sec = attr.stx_btime.tv_sec;
		out.btime.nsec = attr.stx_btime.tv_nsec;
		out.rdev_major = attr.stx_rdev_major;
		out.rdev_minor = attr.stx_rdev_minor;
	}
	reply(request, ret, &out, sizeof(out));
}

bool fs_raw_request(const struct fuse_in_header *request)
{
	switch (request->opcode) {
	case FUSE_TMPFILE:
		reply_tmpfile(request);
		return true;
	case FUSE_OP_STATX:
		reply_statx(request);
		return true;
	}
	return false;
}

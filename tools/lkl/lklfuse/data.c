// SPDX-License-Identifier: GPL-2.0
/*
 * Contents of files. They are not opened: the host checks permissions and keeps what
 * open files have; a node's descriptor serves all of them.
 */
#include <errno.h>
#include <unistd.h>

#include "channel.h"
#include "fs.h"

/*
 * Pieces of so much, at multiples of so many bytes, pass the cache of the kernel inside:
 * the host keeps what it reads, and large pieces need not be gathered.
 */
#define DIRECT_MIN	65536
#define DIRECT_ALIGN	4096

static bool is_direct(size_t size, off_t off)
{
	return size >= DIRECT_MIN && !((off | size) % DIRECT_ALIGN);
}

void fs_open_file(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	fuse_reply_err(req, ENOSYS);
}

/* Up to @size bytes, or err if not even one could be read. */
static long read_all(int fd, char *buf, size_t size, off_t off)
{
	size_t done = 0;
	long ret;

	while (done < size) {
		ret = lkl_sys_pread64(fd, buf + done, size - done, off + done);
		if (ret < 0 && !done)
			return ret;
		if (ret <= 0)
			break;
		done += ret;
	}
	return done;
}

/* Past the cache. Err if that is not possible here. */
static long read_direct(struct node *node, char *buf, size_t size, off_t off)
{
	int fd;
	long ret;

	if (!is_direct(size, off))
		return -LKL_EINVAL;
	fd = node_direct(node);
	if (fd < 0)
		return fd;
	ret = lkl_sys_pread64(fd, buf, size, off);
	node_put(node);
	return ret;
}

void fs_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
	     struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);
	char *buf = channel_buffer();
	long ret;
	int fd;

	if (size > CHANNEL_DATA_MAX)
		size = CHANNEL_DATA_MAX;
	ret = read_direct(node, buf, size, off);
	if (ret < (long)size) {
		fd = node_data(node);
		if (fd < 0) {
			reply_status(req, fd);
			return;
		}
		ret = read_all(fd, buf, size, off);
		node_put(node);
	}
	if (ret < 0)
		reply_status(req, ret);
	else
		fuse_reply_buf(req, buf, ret);
}

/* How much has been written past the cache; the cache is for the rest. */
static long write_direct(struct node *node, const char *buf, size_t size, off_t off)
{
	int fd;
	long ret;

	if (!is_direct(size, off))
		return 0;
	fd = node_direct(node);
	if (fd < 0)
		return fd;
	ret = lkl_sys_pwrite64(fd, buf, size, off);
	node_put(node);
	return ret;
}

void fs_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);
	long ret = write_direct(node, buf, size, off);
	size_t done = ret > 0 ? ret : 0;
	int fd = node_data(node);

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	while (done < size) {
		ret = lkl_sys_pwrite64(fd, buf + done, size - done, off + done);
		if (ret <= 0)
			break;
		done += ret;
	}
	/* The descriptor of a file that cannot be opened for writing. */
	if (ret == -LKL_EBADF)
		ret = -LKL_EPERM;
	if (done && channel_kill_privileges())
		attr_kill_privileges(fd);
	node_put(node);
	if (ret < 0 && !done)
		reply_status(req, ret);
	else
		fuse_reply_write(req, done);
}

void fs_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);
	int fd = node_data(node);
	long ret;

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	ret = datasync ? lkl_sys_fdatasync(fd) : lkl_sys_fsync(fd);
	node_put(node);
	reply_status(req, ret);
}

void fs_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
		  struct fuse_file_info *fi)
{
	struct node *node = node_of(ino);
	int fd = node_data(node);
	long ret;

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	ret = lkl_sys_fallocate(fd, mode, offset, length);
	node_put(node);
	reply_status(req, ret == -LKL_EBADF ? -LKL_EPERM : ret);
}

void fs_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			struct fuse_file_info *fi_in, fuse_ino_t ino_out, off_t off_out,
			struct fuse_file_info *fi_out, size_t len, int flags)
{
	struct node *in = node_of(ino_in), *out = node_of(ino_out);
	int from = node_data(in), to;
	lkl_loff_t from_off = off_in, to_off = off_out;
	long ret;

	if (from < 0) {
		reply_status(req, from);
		return;
	}
	to = node_data(out);
	if (to < 0) {
		node_put(in);
		reply_status(req, to);
		return;
	}
	ret = lkl_sys_copy_file_range(from, &from_off, to, &to_off, len, flags);
	node_put(in);
	node_put(out);
	if (ret < 0)
		reply_status(req, ret == -LKL_EBADF ? -LKL_EPERM : ret);
	else
		fuse_reply_write(req, ret);
}

struct seek {
	fuse_ino_t ino;
	off_t off;
	int whence;
};

static void seek(fuse_req_t req, const void *arg)
{
	const struct seek *s = arg;
	struct node *node = node_of(s->ino);
	long ret;
	int fd;

	/* What the host has written into its cache only is data here afterwards. */
	channel_write_back(s->ino, s->off);
	fd = node_data(node);
	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	ret = lkl_sys_lseek(fd, s->off, s->whence);
	node_put(node);
	if (ret < 0)
		reply_status(req, ret);
	else
		fuse_reply_lseek(req, ret);
}

void fs_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
	      struct fuse_file_info *fi)
{
	struct seek s = { ino, off, whence };

	channel_defer(req, seek, &s, sizeof(s));
}

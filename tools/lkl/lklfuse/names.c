// SPDX-License-Identifier: GPL-2.0
/* Making, removing and renaming of files. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "fs.h"

/* After @ret of making @name in the folder @dir, whose descriptor is @fd. */
static void reply_made(fuse_req_t req, struct node *dir, int fd, const char *name, long ret)
{
	struct lkl_statx attr;
	struct node *node;

	if (!ret)
		ret = node_lookup(fd, name, &node, &attr);
	node_put(dir);
	if (ret)
		reply_status(req, ret);
	else
		reply_entry(req, node, &attr);
}

void fs_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct node *node = node_of(ino);
	char target[PATH_MAX + 1];
	int fd = node_path(node);
	long ret;

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	ret = lkl_sys_readlinkat(fd, "", target, sizeof(target) - 1);
	node_put(node);
	if (ret < 0) {
		reply_status(req, ret);
		return;
	}
	target[ret] = 0;
	fuse_reply_readlink(req, target);
}

/*
 * A regular file of the name @name, open for reading and writing, as the descriptor that
 * node_data() will need next. 0 or err.
 */
static long make_file(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      int flags, struct node **node, struct lkl_statx *attr)
{
	struct node *dir = node_of(parent);
	int dir_fd = node_path(dir);
	long fd, ret;

	if (dir_fd < 0)
		return dir_fd;
	identity_take(req);
	fd = lkl_sys_openat(dir_fd, name, flags | LKL_O_RDWR | LKL_O_CREAT | LKL_O_NOFOLLOW |
			    LKL_O_CLOEXEC, mode);
	node_put(dir);
	if (fd < 0)
		return fd;
	ret = node_lookup_fd(fd, node, attr);
	if (ret)
		lkl_sys_close(fd);
	else
		node_keep_data(*node, fd);
	return ret;
}

void fs_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct node *dir = node_of(parent), *node;
	struct lkl_statx attr;
	long ret;
	int fd;

	if (S_ISREG(mode)) {
		ret = make_file(req, parent, name, mode, LKL_O_EXCL, &node, &attr);
		if (ret)
			reply_status(req, ret);
		else
			reply_entry(req, node, &attr);
		return;
	}
	fd = node_path(dir);
	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	identity_take(req);
	reply_made(req, dir, fd, name, lkl_sys_mknodat(fd, name, mode, rdev));
}

void fs_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi)
{
	bool only_writes = (fi->flags & O_ACCMODE) == O_WRONLY;
	struct fuse_entry_param entry = {
		.attr_timeout = fs_attr_timeout(),
		.entry_timeout = fs_entry_timeout(),
	};
	struct lkl_statx attr;
	struct node *node;
	long ret;

	/* The host then has the file made, and opens it without us. */
	if (!fs_writes_direct()) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	ret = make_file(req, parent, name, mode, fi->flags & (LKL_O_EXCL | LKL_O_TRUNC), &node,
			&attr);
	if (ret) {
		reply_status(req, ret);
		return;
	}
	entry.ino = node_id(node);
	attr_show(&attr, &entry.attr);
	fi->keep_cache = 1;
	fi->direct_io = only_writes;
	if (fuse_reply_create(req, &entry, fi))
		node_forget(node, 1);
}

void fs_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct node *dir = node_of(parent);
	int fd = node_path(dir);

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	identity_take(req);
	reply_made(req, dir, fd, name, lkl_sys_mkdirat(fd, name, mode));
}

void fs_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct node *dir = node_of(parent);
	int fd = node_path(dir);

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	identity_take(req);
	reply_made(req, dir, fd, name, lkl_sys_symlinkat(target, fd, name));
}

void fs_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	struct node *dir = node_of(parent), *node = node_of(ino);
	int to = node_path(dir), from;
	long ret;

	if (to < 0) {
		reply_status(req, to);
		return;
	}
	from = node_path(node);
	ret = from;
	if (from >= 0) {
		ret = lkl_sys_linkat(from, "", to, name, LKL_AT_EMPTY_PATH);
		node_put(node);
	}
	reply_made(req, dir, to, name, ret);
}

static void remove_name(fuse_req_t req, fuse_ino_t parent, const char *name, int flags)
{
	struct node *dir = node_of(parent), *victim;
	int fd = node_path(dir);
	long ret;

	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	victim = node_pin(fd, name);
	ret = lkl_sys_unlinkat(fd, name, flags);
	node_put(dir);
	reply_status(req, ret);
	node_unpin(victim);
}

void fs_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, 0);
}

void fs_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, LKL_AT_REMOVEDIR);
}

void fs_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to_parent,
	       const char *to_name, unsigned int flags)
{
	struct node *from = node_of(parent), *to = node_of(to_parent), *victim;
	int from_fd = node_path(from), to_fd;
	long ret;

	if (from_fd < 0) {
		reply_status(req, from_fd);
		return;
	}
	to_fd = node_path(to);
	if (to_fd < 0) {
		node_put(from);
		reply_status(req, to_fd);
		return;
	}
	identity_take(req);	/* of what RENAME_WHITEOUT leaves behind */
	victim = node_pin(to_fd, to_name);
	ret = lkl_sys_renameat2(from_fd, name, to_fd, to_name, flags);
	node_put(from);
	node_put(to);
	reply_status(req, ret);
	node_unpin(victim);
}

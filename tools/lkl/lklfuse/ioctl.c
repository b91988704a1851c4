// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls that are passed on: those that do no harm, take no pointers to further
 * memory, and mean the same on every file system.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <lkl/linux/fs.h>

#include "fs.h"

/* Nobody passes more. */
#define ARGUMENT_MAX	512

enum who { ANYBODY, OWNER };

static const struct command {
	unsigned int cmd;
	/* OWNER: root and who has mounted; the host checks the others. */
	enum who who;
} commands[] = {
	{ LKL_FS_IOC_GETFLAGS, ANYBODY },
	{ LKL_FS_IOC_SETFLAGS, ANYBODY },
	{ LKL_FS_IOC_FSGETXATTR, ANYBODY },
	{ LKL_FS_IOC_FSSETXATTR, ANYBODY },
	{ LKL_FS_IOC_GETVERSION, ANYBODY },
	{ LKL_FS_IOC_GETFSLABEL, ANYBODY },
	{ LKL_FS_IOC_SETFSLABEL, OWNER },
	{ LKL_FS_IOC_GETFSUUID, ANYBODY },
	{ LKL_FITRIM, OWNER },
};

static const struct command *find(unsigned int cmd)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (commands[i].cmd == cmd)
			return &commands[i];
	return NULL;
}

void fs_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
	      struct fuse_file_info *fi, unsigned int flags, const void *in_buf,
	      size_t in_size, size_t out_size)
{
	const struct command *command = find(cmd);
	/* The kernel inside reads a long where programs pass an int. */
	char buf[ARGUMENT_MAX] __attribute__((aligned(8))) = "";
	struct node *node = node_of(ino);
	uid_t uid = fuse_req_ctx(req)->uid;
	long ret;
	int fd;

	if (!command || in_size > sizeof(buf) || out_size > sizeof(buf)) {
		fuse_reply_err(req, ENOTTY);
		return;
	}
	if (command->who == OWNER && uid != 0 && uid != getuid()) {
		fuse_reply_err(req, EPERM);
		return;
	}
	fd = node_data(node);
	if (fd < 0) {
		reply_status(req, fd);
		return;
	}
	if (in_size)
		memcpy(buf, in_buf, in_size);
	ret = lkl_sys_ioctl(fd, cmd, (unsigned long)buf);
	node_put(node);
	/* It may have become immutable, or append-only, or be so no more. */
	if (!ret && (cmd == LKL_FS_IOC_SETFLAGS || cmd == LKL_FS_IOC_FSSETXATTR))
		node_reopen(node);
	if (ret < 0)
		reply_status(req, ret);
	else
		fuse_reply_ioctl(req, ret, buf, out_size);
}

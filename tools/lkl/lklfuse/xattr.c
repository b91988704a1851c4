// SPDX-License-Identifier: GPL-2.0
/* Extended attributes, and POSIX ACLs, which are some of them. */
#include <errno.h>
#include <stdlib.h>

#include "fs.h"

/* XATTR_SIZE_MAX; lists are no longer. */
#define VALUE_MAX	65536

static bool supported;

void xattr_init(int root)
{
	static const char *const probes[] = {
		"user.lkl", "trusted.lkl", "security.lkl", "system.posix_acl_access",
	};
	char name[FD_NAME_SIZE];

	fd_name(name, root);
	supported = false;
	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		long ret = lkl_sys_getxattr(name, probes[i], NULL, 0);

		if (ret >= 0 || ret == -LKL_ENODATA)
			supported = true;
	}
}

/* The name under which calls find the file of @node, until node_put(). 0 or err. */
static int begin(struct node *node, char name[FD_NAME_SIZE])
{
	int fd;

	/* The host does not ask again. */
	if (!supported)
		return -LKL_ENOSYS;
	fd = node_path(node);
	if (fd < 0)
		return fd;
	fd_name(name, fd);
	return 0;
}

/* The result of a call that fills @value, which was @size bytes, 0 to ask how many. */
static void reply_value(fuse_req_t req, const char *value, size_t size, long ret)
{
	if (ret < 0)
		reply_status(req, ret);
	else if (size)
		fuse_reply_buf(req, value, ret);
	else
		fuse_reply_xattr(req, ret);
}

/* The host asks before the first write to each file whether it has capabilities. */
void fs_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct node *node = node_of(ino);
	char path[FD_NAME_SIZE], value[VALUE_MAX];
	long ret = -LKL_ENOSYS;
	int fd;

	if (size > sizeof(value))
		size = sizeof(value);
	if (supported) {
		fd = node_path(node);
		if (fd < 0) {
			reply_status(req, fd);
			return;
		}
		ret = lkl_sys_fgetxattr(fd, name, value, size);
		/* That of a descriptor made with O_PATH. */
		if (ret == -LKL_EBADF) {
			fd_name(path, fd);
			ret = lkl_sys_getxattr(path, name, value, size);
		}
		node_put(node);
	}
	reply_value(req, value, size, ret);
}

void fs_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct node *node = node_of(ino);
	char path[FD_NAME_SIZE], value[VALUE_MAX];
	long ret = begin(node, path);

	if (!ret) {
		if (size > sizeof(value))
			size = sizeof(value);
		ret = lkl_sys_listxattr(path, value, size);
		node_put(node);
	}
	reply_value(req, value, size, ret);
}

void fs_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
		 size_t size, int flags)
{
	struct node *node = node_of(ino);
	char path[FD_NAME_SIZE];
	long ret = begin(node, path);

	if (!ret) {
		ret = lkl_sys_setxattr(path, name, value, size, flags);
		node_put(node);
	}
	reply_status(req, ret);
}

void fs_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct node *node = node_of(ino);
	char path[FD_NAME_SIZE];
	long ret = begin(node, path);

	if (!ret) {
		ret = lkl_sys_removexattr(path, name);
		node_put(node);
	}
	reply_status(req, ret);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The file system that FUSE sees: its operations, one subject a file. */
#ifndef LKLFUSE_FS_H
#define LKLFUSE_FS_H

#include <stdbool.h>
#include <sys/types.h>

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <lkl.h>

#include "node.h"

struct fuse_in_header;

struct fs_options {
	/* Type of the file system as the kernel calls it. */
	const char *type;
	bool read_only;
	/* There may be folders in which a file has more names, differing in case. */
	bool folds_case;
	/* The host's kernel checks permissions. */
	bool permissions;
	/* The host's kernel gathers writes, rather than pass each on. */
	bool write_back;
	/* What is shown instead of the truth. */
	bool set_uid, set_gid, set_umask;
	uid_t uid;
	gid_t gid;
	mode_t umask;
	/* Called when the host's kernel and we have agreed how to talk. */
	void (*ready)(void);
};

/* Takes what is mounted at @path inside. 0 or err. */
int fs_open(const char *path, const struct fs_options *options);
/* After the last operation. */
void fs_close(void);

extern const struct fuse_lowlevel_ops fs_operations;

/* Each thread that runs operations calls this first. 0 or err. */
int fs_thread_init(void);

/* Serves a request that libfuse does not know. False if it is none of these. */
bool fs_raw_request(const struct fuse_in_header *request);

/*
 * What follows is among the operations. They reply to each request exactly once.
 */

/* How long the host's kernel may rely on what it was told, in seconds. */
double fs_attr_timeout(void);
double fs_entry_timeout(void);

/*
 * Whether a file that is made only to be written is better not kept by the host, which
 * saves it a question before the first write.
 */
bool fs_writes_direct(void);

/* From now on this thread creates what the caller of @req would own. */
void identity_take(fuse_req_t req);
void identity_set(uid_t uid, gid_t gid, mode_t umask);

/* As FUSE wants it, and as the options want it shown. */
void attr_show(const struct lkl_statx *attr, struct stat *st);
/* Takes setuid and setgid, as a write does. 0 or err. */
long attr_kill_privileges(int fd);
/* @ret of a system call inside, as a reply without content. */
void reply_status(fuse_req_t req, long ret);
/* @node with one lookup counted already. */
void reply_entry(fuse_req_t req, struct node *node, const struct lkl_statx *attr);

void fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void fs_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup);
void fs_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets);
void fs_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void fs_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi);
void fs_statfs(fuse_req_t req, fuse_ino_t ino);

void fs_readlink(fuse_req_t req, fuse_ino_t ino);
void fs_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void fs_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void fs_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void fs_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name);
void fs_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void fs_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void fs_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to_parent,
	       const char *to_name, unsigned int flags);
void fs_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		struct fuse_file_info *fi);
void fs_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi);
void fs_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);

void fs_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi);
void fs_open_file(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void fs_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
	     struct fuse_file_info *fi);
void fs_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi);
void fs_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void fs_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
		  struct fuse_file_info *fi);
void fs_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			struct fuse_file_info *fi_in, fuse_ino_t ino_out, off_t off_out,
			struct fuse_file_info *fi_out, size_t len, int flags);
void fs_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence,
	      struct fuse_file_info *fi);
void fs_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg,
	      struct fuse_file_info *fi, unsigned int flags, const void *in_buf,
	      size_t in_size, size_t out_size);

/* Whether files here have attributes of that kind at all. */
void xattr_init(int root);
void fs_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void fs_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void fs_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
		 size_t size, int flags);
void fs_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);

#endif

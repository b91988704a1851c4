/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The system calls that copying needs, of either kernel: the host's, or the one
 * inside, where the image is mounted. All work on descriptors and single names, so that
 * nobody can send them elsewhere by a symbolic link; none follows one.
 */
#ifndef LKL_TOOLS_FS_H
#define LKL_TOOLS_FS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct attributes {
	/* S_IF... and permissions */
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t links;
	/* Of a device node. */
	uint32_t major, minor;
	uint64_t size;
	/* Bytes that it occupies. */
	uint64_t stored;
	/* Which file it is. */
	uint64_t dev, ino;
	struct timespec atime, mtime;
};

/*
 * All return 0 or a result, or a negative errno of Linux. A name is one component in
 * the folder @dir; where noted it may be "": the file that @dir itself is.
 */
struct fs {
	/* Users write "\" instead of "/" as well, and drives: "C:\folder". */
	int has_drives;
	/* A folder for fs::list and as @dir. */
	long (*open_dir)(int dir, const char *name);
	/* The same, for use as @dir only; needs no permission to read. */
	long (*reach_dir)(int dir, const char *name);
	/* A file of any kind itself, for sandbox_allow(). Of the host alone. */
	long (*reach)(int dir, const char *name);
	long (*open_file)(int dir, const char *name);
	/* For writing; fails if there is something. */
	long (*create)(int dir, const char *name, uint32_t mode);
	long (*close)(int fd);
	/* getdents64() */
	long (*list)(int fd, void *buf, size_t size);
	/* @name may be "". */
	long (*stat)(int dir, const char *name, struct attributes *attr);
	long (*pread)(int fd, void *buf, size_t len, uint64_t pos);
	long (*pwrite)(int fd, const void *buf, size_t len, uint64_t pos);
	/* SEEK_DATA or SEEK_HOLE */
	int64_t (*seek)(int fd, uint64_t pos, int whence);
	long (*truncate)(int fd, uint64_t size);
	long (*syncfs)(int fd);
	long (*mkdir)(int dir, const char *name, uint32_t mode);
	long (*symlink)(const char *target, int dir, const char *name);
	long (*readlink)(int dir, const char *name, char *buf, size_t size);
	long (*link)(int from_dir, const char *from, int dir, const char *name);
	long (*mknod)(int dir, const char *name, uint32_t mode, uint32_t major, uint32_t minor);
	long (*unlink)(int dir, const char *name);
	/* @name may be "" in these; -1 as an owner means: as it is. */
	long (*chown)(int dir, const char *name, uint32_t uid, uint32_t gid);
	long (*chmod)(int dir, const char *name, uint32_t mode);
	long (*utimes)(int dir, const char *name, const struct timespec times[2]);
	/* @name may be "" for files and folders that were not only reached. */
	long (*listxattr)(int dir, const char *name, char *buf, size_t size);
	long (*getxattr)(int dir, const char *name, const char *attr, void *buf, size_t size);
	long (*setxattr)(int dir, const char *name, const char *attr, const void *value,
			 size_t size);
	long (*removexattr)(int dir, const char *name, const char *attr);
};

/* The host's, with the rights of this process. */
extern const struct fs fs_host;
/* A folder as by fs::reach_dir, by the user's path, which may have symbolic links. */
long fs_host_resolve(const char *path);
/* The kernel inside, as root; it must run, with proc mounted at /proc. */
extern const struct fs fs_inside;

#endif

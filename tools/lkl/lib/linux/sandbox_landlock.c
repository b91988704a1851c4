// SPDX-License-Identifier: GPL-2.0
/* Landlock: the host's files and network, whatever system call reaches them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"
#include "sandbox.h"

/* The host may know more than the headers that we were built with. */
#define FS_ALL_1	((1ULL << 13) - 1)
#define FS_EXECUTE	(1ULL << 0)
#define FS_WRITE_FILE	(1ULL << 1)
#define FS_READ_FILE	(1ULL << 2)
#define FS_READ_DIR	(1ULL << 3)
#define FS_MAKE_SOCK	(1ULL << 9)
#define FS_REFER	(1ULL << 13)	/* version 2 */
#define FS_TRUNCATE	(1ULL << 14)	/* version 3 */
#define FS_IOCTL_DEV	(1ULL << 15)	/* version 5 */
#define FS_OF_FILES	(FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define NET_ALL		3ULL		/* version 4: bind and connect of TCP */
#define SCOPE_ALL	3ULL		/* version 6: abstract sockets, signals */
#define CREATE_VERSION	1U

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

static long host_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
}

static struct ruleset everything(long version)
{
	struct ruleset r = { .fs = FS_ALL_1 };

	if (version >= 2)
		r.fs |= FS_REFER;
	if (version >= 3)
		r.fs |= FS_TRUNCATE;
	if (version >= 4)
		r.net = NET_ALL;
	if (version >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (version >= 6)
		r.scoped = SCOPE_ALL;
	return r;
}

/* Hosts of older versions know a shorter structure. */
static size_t size_of(long version)
{
	return version >= 6 ? 24 : version >= 4 ? 16 : 8;
}

/* Of sandbox_allow(). */
static int *allowed;
static size_t n_allowed;

void sandbox_allow(int fd)
{
	int *more = realloc(allowed, (n_allowed + 1) * sizeof(*more));

	if (!more)
		die("out of memory");
	allowed = more;
	allowed[n_allowed++] = fd;
}

static int allow(int ruleset, int fd, uint64_t fs)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = fs, .parent_fd = fd };
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	/* The other rights are those of folders. */
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	if (!rule.allowed_access)
		return 0;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* What stays: in the folders that were named, or in all. */
static int allow_files(int ruleset, uint64_t fs)
{
	int root, ret, err;

	for (size_t i = 0; i < n_allowed; i++)
		if (allow(ruleset, allowed[i], fs))
			return -1;
	if (n_allowed)
		return 0;
	root = open("/", O_PATH | O_CLOEXEC);
	if (root < 0)
		return -1;
	ret = allow(ruleset, root, fs);
	err = errno;
	close(root);
	errno = err;
	return ret;
}

int sandbox_landlock(unsigned int flags)
{
	long version = host_version();
	struct ruleset all = everything(version);
	uint64_t files = 0;
	int fd, ret;

	if (version <= 0) {
		warning("this host has no Landlock; the filter of system calls has to do");
		return 0;
	}
	if (flags & SANDBOX_READ_FILES)
		files |= FS_READ_FILE | FS_READ_DIR;
	if (flags & SANDBOX_WRITE_FILES)
		files |= all.fs & ~(FS_EXECUTE | FS_MAKE_SOCK | FS_IOCTL_DEV);
	fd = syscall(SYS_landlock_create_ruleset, &all, size_of(version), 0);
	ret = fd < 0 || (files && allow_files(fd, files)) ||
	      syscall(SYS_landlock_restrict_self, fd, 0);
	if (ret)
		error("Landlock refuses the sandbox: %s; --no-sandbox does without",
		      strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret ? -1 : 0;
}

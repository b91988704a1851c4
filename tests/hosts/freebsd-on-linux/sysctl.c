// SPDX-License-Identifier: GPL-2.0
/* sysctl(3) of FreeBSD 14: what it tells of this process, by what /proc tells. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "include/sys/sysctl.h"
#include "include/sys/user.h"
#include "stand_in.h"

/* As the system does: the size if @old is NULL, and no part of what has no room. */
static int give(const void *what, size_t size, void *old, size_t *old_size)
{
	if (old && *old_size < size) {
		errno = ENOMEM;
		return -1;
	}
	if (old)
		memcpy(old, what, size);
	*old_size = size;
	return 0;
}

static int path_name(void *old, size_t *old_size)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len < 0)
		return -1;
	path[len] = 0;
	return give(path, len + 1, old, old_size);
}

/* Entries are of different lengths there, with what they need of the path. */
static int mappings(void *old, size_t *old_size)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned int major, minor, n = 0;
	char line[4400], perm[8], *list = NULL;
	struct kinfo_vmentry e;
	uint64_t inode;
	size_t size;
	FILE *to = open_memstream(&list, &size);
	int err;

	while (fgets(line, sizeof(line), maps)) {
		static const char padding[16];

		e = (struct kinfo_vmentry){ .kve_structsize = sizeof(e) + 8 * (n % 3) };
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %x:%x %" SCNu64,
			   &e.kve_start, &e.kve_end, perm, &e.kve_offset, &major, &minor,
			   &inode) != 7)
			misuse("/proc/self/maps has \"%s\"", line);
		e.kve_protection = (perm[0] == 'r' ? KVME_PROT_READ : 0) |
				   (perm[1] == 'w' ? KVME_PROT_WRITE : 0);
		/* Shared memory has an object of its own; each private mapping, too. */
		e.kve_type = inode && !strstr(line, "memfd:") ? KVME_TYPE_VNODE : KVME_TYPE_SWAP;
		e.kve_obj = inode && perm[3] == 's' ? inode << 12 | (major << 4 ^ minor) :
						      ~(uint64_t)n;
		fwrite(&e, sizeof(e), 1, to);
		fwrite(padding, 8 * (n++ % 3), 1, to);
	}
	fclose(maps);
	fclose(to);
	err = give(list, size, old, old_size);
	free(list);
	return err;
}

static long status_field(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	size_t len = strlen(name);
	char line[256];
	long value = -1;

	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			value = atol(line + len + 1);
	fclose(f);
	return value;
}

static int process(void *old, size_t *old_size)
{
	struct kinfo_proc p = {
		.ki_structsize = sizeof(p),
		.ki_numthreads = status_field("Threads"),
		.ki_rssize = status_field("VmRSS") / 4,
	};

	return give(&p, sizeof(p), old, old_size);
}

static int descriptors(void *old, size_t *old_size)
{
	DIR *dir = opendir("/proc/self/fd");
	/* Less ".", ".." and this folder itself. */
	int count = -3;

	while (readdir(dir))
		count++;
	closedir(dir);
	return give(&count, sizeof(count), old, old_size);
}

int sysctl(const int *name, unsigned int n, void *old, size_t *old_size, const void *new,
	   size_t new_size)
{
	(void)new_size;
	if (n != 4 || name[0] != CTL_KERN || name[1] != KERN_PROC || new ||
	    (name[3] != getpid() && name[3] != -1))
		misuse("%d.%d of process %d is not imitated", name[0], name[1], name[3]);
	stand_in_count(COUNT_SYSCTL);
	switch (name[2]) {
	case KERN_PROC_PATHNAME:
		return path_name(old, old_size);
	case KERN_PROC_VMMAP:
		return mappings(old, old_size);
	case KERN_PROC_PID:
		return process(old, old_size);
	case KERN_PROC_NFDS:
		return descriptors(old, old_size);
	}
	misuse("number %d is not imitated", name[2]);
}

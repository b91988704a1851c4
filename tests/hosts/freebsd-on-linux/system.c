// SPDX-License-Identifier: GPL-2.0
/* The smaller calls that FreeBSD has and Linux has not, by what Linux has. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "stand_in.h"

#define SPACECTL_DEALLOC	1
#define _PC_DEALLOC_PRESENT	65

struct spacectl_range {
	off_t r_offset;
	off_t r_len;
};

struct stand_in_statfs {
	char f_fstypename[16];
};

int sem_clockwait_np(sem_t *sem, clockid_t clock, int flags, const struct timespec *until,
		     struct timespec *left);
void *stand_in_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset);
int fspacectl(int fd, int cmd, const struct spacectl_range *range, int flags,
	      struct spacectl_range *left);
long stand_in_fpathconf(int fd, int name);
int stand_in_statfs_of(int fd, struct stand_in_statfs *fs);
size_t strlcpy(char *to, const char *from, size_t size);
int pthread_attr_get_np(pthread_t thread, pthread_attr_t *attr);
int pthread_getthreadid_np(void);

int sem_clockwait_np(sem_t *sem, clockid_t clock, int flags, const struct timespec *until,
		     struct timespec *left)
{
	if (flags != TIMER_ABSTIME || left)
		misuse("time that is left is not imitated");
	return sem_clockwait(sem, clock, until);
}

void *stand_in_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	return mmap(addr, size, prot, flags | MAP_NORESERVE, fd, offset);
}

/* It may do a part, and says what is left. */
int fspacectl(int fd, int cmd, const struct spacectl_range *range, int flags,
	      struct spacectl_range *left)
{
	off_t offset = range->r_offset, len = range->r_len, part = len;

	if (cmd != SPACECTL_DEALLOC || flags || len <= 0 || offset < 0) {
		errno = EINVAL;
		return -1;
	}
	if (len > 65536 && left && !stand_in_random(4))
		part = 65536;
	stand_in_count(COUNT_HOLES);
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, part))
		return -1;
	if (left)
		*left = (struct spacectl_range){ .r_offset = offset + part, .r_len = len - part };
	return 0;
}

long stand_in_fpathconf(int fd, int name)
{
	return name == _PC_DEALLOC_PRESENT ? 1 : fpathconf(fd, name);
}

int stand_in_statfs_of(int fd, struct stand_in_statfs *fs)
{
	struct statfs st;

	if (fstatfs(fd, &st))
		return -1;
	strcpy(fs->f_fstypename, st.f_type == TMPFS_MAGIC ? "tmpfs" : "ufs");
	return 0;
}

size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t len = strlen(from), part = len < size ? len : size - 1;

	if (size) {
		memcpy(to, from, part);
		to[part] = 0;
	}
	return len;
}

int pthread_attr_get_np(pthread_t thread, pthread_attr_t *attr)
{
	pthread_attr_destroy(attr);
	return pthread_getattr_np(thread, attr);
}

int pthread_getthreadid_np(void)
{
	return syscall(SYS_gettid);
}

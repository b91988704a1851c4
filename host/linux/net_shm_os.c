// SPDX-License-Identifier: GPL-2.0
/* Locks of open files, and futexes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <lkl_host.h>

#include "net_shm.h"
#include "posix.h"

static int lock_byte(int fd, int cmd, int type, int byte)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1,
	};

	if (fcntl(fd, cmd, &lock))
		return -errno;
	return cmd == F_OFD_GETLK ? lock.l_type != F_UNLCK : 0;
}

int lkl_shm_lock(int fd, int byte)
{
	return lock_byte(fd, F_OFD_SETLK, F_WRLCK, byte);
}

int lkl_shm_is_locked(int fd, int byte)
{
	return lock_byte(fd, F_OFD_GETLK, F_WRLCK, byte) > 0;
}

int lkl_shm_begin(int fd, int byte)
{
	return lock_byte(fd, F_OFD_SETLKW, F_WRLCK, byte);
}

void lkl_shm_end(int fd, int byte)
{
	lock_byte(fd, F_OFD_SETLK, F_UNLCK, byte);
}

void lkl_shm_close(int fd, int forked)
{
	close(fd);
}

void lkl_shm_wait(uint32_t *word, uint32_t seen, uint64_t ns)
{
	struct timespec ts = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &ts, NULL, 0);
}

void lkl_shm_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Linux has it from 5.16 on; it says EINVAL to no words. */
int lkl_shm_can_wait_any(void)
{
	return syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0) < 0 && errno != ENOSYS;
}

void lkl_shm_wait_any(const struct shm_word *words, int n, unsigned long long deadline)
{
	/* By the clock that the application may have put in the host's place. */
	unsigned long long now = lkl_host_ops.time(), end = deadline > now ? deadline - now : 0;
	struct futex_waitv waits[FUTEX_WAITV_MAX];
	struct timespec ts;

	end += lkl_posix_time();
	ts.tv_sec = end / 1000000000;
	ts.tv_nsec = end % 1000000000;
	for (int i = 0; i < n; i++)
		waits[i] = (struct futex_waitv){
			.val = words[i].seen, .uaddr = (uintptr_t)words[i].word, .flags = FUTEX_32,
		};
	syscall(SYS_futex_waitv, waits, n, 0, deadline == LKL_TIME_NEVER ? NULL : &ts,
		CLOCK_MONOTONIC);
}

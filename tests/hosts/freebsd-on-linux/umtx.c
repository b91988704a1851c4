// SPDX-License-Identifier: GPL-2.0
/* _umtx_op(2), for words that processes share, by futexes. */
#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "include/sys/umtx.h"
#include "stand_in.h"

int _umtx_op(void *obj, int op, unsigned long val, void *uaddr, void *uaddr2)
{
	switch (op) {
	case UMTX_OP_WAIT_UINT:
		stand_in_count(COUNT_UMTX);
		/* A relative time, and its size. */
		if (uaddr2 && (uintptr_t)uaddr != sizeof(struct timespec))
			misuse("a time of %zu bytes", (size_t)uaddr);
		if (!stand_in_random(16)) {
			errno = EINTR;
			return -1;
		}
		/* Another value than expected is no error. */
		return syscall(SYS_futex, obj, FUTEX_WAIT, (unsigned int)val, uaddr2, NULL, 0) &&
		       errno != EAGAIN ? -1 : 0;
	case UMTX_OP_WAKE:
		return syscall(SYS_futex, obj, FUTEX_WAKE, (int)val, NULL, NULL, 0) < 0 ? -1 : 0;
	}
	misuse("operation %d is not imitated", op);
}

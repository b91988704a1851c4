/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What FreeBSD has under other names; included before each file of host/posix that it
 * shares.
 */
#ifndef LKL_FREEBSD_NAMES_H
#define LKL_FREEBSD_NAMES_H

#include <errno.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <time.h>

/* Memory is never reserved. */
#define MAP_NORESERVE		0
#define MAP_FIXED_NOREPLACE	(MAP_FIXED | MAP_EXCL)
#define MAP_POPULATE		MAP_PREFAULT_READ
#define MADV_DONTDUMP		MADV_NOCORE

#define EBADFD			EBADF

static inline int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until)
{
	return sem_clockwait_np(sem, clock, TIMER_ABSTIME, until, NULL);
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_SEMAPHORE_H
#define STAND_IN_SEMAPHORE_H

#include_next <semaphore.h>
#include <time.h>

/* The name is names.h's to define. */
#define sem_clockwait stand_in_sem_clockwait

int sem_clockwait_np(sem_t *sem, clockid_t clock, int flags, const struct timespec *until,
		     struct timespec *left);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_SYS_MEMBARRIER_H
#define STAND_IN_SYS_MEMBARRIER_H

#include <linux/membarrier.h>
#include <sys/syscall.h>

/* As before FreeBSD 14.1, which has no such call: what is done then has no other test. */
#undef SYS_membarrier
#define SYS_membarrier	(-1)

#endif

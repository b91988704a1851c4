/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks and counting semaphores of the vtable, in fewer words. For short
 * sections only: device models take them with the CPU token held.
 */
#ifndef LKL_COMMON_LOCK_H
#define LKL_COMMON_LOCK_H

#include <lkl_host.h>

typedef struct lkl_mutex *lkl_lock_t;

/* NULL without memory. */
static inline lkl_lock_t lkl_lock_new(void)
{
	return lkl_host_ops.mutex_alloc(0);
}

static inline void lkl_lock_free(lkl_lock_t lock)
{
	if (lock)
		lkl_host_ops.mutex_free(lock);
}

static inline void lkl_lock(lkl_lock_t lock)
{
	lkl_host_ops.mutex_lock(lock);
}

static inline void lkl_unlock(lkl_lock_t lock)
{
	lkl_host_ops.mutex_unlock(lock);
}

#endif

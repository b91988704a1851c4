// SPDX-License-Identifier: GPL-2.0
/* The host operations of POSIX hosts. */
#include <lkl_host.h>

#include "iomem.h"
#include "net_idle.h"
#include "posix.h"

struct lkl_host_operations lkl_host_ops = {
	.version = LKL_OPS_VERSION,
	.size = sizeof(struct lkl_host_operations),

	.print = lkl_posix_print,
	.panic = lkl_posix_panic,

	.sem_alloc = lkl_posix_sem_alloc,
	.sem_free = lkl_posix_sem_free,
	.sem_up = lkl_posix_sem_up,
	.sem_down = lkl_posix_sem_down,
	.sem_down_until = lkl_posix_sem_down_until,
	.mutex_alloc = lkl_posix_mutex_alloc,
	.mutex_free = lkl_posix_mutex_free,
	.mutex_lock = lkl_posix_mutex_lock,
	.mutex_unlock = lkl_posix_mutex_unlock,

	.thread_create = lkl_posix_thread_create,
	.thread_detach = lkl_posix_thread_detach,
	.thread_exit = lkl_posix_thread_exit,
	.thread_join = lkl_posix_thread_join,
	.thread_self = lkl_posix_thread_self,
	.thread_equal = lkl_posix_thread_equal,
	.thread_stack = lkl_posix_thread_stack,
	.tls_alloc = lkl_posix_tls_alloc,
	.tls_free = lkl_posix_tls_free,
	.tls_set = lkl_posix_tls_set,
	.tls_get = lkl_posix_tls_get,
	.gettid = lkl_posix_gettid,

	.mem_alloc = lkl_posix_mem_alloc,
	.mem_free = lkl_posix_mem_free,
	.page_alloc = lkl_posix_page_alloc,
	.page_free = lkl_posix_page_free,
	.mem_reserve = lkl_posix_mem_reserve,
	.mem_release = lkl_posix_mem_release,
	.mem_alias = lkl_posix_mem_alias,
	.mem_unalias = lkl_posix_mem_unalias,
	.mem_populate = lkl_posix_mem_populate,
	.mem_discard = lkl_posix_mem_discard,

	.time = lkl_posix_time,
	.wall_time = lkl_posix_wall_time,
	.timer_alloc = lkl_posix_timer_alloc,
	.timer_set_oneshot = lkl_posix_timer_set_oneshot,
	.timer_free = lkl_posix_timer_free,

	.ioremap = lkl_ioremap,
	.iomem_access = lkl_iomem_access,

	.random = lkl_posix_random,
	.idle_wait = lkl_posix_idle_wait,
	.idle_poll = lkl_net_idle_poll,
};

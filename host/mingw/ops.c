// SPDX-License-Identifier: GPL-2.0
/* The host operations of Windows. */
#include <stddef.h>
#include <windows.h>
#include <winternl.h>

#include <lkl_host.h>

#include "iomem.h"
#include "mingw.h"

/* In the thread block, behind what the compiler's headers name. */
#define TEB_DEALLOCATION_STACK	0x1478

struct lkl_host_operations lkl_host_ops = {
	.version = LKL_OPS_VERSION,
	.size = sizeof(struct lkl_host_operations),

	.print = lkl_mingw_print,
	.panic = lkl_mingw_panic,

	.sem_alloc = lkl_mingw_sem_alloc,
	.sem_free = lkl_mingw_sem_free,
	.sem_up = lkl_mingw_sem_up,
	.sem_down = lkl_mingw_sem_down,
	.sem_down_until = lkl_mingw_sem_down_until,
	.mutex_alloc = lkl_mingw_mutex_alloc,
	.mutex_free = lkl_mingw_mutex_free,
	.mutex_lock = lkl_mingw_mutex_lock,
	.mutex_unlock = lkl_mingw_mutex_unlock,

	.thread_create = lkl_mingw_thread_create,
	.thread_detach = lkl_mingw_thread_detach,
	.thread_exit = lkl_mingw_thread_exit,
	.thread_join = lkl_mingw_thread_join,
	.thread_self = lkl_mingw_thread_self,
	.thread_equal = lkl_mingw_thread_equal,
	.thread_stack = lkl_mingw_thread_stack,
	.tls_alloc = lkl_mingw_tls_alloc,
	.tls_free = lkl_mingw_tls_free,
	.tls_set = lkl_mingw_tls_set,
	.tls_get = lkl_mingw_tls_get,
	.gettid = lkl_mingw_gettid,

	.mem_alloc = lkl_mingw_mem_alloc,
	.mem_free = lkl_mingw_mem_free,
	.page_alloc = lkl_mingw_page_alloc,
	.page_free = lkl_mingw_page_free,
	.mem_reserve = lkl_mingw_mem_reserve,
	.mem_release = lkl_mingw_mem_release,
	.mem_alias = lkl_mingw_mem_alias,
	.mem_unalias = lkl_mingw_mem_unalias,
	.mem_populate = lkl_mingw_mem_populate,
	.mem_discard = lkl_mingw_mem_discard,

	.time = lkl_mingw_time,
	.wall_time = lkl_mingw_wall_time,
	.timer_alloc = lkl_mingw_timer_alloc,
	.timer_set_oneshot = lkl_mingw_timer_set_oneshot,
	.timer_free = lkl_mingw_timer_free,

	.random = lkl_mingw_random,

	.ioremap = lkl_ioremap,
	.iomem_access = lkl_iomem_access,

	/* Exception handling and stack probes go by these. */
	.stack_end = offsetof(NT_TIB, StackBase),
	.stack_start = offsetof(NT_TIB, StackLimit),
	.stack_memory = TEB_DEALLOCATION_STACK,
};

/* SPDX-License-Identifier: GPL-2.0 */
/* The functions behind lkl_host_ops, by file; documented in lkl_ops.h. */
#ifndef LKL_POSIX_H
#define LKL_POSIX_H

#include <lkl_ops.h>

/* print.c */
void LKL_ABI lkl_posix_print(const char *str, int len);
void LKL_ABI lkl_posix_panic(void);

/* sem.c */
struct lkl_sem *LKL_ABI lkl_posix_sem_alloc(int count);
void LKL_ABI lkl_posix_sem_free(struct lkl_sem *sem);
void LKL_ABI lkl_posix_sem_up(struct lkl_sem *sem);
void LKL_ABI lkl_posix_sem_down(struct lkl_sem *sem);
int LKL_ABI lkl_posix_sem_down_until(struct lkl_sem *sem,
				     unsigned long long deadline);
int LKL_ABI lkl_posix_idle_wait(struct lkl_sem *sem, unsigned long long deadline);
struct lkl_mutex *LKL_ABI lkl_posix_mutex_alloc(int recursive);
void LKL_ABI lkl_posix_mutex_free(struct lkl_mutex *mutex);
void LKL_ABI lkl_posix_mutex_lock(struct lkl_mutex *mutex);
void LKL_ABI lkl_posix_mutex_unlock(struct lkl_mutex *mutex);

/* thread.c */
void lkl_posix_thread_fork_prepare(void);
void lkl_posix_thread_fork_done(int child);
lkl_thread_t LKL_ABI lkl_posix_thread_create(void (LKL_ABI *f)(void *), void *arg);
void LKL_ABI lkl_posix_thread_detach(void);
void LKL_ABI lkl_posix_thread_exit(void);
int LKL_ABI lkl_posix_thread_join(lkl_thread_t tid);
lkl_thread_t LKL_ABI lkl_posix_thread_self(void);
int LKL_ABI lkl_posix_thread_equal(lkl_thread_t a, lkl_thread_t b);
void *LKL_ABI lkl_posix_thread_stack(unsigned long long *size);
struct lkl_tls_key *LKL_ABI lkl_posix_tls_alloc(void (LKL_ABI *destructor)(void *));
void LKL_ABI lkl_posix_tls_free(struct lkl_tls_key *key);
int LKL_ABI lkl_posix_tls_set(struct lkl_tls_key *key, void *data);
void *LKL_ABI lkl_posix_tls_get(struct lkl_tls_key *key);
long long LKL_ABI lkl_posix_gettid(void);

/* memory.c */
void *LKL_ABI lkl_posix_mem_alloc(unsigned long long size);
void LKL_ABI lkl_posix_mem_free(void *mem);
void *LKL_ABI lkl_posix_page_alloc(unsigned long long size);
void LKL_ABI lkl_posix_page_free(void *addr, unsigned long long size);
void *LKL_ABI lkl_posix_mem_reserve(unsigned long long hint,
				    unsigned long long size, int backed);
void LKL_ABI lkl_posix_mem_release(void *addr, unsigned long long size);
int LKL_ABI lkl_posix_mem_alias(void *addr, void *target,
				unsigned long long size, int write);
void LKL_ABI lkl_posix_mem_unalias(void *addr, unsigned long long size);
void LKL_ABI lkl_posix_mem_populate(void *addr, unsigned long long size);
void LKL_ABI lkl_posix_mem_discard(void *addr, unsigned long long size);

/* perf.c: whether perf is to know the kernel's functions */
int lkl_posix_perf_wanted(void);

/* random.c */
int LKL_ABI lkl_posix_random(void *buf, int size);

/* time.c, timer.c */
unsigned long long LKL_ABI lkl_posix_time(void);
unsigned long long LKL_ABI lkl_posix_wall_time(void);
struct lkl_timer *LKL_ABI lkl_posix_timer_alloc(void (LKL_ABI *fn)(void *), void *arg);
int LKL_ABI lkl_posix_timer_set_oneshot(struct lkl_timer *timer,
					unsigned long long delta_ns);
void LKL_ABI lkl_posix_timer_free(struct lkl_timer *timer);
/* Around fork(): no timer comes, goes or begins to run. */
void lkl_posix_timer_fork_prepare(void);
void lkl_posix_timer_fork_done(int child);

#endif

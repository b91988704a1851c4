/* SPDX-License-Identifier: GPL-2.0 */
/* The functions behind lkl_host_ops, by file; documented in lkl_ops.h. */
#ifndef LKL_MINGW_H
#define LKL_MINGW_H

#include <lkl_ops.h>

/* print.c */
void LKL_ABI lkl_mingw_print(const char *str, int len);
void LKL_ABI lkl_mingw_panic(void);

/* sem.c */
struct lkl_sem *LKL_ABI lkl_mingw_sem_alloc(int count);
void LKL_ABI lkl_mingw_sem_free(struct lkl_sem *sem);
void LKL_ABI lkl_mingw_sem_up(struct lkl_sem *sem);
void LKL_ABI lkl_mingw_sem_down(struct lkl_sem *sem);
int LKL_ABI lkl_mingw_sem_down_until(struct lkl_sem *sem,
				     unsigned long long deadline);
struct lkl_mutex *LKL_ABI lkl_mingw_mutex_alloc(int recursive);
void LKL_ABI lkl_mingw_mutex_free(struct lkl_mutex *mutex);
void LKL_ABI lkl_mingw_mutex_lock(struct lkl_mutex *mutex);
void LKL_ABI lkl_mingw_mutex_unlock(struct lkl_mutex *mutex);

/* thread.c */
lkl_thread_t LKL_ABI lkl_mingw_thread_create(void (LKL_ABI *f)(void *), void *arg);
void LKL_ABI lkl_mingw_thread_detach(void);
void LKL_ABI lkl_mingw_thread_exit(void);
int LKL_ABI lkl_mingw_thread_join(lkl_thread_t tid);
lkl_thread_t LKL_ABI lkl_mingw_thread_self(void);
int LKL_ABI lkl_mingw_thread_equal(lkl_thread_t a, lkl_thread_t b);
void *LKL_ABI lkl_mingw_thread_stack(unsigned long long *size);
long long LKL_ABI lkl_mingw_gettid(void);

/* tls.c */
struct lkl_tls_key *LKL_ABI lkl_mingw_tls_alloc(void (LKL_ABI *destructor)(void *));
void LKL_ABI lkl_mingw_tls_free(struct lkl_tls_key *key);
int LKL_ABI lkl_mingw_tls_set(struct lkl_tls_key *key, void *data);
void *LKL_ABI lkl_mingw_tls_get(struct lkl_tls_key *key);

/* memory.c, alias.c */
void *LKL_ABI lkl_mingw_mem_alloc(unsigned long long size);
void LKL_ABI lkl_mingw_mem_free(void *mem);
void *LKL_ABI lkl_mingw_page_alloc(unsigned long long size);
void LKL_ABI lkl_mingw_page_free(void *addr, unsigned long long size);
void *LKL_ABI lkl_mingw_mem_reserve(unsigned long long hint,
				    unsigned long long size, int backed);
void LKL_ABI lkl_mingw_mem_release(void *addr, unsigned long long size);
int LKL_ABI lkl_mingw_mem_alias(void *addr, void *target,
				unsigned long long size, int write);
void LKL_ABI lkl_mingw_mem_unalias(void *addr, unsigned long long size);
void LKL_ABI lkl_mingw_mem_populate(void *addr, unsigned long long size);
void LKL_ABI lkl_mingw_mem_discard(void *addr, unsigned long long size);

/* random.c */
int LKL_ABI lkl_mingw_random(void *buf, int size);

/* time.c, timer.c */
unsigned long long LKL_ABI lkl_mingw_time(void);
unsigned long long LKL_ABI lkl_mingw_wall_time(void);
struct lkl_timer *LKL_ABI lkl_mingw_timer_alloc(void (LKL_ABI *fn)(void *), void *arg);
int LKL_ABI lkl_mingw_timer_set_oneshot(struct lkl_timer *timer,
					unsigned long long delta_ns);
void LKL_ABI lkl_mingw_timer_free(struct lkl_timer *timer);

#endif

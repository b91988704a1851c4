/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_shm_os.c of each system: locks on single bytes of a file that belong to who has opened it,
 * so that two ends in one process are two; and waiting for a word of memory that processes share.
 */
#ifndef LKL_POSIX_NET_SHM_H
#define LKL_POSIX_NET_SHM_H

#include <stdint.h>

/* 0 or a negative errno, if somebody else has it. It is free when @fd is closed, by who dies too. */
int lkl_shm_lock(int fd, int byte);
/* Whether somebody else has it. */
int lkl_shm_is_locked(int fd, int byte);
/* Around what one at a time may do with the file. 0 or a negative errno. */
int lkl_shm_begin(int fd, int byte);
void lkl_shm_end(int fd, int byte);
/* Closes @fd, with the locks. @forked: it is the parent's, and so are they. */
void lkl_shm_close(int fd, int forked);

/* Sleeps for at most @ns if *@word is @seen. */
void lkl_shm_wait(uint32_t *word, uint32_t seen, uint64_t ns);
void lkl_shm_wake(uint32_t *word);

struct shm_word {
	uint32_t *word;
	uint32_t seen;
};

/* Whether this can be done for several words. */
int lkl_shm_can_wait_any(void);
/*
 * Sleeps until @deadline by lkl_host_ops.time(), or LKL_TIME_NEVER, if each word is what was
 * seen of it.
 */
void lkl_shm_wait_any(const struct shm_word *words, int n, unsigned long long deadline);

#endif

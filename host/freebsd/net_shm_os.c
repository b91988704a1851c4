// SPDX-License-Identifier: GPL-2.0
/*
 * Locks of processes, since open files have none on ranges here. Who of a process has which is on
 * a list, so that two ends in it are two. The system forgets all locks of a process on a file when
 * that closes any descriptor of it: so descriptors are kept until the last lock is given up.
 * And _umtx_op(2) in place of futexes.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/umtx.h>
#include <time.h>
#include <unistd.h>

#include "net_shm.h"

/* A descriptor that has locked a byte, or (NO_BYTE) is only kept. */
struct held {
	struct held *next;
	dev_t dev;
	ino_t ino;
	int fd;
	int byte;
	/* A child of fork() has the list, but no locks. */
	pid_t pid;
};

#define NO_BYTE	(-1)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under @lock. */
static struct held *list;
/* One at a time in this process, as the byte says it to others. Before @lock. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int lock_byte(int fd, int cmd, int type, int byte)
{
	struct flock range = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1,
	};

	while (fcntl(fd, cmd, &range))
		if (errno != EINTR)
			return -errno;
	return cmd == F_GETLK ? range.l_type != F_UNLCK : 0;
}

static int is_same(const struct held *h, const struct stat *st)
{
	return h->dev == st->st_dev && h->ino == st->st_ino && h->pid == getpid();
}

/* Whether this process has @byte of the file, or any byte if that is NO_BYTE. */
static int is_ours(const struct stat *st, int byte)
{
	const struct held *h;

	for (h = list; h; h = h->next)
		if (is_same(h, st) && h->byte != NO_BYTE && (byte == NO_BYTE || h->byte == byte))
			return 1;
	return 0;
}

static int lock_new(int fd, int byte, const struct stat *st)
{
	struct held *h;
	int err;

	if (is_ours(st, byte))
		return -EAGAIN;
	h = malloc(sizeof(*h));
	if (!h)
		return -ENOMEM;
	err = lock_byte(fd, F_SETLK, F_WRLCK, byte);
	if (err) {
		free(h);
		return err;
	}
	*h = (struct held){ list, st->st_dev, st->st_ino, fd, byte, getpid() };
	list = h;
	return 0;
}

int lkl_shm_lock(int fd, int byte)
{
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	pthread_mutex_lock(&lock);
	err = lock_new(fd, byte, &st);
	pthread_mutex_unlock(&lock);
	return err;
}

int lkl_shm_is_locked(int fd, int byte)
{
	struct stat st;
	int is = 0;

	if (fstat(fd, &st))
		return 0;
	pthread_mutex_lock(&lock);
	is = is_ours(&st, byte);
	pthread_mutex_unlock(&lock);
	return is || lock_byte(fd, F_GETLK, F_WRLCK, byte) > 0;
}

int lkl_shm_begin(int fd, int byte)
{
	int err;

	pthread_mutex_lock(&turn);
	err = lock_byte(fd, F_SETLKW, F_WRLCK, byte);
	if (err)
		pthread_mutex_unlock(&turn);
	return err;
}

void lkl_shm_end(int fd, int byte)
{
	lock_byte(fd, F_SETLK, F_UNLCK, byte);
	pthread_mutex_unlock(&turn);
}

/* Gives up the locks of @fd, without closing it. */
static void unlock_all(int fd, const struct stat *st)
{
	struct held **p = &list, *h;

	while ((h = *p)) {
		if (!is_same(h, st) || h->fd != fd) {
			p = &h->next;
			continue;
		}
		lock_byte(fd, F_SETLK, F_UNLCK, h->byte);
		*p = h->next;
		free(h);
	}
}

/* No lock is left that closing could lose. */
static void close_kept(const struct stat *st)
{
	struct held **p = &list, *h;

	while ((h = *p)) {
		if (!is_same(h, st)) {
			p = &h->next;
			continue;
		}
		close(h->fd);
		*p = h->next;
		free(h);
	}
}

void lkl_shm_close(int fd, int forked)
{
	struct held *h;
	struct stat st;

	if (forked || fstat(fd, &st)) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&lock);
	unlock_all(fd, &st);
	if (!is_ours(&st, NO_BYTE)) {
		close_kept(&st);
		close(fd);
	} else if ((h = malloc(sizeof(*h)))) {
		*h = (struct held){ list, st.st_dev, st.st_ino, fd, NO_BYTE, getpid() };
		list = h;
	}
	pthread_mutex_unlock(&lock);
}

void lkl_shm_wait(uint32_t *word, uint32_t seen, uint64_t ns)
{
	struct timespec ts = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	_umtx_op(word, UMTX_OP_WAIT_UINT, seen, (void *)sizeof(ts), &ts);
}

void lkl_shm_wake(uint32_t *word)
{
	_umtx_op(word, UMTX_OP_WAKE, 1, NULL, NULL);
}

/* _umtx_op(2) waits for one word. */
int lkl_shm_can_wait_any(void)
{
	return 0;
}

void lkl_shm_wait_any(const struct shm_word *words, int n, unsigned long long deadline)
{
}

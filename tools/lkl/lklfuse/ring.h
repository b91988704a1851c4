/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other way to the host's kernel: FUSE over io_uring. There is a queue for each
 * processor, on which a request is handed to the thread that serves there; it sends the
 * reply and waits for the next request in one call. So no other processor has to be woken.
 *
 * An entry is memory for one request of a queue and its reply. A thread has a ring, in
 * which some of its queue's entries wait. The host takes the entry that was used last, so
 * one thread does it all as long as there is one request at a time.
 *
 * What is not a request with a reply still comes through /dev/fuse, as does INIT.
 */
#ifndef LKLFUSE_RING_H
#define LKLFUSE_RING_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

struct ring_entry;
struct fuse_in_header;

/* What the threads call. */
struct ring_user {
	/* First of all. Whether the thread shall serve; returns when that is known. */
	bool (*begin)(void);
	/*
	 * @request, @entry's, is here, all of it in a row. Either it is replied to by
	 * ring_reply() until this returns, or ring_defer() was called.
	 */
	void (*serve)(struct ring_entry *entry, const struct fuse_in_header *request);
	bool (*stopping)(void);
	/*
	 * Last of all in a thread that served: it stops, the file system was unmounted, or
	 * @refused by the host, which has been told.
	 */
	void (*end)(bool refused);
};

#ifdef HAVE_LIBURING

/*
 * Starts threads for the requests of @fd, an open /dev/fuse: about @per_queue for each
 * processor. NULL, or why there are none.
 */
const char *ring_open(int fd, unsigned int per_queue, const struct ring_user *user);
/* How many threads those are. */
unsigned int ring_threads(void);
/* Waits for the threads' end. */
void ring_join(void);
/* Gives everything free. Nothing may be deferred any more. */
void ring_close(void);
/* Any thread: the threads look whether they shall stop, if they are not just beginning to wait. */
void ring_interrupt(void);

/*
 * If it is one to @entry's request, keeps the reply and returns its size; else 0. An error
 * is negative.
 */
ssize_t ring_reply(struct ring_entry *entry, const struct iovec *iov, int count);
/* Room of CHANNEL_DATA_MAX bytes for a reply, in the place of what came after the operation. */
void *ring_buffer(struct ring_entry *entry);
/*
 * In serve(): the reply will be there later, when ring_finish() is called by the one
 * thread that does so. False if too many replies are outstanding already.
 */
bool ring_defer(struct ring_entry *entry);
void ring_finish(struct ring_entry *entry);

#else

static inline const char *ring_open(int fd, unsigned int per_queue, const struct ring_user *user)
{
	return "built without liburing";
}

static inline unsigned int ring_threads(void)
{
	return 0;
}

static inline void ring_join(void)
{
}

static inline void ring_close(void)
{
}

static inline void ring_interrupt(void)
{
}

static inline ssize_t ring_reply(struct ring_entry *entry, const struct iovec *iov, int count)
{
	return 0;
}

static inline void *ring_buffer(struct ring_entry *entry)
{
	return NULL;
}

static inline bool ring_defer(struct ring_entry *entry)
{
	return false;
}

static inline void ring_finish(struct ring_entry *entry)
{
}

#endif
#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection to the host's kernel: threads that take requests from /dev/fuse, each
 * from a descriptor of its own, or from io_uring (ring.h), and have libfuse decode them.
 */
#ifndef LKLFUSE_CHANNEL_H
#define LKLFUSE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

/* Data of one request, at most. */
#define CHANNEL_DATA_MAX	(1UL << 20)

/*
 * Starts @threads threads for the mounted @session; they wait for channel_serve().
 * With @halt, processors may halt while it serves. With @debug it will say where requests
 * come from. 0, or a negative errno.
 */
int channel_open(struct fuse_session *session, unsigned int threads, bool halt, bool debug);
/* Serves until the file system has been unmounted. */
void channel_serve(void);
/* Has channel_serve() return though it is still mounted. Any thread. */
void channel_stop(void);
/* Ends the threads if channel_serve() was not called. */
void channel_cancel(void);

/*
 * In an operation: whether the host leaves it to us to take setuid, setgid and
 * capabilities from the file.
 */
bool channel_kill_privileges(void);
/*
 * Only in what channel_defer() runs: has the host write what it keeps of the file @ino
 * from @off on, and forget it.
 */
void channel_write_back(fuse_ino_t ino, off_t off);
/*
 * CHANNEL_DATA_MAX bytes for a reply, aligned to pages, until that has been given; what
 * came with a request after the operation's own structure may be overwritten.
 */
void *channel_buffer(void);
/* A reply in FUSE's own format, to what this thread serves. As writev(). */
ssize_t channel_write(struct iovec *iov, int count);

/*
 * Work that may have to wait for other requests, and so must not be done in the
 * threads that serve them: @work(@arg, @req) is run, one at a time, in a thread apart. If
 * too much waits already the reply is ENOSYS: the host does without such requests then.
 */
void channel_defer(fuse_req_t req, void (*work)(fuse_req_t req, const void *arg),
		   const void *arg, size_t size);

#endif

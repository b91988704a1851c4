/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file or pipe of the host that is read or written from its begin to its end. Who is at the
 * other end of a pipe may be slow: a signal ends the waiting.
 */
#ifndef LKL_TOOLS_STREAM_H
#define LKL_TOOLS_STREAM_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Descriptors for close(); "-" is standard input or output. End the program with a message
 * if they cannot.
 */
int stream_open_in(const char *name);
int stream_open_out(const char *name);
/* Bytes of a file; 0 of anything else. */
uint64_t stream_size(int fd);
/* How many bytes it were, 0 at the end; or a negative errno, -EINTR for a signal. */
ssize_t stream_read(int fd, void *buf, size_t size);
ssize_t stream_write(int fd, const void *buf, size_t size);

#endif

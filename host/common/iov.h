/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of buffers, as device models and their backends pass them on.
 */
#ifndef LKL_COMMON_IOV_H
#define LKL_COMMON_IOV_H

#include <stddef.h>
#include <string.h>
#include <lkl_host.h>

static inline size_t lkl_iov_len(const struct iovec *iov, int count)
{
	size_t len = 0;
	int i;

	for (i = 0; i < count; i++)
		len += iov[i].iov_len;
	return len;
}

/* Drops the first @len bytes of the list. */
static inline void lkl_iov_advance(struct iovec **iov, int *count, size_t len)
{
	while (*count && len >= (*iov)->iov_len) {
		len -= (*iov)->iov_len;
		(*iov)++;
		(*count)--;
	}
	if (*count && len) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + len;
		(*iov)->iov_len -= len;
	}
}

/* Copies at most @len bytes out of the list; returns how many there were. */
static inline size_t lkl_iov_read(const struct iovec *iov, int count, void *to,
				  size_t len)
{
	size_t done = 0;
	int i;

	for (i = 0; i < count && done < len; i++) {
		size_t part = iov[i].iov_len;

		if (part > len - done)
			part = len - done;
		memcpy((char *)to + done, iov[i].iov_base, part);
		done += part;
	}
	return done;
}

/* Copies at most @len bytes into the list; returns how many had room. */
static inline size_t lkl_iov_write(const struct iovec *iov, int count,
				   const void *from, size_t len)
{
	size_t done = 0;
	int i;

	for (i = 0; i < count && done < len; i++) {
		size_t part = iov[i].iov_len;

		if (part > len - done)
			part = len - done;
		memcpy(iov[i].iov_base, (const char *)from + done, part);
		done += part;
	}
	return done;
}

/* Zeroes the whole list. */
static inline void lkl_iov_zero(const struct iovec *iov, int count)
{
	int i;

	for (i = 0; i < count; i++)
		memset(iov[i].iov_base, 0, iov[i].iov_len);
}

#endif

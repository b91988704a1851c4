/* SPDX-License-Identifier: GPL-2.0 */
/* Frames over streams of bytes, each with its length before it. */
#ifndef LKL_COMMON_NET_STREAM_H
#define LKL_COMMON_NET_STREAM_H

#include "net_sock.h"

/* Over a stream that is open, or two; they are closed with it, and if this fails. */
struct lkl_net_backend *lkl_net_stream_new(lkl_sock_t in, lkl_sock_t out,
					   long (*send)(lkl_sock_t s, const struct iovec *iov, int n),
					   struct lkl_net_why *why);

/* The types of lkl_net_types that all hosts have. */
int lkl_net_open_stream(const char *param, uint32_t offload, struct lkl_net_why *why,
			struct lkl_net_backend **b);

#endif

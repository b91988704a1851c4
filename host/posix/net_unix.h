/* SPDX-License-Identifier: GPL-2.0 */
/* Unix sockets, as network backends open them. */
#ifndef LKL_POSIX_NET_UNIX_H
#define LKL_POSIX_NET_UNIX_H

#include <sys/socket.h>
#include <sys/un.h>

#include "../common/net_backend.h"

/* The address of @path. 0 or -EINVAL: it is empty or too long. */
int lkl_net_unix_address(const char *path, struct sockaddr_un *addr, socklen_t *len,
			 struct lkl_net_why *why);
/*
 * Binds @fd to @addr, where a socket may lie that nobody uses any more. 0 or a negative
 * errno.
 */
int lkl_net_unix_bind(int fd, const struct sockaddr_un *addr, socklen_t len,
		      struct lkl_net_why *why);
/* "fd:N": a descriptor of the socket that the application gives us; not blocking. */
int lkl_net_given_fd(const char *param, int type, int *fd, struct lkl_net_why *why);

#endif

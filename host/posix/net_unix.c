// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net_unix.h"

int lkl_net_unix_address(const char *path, struct sockaddr_un *addr, socklen_t *len,
			 struct lkl_net_why *why)
{
	size_t n = strlen(path);

	if (!n || n >= sizeof(addr->sun_path))
		return lkl_net_fail(why, -EINVAL, "\"%s\": the path of a socket has 1 to "
				    "%zu bytes", path, sizeof(addr->sun_path) - 1);
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, path, n);
	*len = offsetof(struct sockaddr_un, sun_path) + n + 1;
	return 0;
}

/* Whether nobody has the socket of that name open. */
static int is_left_over(const struct sockaddr_un *addr, socklen_t len, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), left;

	if (fd < 0)
		return 0;
	left = connect(fd, (const struct sockaddr *)addr, len) && errno == ECONNREFUSED;
	close(fd);
	return left;
}

int lkl_net_unix_bind(int fd, const struct sockaddr_un *addr, socklen_t len,
		      struct lkl_net_why *why)
{
	socklen_t size = sizeof(int);
	int type = 0;

	if (!bind(fd, (const struct sockaddr *)addr, len))
		return 0;
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	if (errno == EADDRINUSE && is_left_over(addr, len, type)) {
		unlink(addr->sun_path);
		if (!bind(fd, (const struct sockaddr *)addr, len))
			return 0;
	}
	return lkl_net_fail(why, -errno, "%s: %s%s", addr->sun_path, strerror(errno),
			    errno == EADDRINUSE ? "; another program listens there" : "");
}

int lkl_net_given_fd(const char *param, int type, int *fd, struct lkl_net_why *why)
{
	socklen_t size = sizeof(int);
	int real = 0, copy;
	char *end;
	long n = strtol(param + 3, &end, 10);

	if (end == param + 3 || *end || n < 0 || n > 1 << 30 ||
	    getsockopt(n, SOL_SOCKET, SO_TYPE, &real, &size))
		return lkl_net_fail(why, -EINVAL, "\"%s\" is no open socket", param);
	if (real != type)
		return lkl_net_fail(why, -EINVAL, "\"%s\" is a socket of another type",
				    param);
	/* The application keeps its own. */
	copy = fcntl(n, F_DUPFD_CLOEXEC, 3);
	if (copy < 0 || fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK))
		return lkl_net_fail(why, -errno, "\"%s\": %s", param, strerror(errno));
	*fd = copy;
	return 0;
}

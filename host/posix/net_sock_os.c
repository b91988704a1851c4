// SPDX-License-Identifier: GPL-2.0
/* Sockets by the calls of POSIX. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net_sock_os.h"

struct lkl_sock_waiter {
	/* eventfd */
	int wake_fd;
};

int lkl_sock_errno(void)
{
#define error(name, number) case E##name: return number;
	switch (errno) {
	LKL_SOCK_ERRORS(error)
	}
#undef error
	return errno;
}

lkl_sock_t lkl_sock_new(int family, int type)
{
	return socket(family, type | SOCK_CLOEXEC, 0);
}

void lkl_sock_close(lkl_sock_t s)
{
	close(s);
}

int lkl_sock_unblock(lkl_sock_t s)
{
	return fcntl(s, F_SETFL, fcntl(s, F_GETFL) | O_NONBLOCK);
}

void lkl_sock_share_port(lkl_sock_t s)
{
	int one = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
}

lkl_sock_t lkl_sock_accept(lkl_sock_t listener)
{
	return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int lkl_sock_given(const char *param, int type, lkl_sock_t *s, struct lkl_net_why *why)
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
	if (copy < 0 || lkl_sock_unblock(copy))
		return lkl_net_fail(why, -errno, "\"%s\": %s", param, strerror(errno));
	*s = copy;
	return 0;
}

void lkl_sock_unlink(const char *path)
{
	unlink(path);
}

/* The other end may be closed: no signal, please. */
long lkl_sock_send(lkl_sock_t s, const struct iovec *iov, int n)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
	ssize_t done;

	do {
		done = sendmsg(s, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (done < 0 && errno == EINTR);
	return done < 0 ? -lkl_sock_errno() : done;
}

/* By a call that takes pipes, too. */
long lkl_sock_recv(lkl_sock_t s, void *buf, size_t len)
{
	ssize_t n;

	do {
		n = read(s, buf, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -lkl_sock_errno() : n;
}

struct lkl_sock_waiter *lkl_sock_waiter_new(void)
{
	struct lkl_sock_waiter *w = malloc(sizeof(*w));

	if (!w)
		return NULL;
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake_fd >= 0)
		return w;
	free(w);
	return NULL;
}

void lkl_sock_waiter_free(struct lkl_sock_waiter *w)
{
	if (!w)
		return;
	close(w->wake_fd);
	free(w);
}

void lkl_sock_waiter_wake(struct lkl_sock_waiter *w)
{
	uint64_t one = 1;

	/* A full counter wakes as well. */
	if (write(w->wake_fd, &one, sizeof(one)) < 0)
		return;
}

void lkl_sock_waiter_wait(struct lkl_sock_waiter *w, struct lkl_sock_wait *list, int n, int now)
{
	struct pollfd fds[LKL_SOCK_WAITS + 1] = { { .fd = w->wake_fd, .events = POLLIN } };
	uint64_t count;
	int i;

	for (i = 0; i < n; i++) {
		fds[i + 1].fd = list[i].in || list[i].out ? (int)list[i].sock : -1;
		fds[i + 1].events = (list[i].in ? POLLIN : 0) | (list[i].out ? POLLOUT : 0);
	}
	poll(fds, n + 1, now ? 0 : -1);
	if (fds[0].revents && read(w->wake_fd, &count, sizeof(count)) < 0) {
		/* Somebody else's wake-up; there is nothing to count. */
	}
	for (i = 0; i < n; i++) {
		list[i].in = list[i].in && fds[i + 1].revents & ~POLLOUT;
		list[i].out = list[i].out && fds[i + 1].revents & ~POLLIN;
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Frames over streams of bytes, each with its length before it: stream sockets and
 * FIFOs.
 *
 * What arrives is read into a buffer that holds many small frames, and copied from
 * there. Sending, what the stream does not take at once of a frame is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "../common/iov.h"
#include "../common/lock.h"
#include "net_fd.h"
#include "net_unix.h"

#define LEN_BYTES	4
#define IN_SIZE		(4 * LKL_NET_FRAME_MAX)
#define PIPE_SIZE	(1 << 20)
/* Buffers of a frame; sending more at once takes another copy. */
#define IOV_CAP		64

struct stream {
	struct lkl_net_backend base;
	int wake_fd;
	/* Waits for the other end; -1: we are the one who connects. */
	int listen_fd;
	char *path;

	/* Changed by the device's thread, under @lock where others look. */
	lkl_lock_t lock;
	int in_fd;
	int out_fd;
	/* The rest of a frame that is being sent; under @lock. */
	char *out;
	size_t out_at;
	size_t out_len;
	/* The device's thread's. */
	char *in;
	size_t in_at;
	size_t in_len;
};

static struct stream *to_stream(struct lkl_net_backend *b)
{
	return (struct stream *)b;
}

/* With the lock held: nobody is at the other end any more. */
static void hang_up(struct stream *s)
{
	if (s->in_fd < 0)
		return;
	close(s->in_fd);
	if (s->out_fd != s->in_fd)
		close(s->out_fd);
	s->in_fd = -1;
	s->out_fd = -1;
	s->out_len = 0;
	s->out_at = 0;
}

/* With the lock held: sends what is left. -EAGAIN if not all of it. */
static int flush(struct stream *s)
{
	while (s->out_at < s->out_len) {
		ssize_t n = write(s->out_fd, s->out + s->out_at, s->out_len - s->out_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -EAGAIN : -EPIPE;
		s->out_at += n;
	}
	s->out_at = 0;
	s->out_len = 0;
	return 0;
}

/* A stream socket may be closed at the other end: no signal, please. */
static ssize_t send_list(struct stream *s, struct iovec *list, int n)
{
	struct msghdr msg = { .msg_iov = list, .msg_iovlen = n };
	ssize_t done;

	if (s->out_fd != s->in_fd)
		return writev(s->out_fd, list, n);
	do {
		done = sendmsg(s->out_fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (done < 0 && errno == EINTR);
	return done;
}

/* The frame with its length, of which @done bytes were sent, is kept. */
static void keep_rest(struct stream *s, uint32_t be_len, const struct iovec *iov, int n,
		      size_t len, size_t done)
{
	memcpy(s->out, &be_len, LEN_BYTES);
	lkl_iov_read(iov, n, s->out + LEN_BYTES, len);
	s->out_at = done;
	s->out_len = LEN_BYTES + len;
}

static int send_frame(struct stream *s, struct iovec *iov, int n, size_t len)
{
	struct iovec list[IOV_CAP];
	uint32_t be_len = htonl(len);
	ssize_t done;
	int err = flush(s);

	if (err)
		return err;
	if (n >= IOV_CAP) {
		keep_rest(s, be_len, iov, n, len, 0);
	} else {
		list[0].iov_base = &be_len;
		list[0].iov_len = LEN_BYTES;
		memcpy(list + 1, iov, n * sizeof(*iov));
		done = send_list(s, list, n + 1);
		if (done < 0)
			return errno == EAGAIN ? -EAGAIN : -EPIPE;
		if ((size_t)done < LEN_BYTES + len)
			keep_rest(s, be_len, iov, n, len, done);
	}
	/* It is taken; the next one will have to wait. */
	return flush(s) == -EPIPE ? -EPIPE : 0;
}

static int stream_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		     size_t len)
{
	struct stream *s = to_stream(b);
	int ret = 0;

	lkl_lock(s->lock);
	if (s->out_fd >= 0)
		ret = send_frame(s, iov, n, len);
	lkl_unlock(s->lock);
	/* The device's thread sees the end of the stream, too. */
	return ret == -EAGAIN ? ret : 0;
}

/* Moves what was read to the front and reads more. 0 or a negative errno. */
static int fill(struct stream *s)
{
	ssize_t n;

	memmove(s->in, s->in + s->in_at, s->in_len - s->in_at);
	s->in_len -= s->in_at;
	s->in_at = 0;
	n = read(s->in_fd, s->in + s->in_len, IN_SIZE - s->in_len);
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? -EAGAIN : -EPIPE;
	s->in_len += n;
	return 0;
}

/* Length of the frame at the front with all its bytes there, 0 if there is more to read. */
static long next_frame(struct stream *s)
{
	uint32_t len;

	if (s->in_len - s->in_at < LEN_BYTES)
		return 0;
	memcpy(&len, s->in + s->in_at, LEN_BYTES);
	len = ntohl(len);
	if (!len || len > LKL_NET_FRAME_MAX)
		return -EPIPE;
	return s->in_len - s->in_at < LEN_BYTES + len ? 0 : (long)len;
}

static long stream_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct stream *s = to_stream(b);
	long len, copied;

	if (s->in_fd < 0)
		return -EAGAIN;
	while (!(len = next_frame(s))) {
		len = fill(s);
		if (len)
			break;
	}
	if (len == -EPIPE) {
		/* Closed, or not what it should be: then nothing after it makes sense. */
		lkl_lock(s->lock);
		hang_up(s);
		lkl_unlock(s->lock);
		s->in_len = 0;
		s->in_at = 0;
		lkl_net_link(b, 0);
		return -EAGAIN;
	}
	if (len < 0)
		return len;
	copied = lkl_iov_write(iov, n, s->in + s->in_at + LEN_BYTES, len);
	s->in_at += LEN_BYTES + len;
	return copied == len ? len : 0;
}

static void take_connection(struct stream *s)
{
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	lkl_lock(s->lock);
	s->in_fd = fd;
	s->out_fd = fd;
	lkl_unlock(s->lock);
	lkl_net_link(&s->base, 1);
}

static void stream_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct stream *s = to_stream(b);
	struct pollfd fds[4] = {
		{ .fd = s->wake_fd, .events = POLLIN },
		{ .fd = s->in_fd < 0 ? s->listen_fd : -1, .events = POLLIN },
		/* Its end is seen even if nothing is wanted of it. */
		{ .fd = w->rx ? s->in_fd : -1, .events = POLLIN },
		{ .fd = w->tx ? s->out_fd : -1, .events = POLLOUT },
	};
	int buffered = w->rx && s->in_fd >= 0 && next_frame(s);
	uint64_t count;

	poll(fds, 4, buffered ? 0 : -1);
	if (fds[0].revents && read(s->wake_fd, &count, sizeof(count)) < 0) {
		/* Somebody else's wake-up; there is nothing to count. */
	}
	if (fds[1].revents)
		take_connection(s);
	w->rx = fds[2].revents || buffered;
	w->tx = fds[3].revents || (w->tx && s->out_fd < 0);
}

static void stream_wake(struct lkl_net_backend *b)
{
	uint64_t one = 1;

	if (write(to_stream(b)->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static void stream_free(struct lkl_net_backend *b, int forked)
{
	struct stream *s = to_stream(b);

	hang_up(s);
	if (s->listen_fd >= 0) {
		close(s->listen_fd);
		if (!forked)
			unlink(s->path);
	}
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	lkl_lock_free(s->lock);
	free(s->path);
	free(s->in);
	free(s->out);
	free(s);
}

static const struct lkl_net_backend_ops stream_ops = {
	.name = "stream",
	.tx = stream_tx,
	.rx = stream_rx,
	.wait = stream_wait,
	.wake = stream_wake,
	.free = stream_free,
};

static struct stream *new_stream(struct lkl_net_why *why)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s) {
		lkl_net_fail(why, 0, "no memory");
		return NULL;
	}
	s->base.ops = &stream_ops;
	s->base.queues = 1;
	s->listen_fd = -1;
	s->in_fd = -1;
	s->out_fd = -1;
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->lock = lkl_lock_new();
	s->in = malloc(IN_SIZE);
	s->out = malloc(LEN_BYTES + LKL_NET_FRAME_MAX);
	if (s->wake_fd >= 0 && s->lock && s->in && s->out)
		return s;
	lkl_net_fail(why, 0, "no memory or too many open files");
	stream_free(&s->base, 0);
	return NULL;
}

static int open_listen(struct stream *s, const char *path, struct lkl_net_why *why)
{
	struct sockaddr_un addr;
	socklen_t len;
	int err = lkl_net_unix_address(path, &addr, &len, why), fd;

	if (err)
		return err;
	s->path = strdup(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || !s->path)
		return lkl_net_fail(why, -ENOMEM, "%s: no memory or too many open files",
				    path);
	err = lkl_net_unix_bind(fd, &addr, len, why);
	if (!err && listen(fd, 1))
		err = lkl_net_fail(why, -errno, "%s: %s", path, strerror(errno));
	if (err) {
		close(fd);
		return err;
	}
	s->listen_fd = fd;
	s->base.no_link = 1;
	return 0;
}

static int open_connected(struct stream *s, const char *path, struct lkl_net_why *why)
{
	struct sockaddr_un addr;
	socklen_t len;
	int err = lkl_net_unix_address(path, &addr, &len, why);

	if (err)
		return err;
	s->in_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	s->out_fd = s->in_fd;
	if (s->in_fd < 0)
		return lkl_net_fail(why, -errno, "socket: %s", strerror(errno));
	if (connect(s->in_fd, (struct sockaddr *)&addr, len))
		return lkl_net_fail(why, -errno, "%s: %s%s", path, strerror(errno),
				    errno == ENOENT || errno == ECONNREFUSED ?
				    "; nobody listens there (listen:PATH waits)" : "");
	if (fcntl(s->in_fd, F_SETFL, O_NONBLOCK))
		return lkl_net_fail(why, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

int lkl_net_open_stream(const char *param, uint32_t offload, struct lkl_net_why *why,
			struct lkl_net_backend **b)
{
	struct stream *s = new_stream(why);
	int err;

	if (!s)
		return -ENOMEM;
	if (!strncmp(param, "listen:", 7)) {
		err = open_listen(s, param + 7, why);
	} else if (!strncmp(param, "fd:", 3)) {
		err = lkl_net_given_fd(param, SOCK_STREAM, &s->in_fd, why);
		s->out_fd = s->in_fd;
	} else {
		err = open_connected(s, param, why);
	}
	if (err) {
		stream_free(&s->base, 0);
		return err;
	}
	*b = &s->base;
	return 0;
}

/*
 * Opened for both directions a FIFO opens at once, and never ends. -1 with @why.
 */
static int open_fifo(const char *path, struct lkl_net_why *why)
{
	struct stat st;
	int fd;

	if (mkfifo(path, 0600) && errno != EEXIST) {
		lkl_net_fail(why, 0, "%s: %s", path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		lkl_net_fail(why, 0, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISFIFO(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		lkl_net_fail(why, 0, "%s is no FIFO", path);
		return -1;
	}
#ifdef F_SETPIPE_SZ
	/* As much as an ordinary user may have; less is slower. */
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#endif
	return fd;
}

int lkl_net_open_pipe(const char *param, uint32_t offload, struct lkl_net_why *why,
		      struct lkl_net_backend **b)
{
	const char *bar = strchr(param, '|');
	struct stream *s;
	char *rx;
	int err;

	if (!bar || bar == param || !bar[1])
		return lkl_net_fail(why, -EINVAL, "\"%s\": not \"RX|TX\", the paths of two "
				    "FIFOs", param);
	s = new_stream(why);
	rx = strndup(param, bar - param);
	if (!s || !rx) {
		err = -ENOMEM;
		goto fail;
	}
	s->in_fd = open_fifo(rx, why);
	if (s->in_fd >= 0)
		s->out_fd = open_fifo(bar + 1, why);
	if (s->out_fd < 0) {
		err = -errno;
		goto fail;
	}
	free(rx);
	s->base.offload = offload;
	s->base.hdr_len = offload ? LKL_NET_HDR_LEN : 0;
	s->base.offload_fixed = 1;
	*b = &s->base;
	return 0;
fail:
	free(rx);
	if (s)
		stream_free(&s->base, 0);
	return err;
}

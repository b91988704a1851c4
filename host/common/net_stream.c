// SPDX-License-Identifier: GPL-2.0
/*
 * Frames over streams of bytes, each with its length before it: stream sockets, and what
 * else a host reads and writes alike.
 *
 * What arrives is read into a buffer that holds many small frames, and copied from
 * there. Sending, what the stream does not take at once of a frame is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "iov.h"
#include "linux_errno.h"
#include "lock.h"
#include "net_sock_os.h"
#include "net_stream.h"

#define LEN_BYTES	4
#define IN_SIZE		(4 * LKL_NET_FRAME_MAX)
/* Buffers of a frame; sending more at once takes another copy. */
#define IOV_CAP		64
/* The stream has ended, or is none of frames. */
#define GONE		(-LKL_ERR_IO)

struct stream {
	struct lkl_net_backend base;
	struct lkl_sock_waiter *waiter;
	/* Waits for the other end; LKL_NO_SOCK: we are the one who connects. */
	lkl_sock_t listener;
	char *path;
	long (*send)(lkl_sock_t s, const struct iovec *iov, int n);

	/* Changed by the device's thread, under @lock where others look. */
	lkl_lock_t lock;
	lkl_sock_t in_sock;
	lkl_sock_t out_sock;
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
	if (s->in_sock == LKL_NO_SOCK)
		return;
	lkl_sock_close(s->in_sock);
	if (s->out_sock != s->in_sock)
		lkl_sock_close(s->out_sock);
	s->in_sock = LKL_NO_SOCK;
	s->out_sock = LKL_NO_SOCK;
	s->out_len = 0;
	s->out_at = 0;
}

/* With the lock held: sends what is left. -EAGAIN if not all of it. */
static int flush(struct stream *s)
{
	while (s->out_at < s->out_len) {
		struct iovec rest = { s->out + s->out_at, s->out_len - s->out_at };
		long n = s->send(s->out_sock, &rest, 1);

		if (n < 0)
			return n == -LKL_ERR_AGAIN ? n : GONE;
		s->out_at += n;
	}
	s->out_at = 0;
	s->out_len = 0;
	return 0;
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
	long done;
	int err = flush(s);

	if (err)
		return err;
	if (n >= IOV_CAP) {
		keep_rest(s, be_len, iov, n, len, 0);
	} else {
		list[0].iov_base = &be_len;
		list[0].iov_len = LEN_BYTES;
		memcpy(list + 1, iov, n * sizeof(*iov));
		done = s->send(s->out_sock, list, n + 1);
		if (done < 0)
			return done == -LKL_ERR_AGAIN ? done : GONE;
		if ((size_t)done < LEN_BYTES + len)
			keep_rest(s, be_len, iov, n, len, done);
	}
	/* It is taken; the next one will have to wait. */
	return flush(s) == GONE ? GONE : 0;
}

static int stream_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		     size_t len)
{
	struct stream *s = to_stream(b);
	int ret = 0;

	lkl_lock(s->lock);
	if (s->out_sock != LKL_NO_SOCK)
		ret = send_frame(s, iov, n, len);
	lkl_unlock(s->lock);
	/* The device's thread sees the end of the stream, too. */
	return ret == -LKL_ERR_AGAIN ? ret : 0;
}

/* Moves what was read to the front and reads more. 0 or a negative errno. */
static int fill(struct stream *s)
{
	long n;

	memmove(s->in, s->in + s->in_at, s->in_len - s->in_at);
	s->in_len -= s->in_at;
	s->in_at = 0;
	n = lkl_sock_recv(s->in_sock, s->in + s->in_len, IN_SIZE - s->in_len);
	if (n <= 0)
		return n == -LKL_ERR_AGAIN ? n : GONE;
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
		return GONE;
	return s->in_len - s->in_at < LEN_BYTES + len ? 0 : (long)len;
}

static long stream_rx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n)
{
	struct stream *s = to_stream(b);
	size_t copied;
	long len;

	if (s->in_sock == LKL_NO_SOCK)
		return -LKL_ERR_AGAIN;
	while (!(len = next_frame(s))) {
		len = fill(s);
		if (len)
			break;
	}
	if (len == GONE) {
		/* Closed, or not what it should be: then nothing after it makes sense. */
		lkl_lock(s->lock);
		hang_up(s);
		lkl_unlock(s->lock);
		s->in_len = 0;
		s->in_at = 0;
		lkl_net_link(b, 0);
		return -LKL_ERR_AGAIN;
	}
	if (len < 0)
		return len;
	copied = lkl_iov_write(iov, n, s->in + s->in_at + LEN_BYTES, len);
	s->in_at += LEN_BYTES + len;
	return copied == (size_t)len ? len : 0;
}

static void take_connection(struct stream *s)
{
	lkl_sock_t sock = lkl_sock_accept(s->listener);

	if (sock == LKL_NO_SOCK)
		return;
	lkl_lock(s->lock);
	s->in_sock = sock;
	s->out_sock = sock;
	lkl_unlock(s->lock);
	lkl_net_link(&s->base, 1);
}

static void stream_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct stream *s = to_stream(b);
	int connected = s->in_sock != LKL_NO_SOCK, two = s->in_sock != s->out_sock;
	int buffered = w->rx && connected && next_frame(s);
	/* Frames that waited for room are lost with the other end. */
	int lost = w->tx && !connected;
	/* What nothing is asked of is not waited for, and its end not seen either. */
	struct lkl_sock_wait list[LKL_SOCK_WAITS] = {
		{ .sock = connected ? LKL_NO_SOCK : s->listener, .in = 1 },
		{ .sock = s->in_sock, .in = w->rx, .out = w->tx && !two },
		{ .sock = two ? s->out_sock : LKL_NO_SOCK, .out = w->tx },
	};

	lkl_sock_waiter_wait(s->waiter, list, LKL_SOCK_WAITS, buffered || lost);
	if (list[0].in)
		take_connection(s);
	w->rx = list[1].in || buffered;
	w->tx = list[1].out || list[2].out || lost;
}

static void stream_wake(struct lkl_net_backend *b)
{
	lkl_sock_waiter_wake(to_stream(b)->waiter);
}

static void stream_fork_done(struct lkl_net_backend *b, int child)
{
	struct stream *s = to_stream(b);

	if (!child)
		return;
	hang_up(s);
	if (s->listener != LKL_NO_SOCK)
		lkl_sock_close(s->listener);
	s->listener = LKL_NO_SOCK;
}

static void stream_free(struct lkl_net_backend *b, int forked)
{
	struct stream *s = to_stream(b);

	hang_up(s);
	if (s->listener != LKL_NO_SOCK)
		lkl_sock_close(s->listener);
	if (s->path && !forked)
		lkl_sock_unlink(s->path);
	lkl_sock_waiter_free(s->waiter);
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
	.fork_done = stream_fork_done,
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
	s->listener = LKL_NO_SOCK;
	s->in_sock = LKL_NO_SOCK;
	s->out_sock = LKL_NO_SOCK;
	s->send = lkl_sock_send;
	s->waiter = lkl_sock_waiter_new();
	s->lock = lkl_lock_new();
	s->in = malloc(IN_SIZE);
	s->out = malloc(LEN_BYTES + LKL_NET_FRAME_MAX);
	if (s->waiter && s->lock && s->in && s->out)
		return s;
	lkl_net_fail(why, 0, "no memory or too many open files");
	stream_free(&s->base, 0);
	return NULL;
}

struct lkl_net_backend *lkl_net_stream_new(lkl_sock_t in, lkl_sock_t out,
					   long (*send)(lkl_sock_t s, const struct iovec *iov, int n),
					   struct lkl_net_why *why)
{
	struct stream *s = new_stream(why);

	if (!s) {
		lkl_sock_close(in);
		lkl_sock_close(out);
		return NULL;
	}
	s->in_sock = in;
	s->out_sock = out;
	s->send = send;
	return &s->base;
}

int lkl_net_open_stream(const char *param, uint32_t offload, struct lkl_net_why *why,
			struct lkl_net_backend **b)
{
	const char *listens = lkl_sock_scheme(param, "listen:");
	struct stream *s = new_stream(why);
	int err;

	if (!s)
		return -LKL_ERR_NOMEM;
	if (listens) {
		err = lkl_sock_listen(listens, &s->listener, &s->path, why);
		s->base.no_link = 1;
	} else {
		err = lkl_sock_scheme(param, "fd:") ?
			lkl_sock_given(param, SOCK_STREAM, &s->in_sock, why) :
			lkl_sock_connect(param, &s->in_sock, why);
		s->out_sock = s->in_sock;
	}
	if (err) {
		s->listener = LKL_NO_SOCK;
		s->in_sock = LKL_NO_SOCK;
		s->out_sock = LKL_NO_SOCK;
		free(s->path);
		s->path = NULL;
		stream_free(&s->base, 0);
		return err;
	}
	*b = &s->base;
	return 0;
}

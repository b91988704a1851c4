// SPDX-License-Identifier: GPL-2.0
/*
 * A network behind the device that libslirp plays: what is sent to it leaves through
 * sockets of this process.
 *
 * The library knows no threads and needs a real stack, so the device's thread alone
 * calls it. Frames from the kernel are copied and wait for the thread. Whoever forks has to
 * find the library at rest: the child has it close what is the parent's.
 */
#ifdef HAVE_SLIRP
#include <errno.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../common/iov.h"
#include "../common/lock.h"
#include "net_fd.h"
#include "net_slirp.h"

/* Of frames that wait, in either direction. */
#define QUEUE_BYTES	(4 << 20)

struct frame {
	struct frame *next;
	size_t len;
	uint8_t data[];
};

struct queue {
	struct frame *first;
	struct frame **last;
	size_t bytes;
};

struct timer {
	struct timer *next;
	SlirpTimerCb fn;
	void *arg;
	/* ms of the monotonic clock; negative: not set. */
	int64_t due;
};

struct slirp {
	struct lkl_net_backend base;
	Slirp *slirp;
	int wake_fd;
	/* Around calls of the library; before @lock and what lkl_net_input() takes. */
	lkl_lock_t calls;
	lkl_lock_t lock;
	/* Under @lock: from the kernel. */
	struct queue out;

	/* The device's thread's: frames for which the kernel has no room yet. */
	struct queue in;
	struct timer *timers;
	struct pollfd *fds;
	int n_fds;
	int cap_fds;
};

static struct slirp *to_slirp(struct lkl_net_backend *b)
{
	return (struct slirp *)b;
}

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->bytes = 0;
}

static struct frame *new_frame(size_t len)
{
	struct frame *f = malloc(sizeof(*f) + len);

	if (f) {
		f->next = NULL;
		f->len = len;
	}
	return f;
}

static void enqueue(struct queue *q, struct frame *f)
{
	*q->last = f;
	q->last = &f->next;
	q->bytes += f->len;
}

static struct frame *dequeue(struct queue *q)
{
	struct frame *f = q->first;

	if (!f)
		return NULL;
	q->first = f->next;
	if (!q->first)
		q->last = &q->first;
	q->bytes -= f->len;
	return f;
}

/* All of @q. */
static struct queue take_all(struct queue *q)
{
	struct queue all = *q;

	queue_init(q);
	return all;
}

static void free_queue(struct queue *q)
{
	struct frame *f;

	while ((f = dequeue(q)))
		free(f);
}

static void slirp_dev_wake(struct lkl_net_backend *b)
{
	uint64_t one = 1;

	if (write(to_slirp(b)->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static void slirp_rx_space(struct lkl_net_backend *b, int queue)
{
	slirp_dev_wake(b);
}

static int slirp_tx(struct lkl_net_backend *b, int queue, struct iovec *iov, int n,
		    size_t len)
{
	struct slirp *s = to_slirp(b);
	struct frame *f = NULL;
	int full, first = 0;

	lkl_lock(s->lock);
	full = s->out.bytes > QUEUE_BYTES;
	if (!full)
		f = new_frame(len);
	if (f) {
		lkl_iov_read(iov, n, f->data, len);
		first = !s->out.first;
		enqueue(&s->out, f);
	}
	lkl_unlock(s->lock);
	if (first)
		slirp_dev_wake(b);
	return full ? -EAGAIN : 0;
}

/* ---- what the library calls, in the device's thread ------------------------------ */

static int give(struct slirp *s, const void *data, size_t len)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };

	return lkl_net_input(&s->base, 0, &iov, 1);
}

static ssize_t send_packet(const void *data, size_t len, void *opaque)
{
	struct slirp *s = opaque;
	struct frame *f;

	if (!s->in.first && !give(s, data, len))
		return len;
	if (s->in.bytes > QUEUE_BYTES)
		return len;
	f = new_frame(len);
	if (f) {
		memcpy(f->data, data, len);
		enqueue(&s->in, f);
	}
	return len;
}

static void guest_error(const char *msg, void *opaque)
{
}

static int64_t clock_ns(void *opaque)
{
	return lkl_host_ops.time();
}

static void *timer_new(SlirpTimerCb fn, void *arg, void *opaque)
{
	struct slirp *s = opaque;
	struct timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->fn = fn;
	t->arg = arg;
	t->due = -1;
	t->next = s->timers;
	s->timers = t;
	return t;
}

static void timer_free(void *timer, void *opaque)
{
	struct slirp *s = opaque;
	struct timer **p;

	for (p = &s->timers; *p; p = &(*p)->next) {
		if (*p != timer)
			continue;
		*p = (*p)->next;
		free(timer);
		return;
	}
}

static void timer_mod(void *timer, int64_t ms, void *opaque)
{
	if (timer)
		((struct timer *)timer)->due = ms;
}

/* The thread asks for all descriptors each time, and calls the library itself. */
static void poll_fd_changed(int fd, void *opaque)
{
}

static void notified(void *opaque)
{
}

static const SlirpCb callbacks = {
	.send_packet = send_packet,
	.guest_error = guest_error,
	.clock_get_ns = clock_ns,
	.timer_new = timer_new,
	.timer_free = timer_free,
	.timer_mod = timer_mod,
	.register_poll_fd = poll_fd_changed,
	.unregister_poll_fd = poll_fd_changed,
	.notify = notified,
};

/* ---- the device's thread ------------------------------------------------------------ */

/* Of slirp and poll(), the same events. */
static const struct {
	int slirp;
	short poll;
} event_names[] = {
	{ SLIRP_POLL_IN, POLLIN },
	{ SLIRP_POLL_OUT, POLLOUT },
	{ SLIRP_POLL_PRI, POLLPRI },
	{ SLIRP_POLL_ERR, POLLERR },
	{ SLIRP_POLL_HUP, POLLHUP },
};

#define N_EVENTS (sizeof(event_names) / sizeof(event_names[0]))

static int add_poll(int fd, int events, void *opaque)
{
	struct slirp *s = opaque;
	struct pollfd *p;
	unsigned int i;

	if (s->n_fds == s->cap_fds) {
		int cap = s->cap_fds ? 2 * s->cap_fds : 64;

		p = realloc(s->fds, cap * sizeof(*p));
		if (!p)
			return -1;
		s->fds = p;
		s->cap_fds = cap;
	}
	p = &s->fds[s->n_fds];
	*p = (struct pollfd){ .fd = fd };
	for (i = 0; i < N_EVENTS; i++)
		if (events & event_names[i].slirp)
			p->events |= event_names[i].poll;
	return s->n_fds++;
}

static int get_revents(int idx, void *opaque)
{
	struct slirp *s = opaque;
	unsigned int i;
	int events = 0;

	for (i = 0; i < N_EVENTS && idx >= 0; i++)
		if (s->fds[idx].revents & event_names[i].poll)
			events |= event_names[i].slirp;
	return events;
}

/* Runs what is due; ms until the next timer, at most @ms. */
static uint32_t run_timers(struct slirp *s, uint32_t ms)
{
	int64_t now = lkl_host_ops.time() / 1000000;
	struct timer *t;

	for (t = s->timers; t; t = t->next)
		if (t->due >= 0 && t->due <= now) {
			t->due = -1;
			t->fn(t->arg);
		}
	for (t = s->timers; t; t = t->next)
		if (t->due >= 0 && (t->due - now < ms))
			ms = t->due > now ? t->due - now : 0;
	return ms;
}

/*
 * Frames from the kernel, those that are there now: more may come as fast as they are moved.
 * Then those for it. Returns whether all of the latter went.
 */
static int move_frames(struct slirp *s)
{
	struct queue out;
	struct frame *f;

	lkl_lock(s->lock);
	out = take_all(&s->out);
	lkl_unlock(s->lock);
	while ((f = dequeue(&out))) {
		slirp_input(s->slirp, f->data, f->len);
		free(f);
	}
	while (s->in.first) {
		if (give(s, s->in.first->data, s->in.first->len))
			return 0;
		free(dequeue(&s->in));
	}
	return 1;
}

static void slirp_wait(struct lkl_net_backend *b, struct lkl_net_wait *w)
{
	struct slirp *s = to_slirp(b);
	uint32_t ms = UINT32_MAX;
	uint64_t count;
	int all, ret;

	w->rx = 0;
	lkl_lock(s->calls);
	all = move_frames(s);
	s->n_fds = 0;
	/* If frames waited for their turn there is room now. */
	if (w->tx || add_poll(s->wake_fd, SLIRP_POLL_IN, s) < 0) {
		lkl_unlock(s->calls);
		return;
	}
	/* Nothing more is read while the kernel has no room for what there is. */
	if (all)
		slirp_pollfds_fill(s->slirp, &ms, add_poll, s);
	ms = run_timers(s, ms);
	lkl_unlock(s->calls);
	ret = poll(s->fds, s->n_fds, ms > INT32_MAX ? -1 : (int)ms);
	if (ret > 0 && s->fds[0].revents && read(s->wake_fd, &count, sizeof(count)) < 0) {
		/* Somebody else's wake-up; there is nothing to count. */
	}
	if (!all)
		return;
	lkl_lock(s->calls);
	slirp_pollfds_poll(s->slirp, ret < 0, get_revents, s);
	lkl_unlock(s->calls);
}

static void slirp_fork_prepare(struct lkl_net_backend *b)
{
	lkl_lock(to_slirp(b)->calls);
}

static void slirp_fork_done(struct lkl_net_backend *b, int child)
{
	struct slirp *s = to_slirp(b);

	lkl_unlock(s->calls);
	if (!child || !s->slirp)
		return;
	slirp_cleanup(s->slirp);
	s->slirp = NULL;
}

static void slirp_free(struct lkl_net_backend *b, int forked)
{
	struct slirp *s = to_slirp(b);

	/* Without the above the library's state may be that of the middle of a call. */
	if (s->slirp && !forked)
		slirp_cleanup(s->slirp);
	free_queue(&s->out);
	free_queue(&s->in);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	lkl_lock_free(s->calls);
	lkl_lock_free(s->lock);
	free(s->fds);
	free(s);
}

static const struct lkl_net_backend_ops slirp_ops = {
	.name = "slirp",
	.tx = slirp_tx,
	.rx_space = slirp_rx_space,
	.wait = slirp_wait,
	.wake = slirp_dev_wake,
	.fork_prepare = slirp_fork_prepare,
	.fork_done = slirp_fork_done,
	.free = slirp_free,
};

static int start(struct slirp *s, const struct lkl_slirp_options *o, struct lkl_net_why *why)
{
	SlirpConfig cfg = {
		.version = SLIRP_CONFIG_VERSION_MAX,
		.restricted = o->restricted,
		.in_enabled = 1,
		.vnetwork = o->net,
		.vnetmask = o->mask,
		.vhost = o->host,
		.vdhcp_start = o->dhcp,
		.vnameserver = o->dns,
		.in6_enabled = 1,
		.vprefix_addr6 = o->net6,
		.vprefix_len = o->len6,
		.vhost6 = o->host6,
		.vnameserver6 = o->dns6,
		.vhostname = "lkl",
		.if_mtu = o->mtu,
		.if_mru = o->mtu,
	};
	int i;

	s->slirp = slirp_new(&cfg, &callbacks, s);
	if (!s->slirp)
		return lkl_net_fail(why, -EINVAL, "libslirp refuses these options");
	for (i = 0; i < o->n_fwd; i++) {
		const struct lkl_slirp_fwd *f = &o->fwd[i];

		if (slirp_add_hostxfwd(s->slirp, (const struct sockaddr *)&f->host,
				       f->host_len, (const struct sockaddr *)&f->guest,
				       f->guest_len, f->udp ? SLIRP_HOSTFWD_UDP : 0))
			return lkl_net_fail(why, errno ? -errno : -EADDRINUSE,
					    "\"hostfwd=%s\": %s", f->text,
					    strerror(errno ?: EADDRINUSE));
	}
	return 0;
}

int lkl_net_open_slirp(const char *param, uint32_t offload, struct lkl_net_why *why,
		       struct lkl_net_backend **b)
{
	struct lkl_slirp_options options;
	struct slirp *s;
	int err = lkl_slirp_parse(param, &options, why);

	if (err)
		return err;
	s = calloc(1, sizeof(*s));
	if (!s)
		return lkl_net_fail(why, -ENOMEM, "no memory");
	queue_init(&s->out);
	queue_init(&s->in);
	s->base.ops = &slirp_ops;
	s->base.queues = 1;
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->calls = lkl_lock_new();
	s->lock = lkl_lock_new();
	if (s->wake_fd < 0 || !s->calls || !s->lock)
		err = lkl_net_fail(why, -ENOMEM, "no memory or too many open files");
	if (!err)
		err = start(s, &options, why);
	if (err) {
		slirp_free(&s->base, 0);
		return err;
	}
	*b = &s->base;
	return 0;
}
#endif

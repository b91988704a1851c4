// SPDX-License-Identifier: GPL-2.0
/*
 * One connection and one thread for each disk. The thread alone works with the
 * connection: it starts what the kernel submitted and completes what the server did,
 * as many requests at a time as there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "nbd.h"
#include "server.h"

static const char *const schemes[] = {
	"nbd://", "nbds://", "nbd+unix://", "nbds+unix://", "nbd+vsock://", "nbds+vsock://",
};

int nbd_is_uri(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (!strncmp(name, schemes[i], strlen(schemes[i])))
			return 1;
	return 0;
}

#ifdef HAVE_LIBNBD
#include <libnbd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR		512
/* What every server takes in one request. */
#define REQUEST_MAX	(32U << 20)

/* A request on its way. */
struct nbd_req {
	struct nbd_req *next;
	struct nbd_disk *nbd;
	struct lkl_blk_req *req;
	/* Where the kernel's buffers are not one piece, a piece that is. */
	char *bounce;
	size_t len;
	/* Commands of the protocol that it became and that are not done. */
	int commands;
	int failed;
};

struct nbd_disk {
	const char *name;
	struct nbd_handle *nbd;
	uint64_t size;
	int read_only;
	int can_flush;
	int can_trim;
	int can_zero;
	pthread_t thread;
	int wake_fd;
	/* A server of our own, 0 without. */
	pid_t server;
	/* Something was never done, or the connection broke. */
	int broken;

	pthread_mutex_t lock;
	/* Under @lock: submitted, not yet taken by the thread. */
	struct nbd_req *first;
	struct nbd_req **last;
	int stop;
};

static size_t length(const struct lkl_blk_req *req)
{
	size_t len = 0;
	int i;

	for (i = 0; i < req->count; i++)
		len += req->buf[i].iov_len;
	return len;
}

static void scatter(const struct nbd_req *r)
{
	const char *from = r->bounce;
	int i;

	for (i = 0; i < r->req->count; i++) {
		memcpy(r->req->buf[i].iov_base, from, r->req->buf[i].iov_len);
		from += r->req->buf[i].iov_len;
	}
}

static void gather(struct nbd_req *r)
{
	char *to = r->bounce;
	int i;

	for (i = 0; i < r->req->count; i++) {
		memcpy(to, r->req->buf[i].iov_base, r->req->buf[i].iov_len);
		to += r->req->buf[i].iov_len;
	}
}

static void complete(struct nbd_req *r)
{
	struct lkl_blk_req *req = r->req;
	int status = r->failed ? LKL_DEV_BLK_STATUS_IOERR : LKL_DEV_BLK_STATUS_OK;

	if (r->bounce && !r->failed && req->type == LKL_DEV_BLK_TYPE_READ)
		scatter(r);
	free(r->bounce);
	free(r);
	lkl_disk_complete(req, status);
}

/* Called by libnbd: in the thread, with the connection's lock held. */
static int command_done(void *arg, int *error)
{
	struct nbd_req *r = arg;

	r->failed |= !!*error;
	if (!--r->commands)
		complete(r);
	return 1;	/* libnbd may forget the command */
}

static int64_t start(struct nbd_req *r, char *buf, size_t len, uint64_t offset)
{
	struct nbd_handle *nbd = r->nbd->nbd;
	nbd_completion_callback done = { .callback = command_done, .user_data = r };

	switch (r->req->type) {
	case LKL_DEV_BLK_TYPE_READ:
		return nbd_aio_pread(nbd, buf, len, offset, done, 0);
	case LKL_DEV_BLK_TYPE_WRITE:
		return nbd_aio_pwrite(nbd, buf, len, offset, done, 0);
	case LKL_DEV_BLK_TYPE_DISCARD:
		return nbd_aio_trim(nbd, len, offset, done, 0);
	case LKL_DEV_BLK_TYPE_WRITE_ZEROES:
		return nbd_aio_zero(nbd, len, offset, done, 0);
	default:
		return nbd_aio_flush(nbd, done, 0);
	}
}

static void begin(struct nbd_req *r)
{
	struct lkl_blk_req *req = r->req;
	int copies = req->type == LKL_DEV_BLK_TYPE_READ || req->type == LKL_DEV_BLK_TYPE_WRITE;
	uint64_t offset = req->sector * SECTOR;
	char *buf = NULL;
	size_t left;

	if (copies && req->count > 1) {
		r->bounce = malloc(r->len);
		r->failed = !r->bounce;
		if (r->bounce && req->type == LKL_DEV_BLK_TYPE_WRITE)
			gather(r);
		buf = r->bounce;
	} else if (copies) {
		buf = req->buf[0].iov_base;
	}
	/* One for ourselves, so that it is not complete before all is started. */
	r->commands = 1;
	left = r->len;
	do {
		size_t now = left < REQUEST_MAX ? left : REQUEST_MAX;

		if (r->failed)
			break;
		r->commands++;
		if (start(r, buf, now, offset) < 0) {
			r->commands--;
			r->failed = 1;
		}
		buf += buf ? now : 0;
		offset += now;
		left -= now;
	} while (left);
	if (!--r->commands)
		complete(r);
}

static struct nbd_req *take(struct nbd_disk *d, int *stop)
{
	struct nbd_req *all;

	pthread_mutex_lock(&d->lock);
	all = d->first;
	d->first = NULL;
	d->last = &d->first;
	*stop = d->stop;
	pthread_mutex_unlock(&d->lock);
	return all;
}

/* Waits for the server or for requests, and lets libnbd go on. */
static void turn(struct nbd_disk *d)
{
	struct pollfd fds[2] = { { .fd = d->wake_fd, .events = POLLIN } };
	unsigned int direction;
	uint64_t count;

	fds[1].fd = d->broken ? -1 : nbd_aio_get_fd(d->nbd);
	direction = nbd_aio_get_direction(d->nbd);
	if (direction & LIBNBD_AIO_DIRECTION_READ)
		fds[1].events |= POLLIN;
	if (direction & LIBNBD_AIO_DIRECTION_WRITE)
		fds[1].events |= POLLOUT;
	if (poll(fds, 2, -1) < 0)
		return;
	if (fds[0].revents & POLLIN && read(d->wake_fd, &count, sizeof(count)) < 0)
		return;
	direction = nbd_aio_get_direction(d->nbd);
	if (fds[1].revents & (POLLIN | POLLHUP | POLLERR) &&
	    direction & LIBNBD_AIO_DIRECTION_READ)
		nbd_aio_notify_read(d->nbd);
	else if (fds[1].revents & POLLOUT && direction & LIBNBD_AIO_DIRECTION_WRITE)
		nbd_aio_notify_write(d->nbd);
	if (!d->broken && (nbd_aio_is_dead(d->nbd) || nbd_aio_is_closed(d->nbd))) {
		error("%s: the connection to the server is lost", d->name);
		d->broken = 1;
	}
}

static void *serve(void *arg)
{
	struct nbd_disk *d = arg;
	int stop;

	for (;;) {
		struct nbd_req *r = take(d, &stop), *next;

		for (; r; r = next) {
			next = r->next;
			begin(r);
		}
		if (stop)
			return NULL;
		turn(d);
	}
}

static void wake(struct nbd_disk *d)
{
	const uint64_t one = 1;

	while (write(d->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* ---- what the kernel calls ------------------------------------------------- */

static int get_capacity(struct lkl_disk disk, unsigned long long *size)
{
	*size = ((struct nbd_disk *)disk.handle)->size;
	return 0;
}

static int get_limits(struct lkl_disk disk, struct lkl_disk_limits *limits)
{
	const struct nbd_disk *d = disk.handle;

	limits->read_only = d->read_only;
	limits->can_discard = d->can_trim;
	limits->can_zero = d->can_zero;
	limits->physical_block_size = 4096;
	limits->discard_granularity = 4096;
	return 0;
}

static void submit(struct lkl_disk disk, struct lkl_blk_req *req)
{
	struct nbd_disk *d = disk.handle;
	struct nbd_req *r;
	int was_empty;

	if (req->type == LKL_DEV_BLK_TYPE_FLUSH && !d->can_flush) {
		lkl_disk_complete(req, LKL_DEV_BLK_STATUS_UNSUP);
		return;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		lkl_disk_complete(req, LKL_DEV_BLK_STATUS_IOERR);
		return;
	}
	r->nbd = d;
	r->req = req;
	r->len = length(req);
	pthread_mutex_lock(&d->lock);
	was_empty = !d->first;
	*d->last = r;
	d->last = &r->next;
	pthread_mutex_unlock(&d->lock);
	if (was_empty)
		wake(d);
}

static struct lkl_dev_blk_ops nbd_ops = {
	.get_capacity = get_capacity,
	.submit = submit,
	.get_limits = get_limits,
};

void nbd_disk_fill(struct nbd_disk *nbd, struct lkl_disk *disk)
{
	disk->handle = nbd;
	disk->ops = &nbd_ops;
}

/* ---- connecting ------------------------------------------------------------ */

static struct nbd_disk *new_disk(const char *name)
{
	struct nbd_disk *d = calloc(1, sizeof(*d));

	if (d) {
		d->name = name;
		d->last = &d->first;
		pthread_mutex_init(&d->lock, NULL);
		d->wake_fd = eventfd(0, EFD_CLOEXEC);
		d->nbd = nbd_create();
	}
	if (!d || d->wake_fd < 0 || !d->nbd) {
		error("%s: %s", name, strerror(errno));
		if (d && d->nbd)
			nbd_close(d->nbd);
		free(d);
		return NULL;
	}
	return d;
}

/* Closing the connection ends a server of ours. 0, or -1 with a message printed. */
static int free_disk(struct nbd_disk *d)
{
	int ret = 0;

	nbd_close(d->nbd);
	if (d->server > 0)
		ret = server_wait(d->name, d->server);
	close(d->wake_fd);
	pthread_mutex_destroy(&d->lock);
	free(d);
	return ret;
}

/* @connected: what connecting returned. */
static struct nbd_disk *finish(struct nbd_disk *d, int connected, int *read_only)
{
	sigset_t all, old;
	int64_t size;
	int err;

	size = connected ? -1 : nbd_get_size(d->nbd);
	if (size < 0) {
		error("%s: %s", d->name, nbd_get_error());
		free_disk(d);
		return NULL;
	}
	if (!size) {
		error("%s is empty", d->name);
		free_disk(d);
		return NULL;
	}
	d->size = size;
	if (nbd_is_read_only(d->nbd) > 0 && !*read_only) {
		error("%s may not be written, the server says; open it read-only", d->name);
		free_disk(d);
		return NULL;
	}
	d->read_only = *read_only;
	d->can_flush = nbd_can_flush(d->nbd) > 0;
	d->can_trim = nbd_can_trim(d->nbd) > 0;
	d->can_zero = nbd_can_zero(d->nbd) > 0;
	/* Signals are for the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&d->thread, NULL, serve, d);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		return d;
	error("%s: %s", d->name, strerror(err));
	free_disk(d);
	return NULL;
}

struct nbd_disk *nbd_disk_uri(const char *name, int *read_only)
{
	struct nbd_disk *d = new_disk(name);

	return d ? finish(d, nbd_connect_uri(d->nbd, name), read_only) : NULL;
}

struct nbd_disk *nbd_disk_file(const char *name, const char *format, int *read_only)
{
	struct nbd_disk *d = new_disk(name);
	pid_t pid;
	int fd;

	if (!d)
		return NULL;
	fd = server_start(name, format, *read_only, &pid);
	if (fd < 0) {
		free_disk(d);
		return NULL;
	}
	/* The socket is the connection's from here on. */
	d->server = pid;
	if (!nbd_connect_socket(d->nbd, fd))
		return finish(d, 0, read_only);
	/* The server has said itself what is wrong. */
	error("%s: qemu-nbd does not open it as %s", name, format);
	d->server = 0;
	free_disk(d);
	waitpid(pid, NULL, 0);
	return NULL;
}

int nbd_disk_close(struct nbd_disk *d)
{
	int ret = 0, read_only = d->read_only;

	pthread_mutex_lock(&d->lock);
	d->stop = 1;
	pthread_mutex_unlock(&d->lock);
	wake(d);
	pthread_join(d->thread, NULL);
	if (!d->broken && nbd_shutdown(d->nbd, 0) && !d->read_only) {
		error("%s: the server did not take leave: %s", d->name, nbd_get_error());
		ret = -1;
	}
	ret |= d->broken;
	ret |= free_disk(d);
	return ret && !read_only ? -1 : 0;
}

#else

struct nbd_disk *nbd_disk_uri(const char *name, int *read_only)
{
	(void)read_only;
	error("%s: this program was built without libnbd, which remote disks need", name);
	return NULL;
}

struct nbd_disk *nbd_disk_file(const char *name, const char *format, int *read_only)
{
	(void)read_only;
	error("%s is a disk in the format %s, and this program was built without libnbd", name,
	      format);
	return NULL;
}

void nbd_disk_fill(struct nbd_disk *nbd, struct lkl_disk *disk)
{
	(void)nbd;
	(void)disk;
}

int nbd_disk_close(struct nbd_disk *nbd)
{
	(void)nbd;
	return 0;
}

#endif

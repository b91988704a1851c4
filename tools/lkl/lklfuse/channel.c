// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <message.h>

#include "awake.h"
#include "channel.h"
#include "fs.h"
#include "ring.h"
#include "ring_abi.h"

#define PAGE		4096
#define THREADS_MAX	64
#define WORK_SIZE	64

/* The data of a write begins on a page of its own. */
#define HEADER_SIZE	(sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in))
#define REQUEST_MAX	(CHANNEL_DATA_MAX + PAGE)

/*
 * Waking a thread costs more than most requests. So one thread takes them all, and
 * stays warm: it has the turn. It gives the turn away before a request that may take
 * long, or loses it to the watchdog if one does.
 */
enum turn { NONE, HAS, WORKS };

struct worker {
	pthread_t thread;
	int fd;				/* of /dev/fuse */
	int fast_fd;			/* the same, not blocking; -1: there is none */
	_Atomic enum turn turn;
	atomic_uint served;		/* requests, while it has the turn */
	int credit;			/* of polling, see take_request() */
	char *request;			/* REQUEST_MAX bytes */
	char *reply;			/* CHANNEL_DATA_MAX bytes */
};

/* A deferred piece of work; they wait in a list. */
struct work {
	struct work *next;
	fuse_req_t req;
	void (*run)(fuse_req_t req, const void *arg);
	int fd;
	struct ring_entry *entry;
	char arg[WORK_SIZE] __attribute__((aligned(8)));
};

/*
 * A request that moves so much is worth a second thread, if there is a processor for it
 * beside that of the program.
 */
#define LARGE		65536

/* How long a thread polls for the next request before it sleeps. */
#define POLL_NS		50000
#define CREDIT_MAX	16

/* How long a request may keep others waiting; and how long the watchdog outlives the last. */
#define WATCH_NS	1000000
#define WATCH_IDLE	20
_Static_assert(WATCH_IDLE > AWAKE_LASTS, "processors may halt again");

/* With a ring: so long the host gathers what it need not know at once, FORGET. */
#define GATHER_NS	2000000

/* How often threads that wait for a request are told to stop, until they do. */
#define STOP_PAUSE_NS	10000000

static struct fuse_session *session;
static struct worker workers[THREADS_MAX];
static unsigned int n_workers;
static long processors;

static atomic_bool stopping;

/* Where this thread's replies go: the entry of a ring, or NULL; and what it is replying to. */
static __thread int reply_fd = -1;
static __thread struct ring_entry *own_entry;
static __thread struct worker *self;
static __thread const struct fuse_in_header *request;

/* Guards what follows. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum { WAIT, SERVE, STOP } state;
static unsigned int prepared;
static unsigned int serving;	/* threads; none of them is joined before */
static int failed;
static enum { UNDECIDED, BY_DEVICE, BY_RING } transport;
static const char *no_ring;	/* why not */
static bool debug;
static struct work *works, **last_work = &works;
static pthread_t deferred_thread;
static bool turn_is_free = true;
static pthread_cond_t turn_freed = PTHREAD_COND_INITIALIZER;
static atomic_bool watching;
static pthread_cond_t watch = PTHREAD_COND_INITIALIZER;
static pthread_t watchdog_thread;

/* ---- input and output for libfuse ------------------------------------------ */

/* Where requests come from, once the host has said what it can do. */
static void choose_transport(bool ring)
{
	pthread_mutex_lock(&lock);
	transport = ring ? BY_RING : BY_DEVICE;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	if (debug && ring)
		fprintf(stderr, "%s: requests come through io_uring\n", message_program());
	else if (debug)
		fprintf(stderr, "%s: requests come through /dev/fuse, not io_uring: %s\n",
			message_program(), no_ring ?: "the host does not offer it");
}

/*
 * libfuse does not know of these yet. Without the first, the host asks before each write
 * whether the file has capabilities. Whether there are rings from now on.
 */
static bool add_init_flags(struct fuse_init_out *out)
{
	const struct fuse_init_in *in = (const void *)(request + 1);

	out->flags |= in->flags & FUSE_HANDLE_KILLPRIV_V2;
	if (no_ring || !(in->flags & FUSE_INIT_EXT) || !(in->flags2 & FUSE_INIT_OVER_IO_URING))
		return false;
	out->flags |= FUSE_INIT_EXT;
	out->flags2 |= FUSE_INIT_OVER_IO_URING;
	return true;
}

ssize_t channel_write(struct iovec *iov, int count)
{
	ssize_t n = own_entry ? ring_reply(own_entry, iov, count) : 0;

	if (!n)
		return writev(reply_fd >= 0 ? reply_fd : fuse_session_fd(session), iov, count);
	if (n > 0)
		return n;
	errno = -n;
	return -1;
}

static ssize_t write_reply(int fd, struct iovec *iov, int count, void *userdata)
{
	const struct fuse_out_header *out = iov[0].iov_base;
	bool ring;
	ssize_t n;

	if (!request || request->opcode != FUSE_INIT || count < 2 || out->error)
		return channel_write(iov, count);
	ring = add_init_flags(iov[1].iov_base);
	n = channel_write(iov, count);
	choose_transport(ring && n > 0);
	return n;
}

static ssize_t read_request(int fd, void *buf, size_t size, void *userdata)
{
	return read(fd, buf, size);
}

bool channel_kill_privileges(void)
{
	const void *in = request + 1;

	if (!request)
		return false;
	if (request->opcode == FUSE_WRITE)
		return ((const struct fuse_write_in *)in)->write_flags &
			FUSE_WRITE_KILL_SUIDGID;
	if (request->opcode == FUSE_SETATTR)
		return ((const struct fuse_setattr_in *)in)->valid & FATTR_KILL_SUIDGID;
	return false;
}

void *channel_buffer(void)
{
	return own_entry ? ring_buffer(own_entry) : self->reply;
}

/* ---- deferred work ----------------------------------------------------------- */

void channel_defer(fuse_req_t req, void (*run)(fuse_req_t req, const void *arg),
		   const void *arg, size_t size)
{
	struct work *work = malloc(sizeof(*work));

	if (!work || size > WORK_SIZE) {
		free(work);
		fuse_reply_err(req, ENOMEM);
		return;
	}
	if (own_entry && !ring_defer(own_entry)) {
		free(work);
		fuse_reply_err(req, ENOSYS);
		return;
	}
	work->next = NULL;
	work->req = req;
	work->run = run;
	work->fd = reply_fd;
	work->entry = own_entry;
	memcpy(work->arg, arg, size);
	pthread_mutex_lock(&lock);
	*last_work = work;
	last_work = &work->next;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void channel_write_back(fuse_ino_t ino, off_t off)
{
	fuse_lowlevel_notify_inval_inode(session, ino, off, 0);
}

static void run_deferred(void)
{
	struct work *work;

	pthread_mutex_lock(&lock);
	for (;;) {
		while (!works && state != STOP)
			pthread_cond_wait(&changed, &lock);
		work = works;
		if (!work)
			break;
		works = work->next;
		if (!works)
			last_work = &works;
		pthread_mutex_unlock(&lock);
		reply_fd = work->fd;
		own_entry = work->entry;
		work->run(work->req, work->arg);
		if (work->entry)
			ring_finish(work->entry);
		free(work);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
}

/* ---- threads ------------------------------------------------------------------- */

/* The threads that wait for the turn find out, too. */
static void end_serving(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_cond_broadcast(&changed);
	pthread_cond_broadcast(&turn_freed);
	pthread_cond_broadcast(&watch);
	pthread_mutex_unlock(&lock);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Waits for the turn; false if it will not come any more. */
static bool take_turn(struct worker *w)
{
	bool taken;

	pthread_mutex_lock(&lock);
	while (!turn_is_free && !stopping)
		pthread_cond_wait(&turn_freed, &lock);
	taken = !stopping;
	if (taken)
		turn_is_free = false;
	pthread_mutex_unlock(&lock);
	w->turn = HAS;
	return taken;
}

/* Of @w, who has it and is at work; unless it was lost meanwhile. */
static void give_turn(struct worker *w)
{
	enum turn works = WORKS;

	if (!atomic_compare_exchange_strong(&w->turn, &works, NONE))
		return;
	pthread_mutex_lock(&lock);
	turn_is_free = true;
	pthread_cond_signal(&turn_freed);
	pthread_mutex_unlock(&lock);
}

static bool somebody_works(void)
{
	for (unsigned int i = 0; i < n_workers; i++)
		if (workers[i].turn == WORKS)
			return true;
	return false;
}

/*
 * Takes the turn from those who are at the same request as a while ago; and sees how
 * thick requests come.
 */
static void *watchdog(void *arg)
{
	const struct timespec pause = { .tv_nsec = WATCH_NS };
	unsigned int served[THREADS_MAX], steps, idle;

	for (;;) {
		pthread_mutex_lock(&lock);
		watching = false;
		/* Who has begun before that did not wake us. */
		while (!watching && !stopping && !somebody_works())
			pthread_cond_wait(&watch, &lock);
		watching = true;
		pthread_mutex_unlock(&lock);
		for (idle = 0; idle < WATCH_IDLE; idle++) {
			if (stopping)
				return NULL;
			for (unsigned int i = 0; i < n_workers; i++)
				served[i] = workers[i].served;
			nanosleep(&pause, NULL);
			steps = 0;
			for (unsigned int i = 0; i < n_workers; i++) {
				if (workers[i].turn == WORKS && workers[i].served == served[i])
					give_turn(&workers[i]);
				steps += workers[i].served - served[i];
			}
			if (steps)
				idle = 0;
			/* Two steps are a request; WATCH_NS is a millisecond. */
			awake_report(steps / 2);
		}
	}
}

static void wake_watchdog(void)
{
	if (watching)
		return;
	pthread_mutex_lock(&lock);
	watching = true;
	pthread_cond_signal(&watch);
	pthread_mutex_unlock(&lock);
}

/*
 * The next request, into @buf. Polls for a moment at first, as long as that has been
 * worth it lately: programs send the next one as soon as they have the last reply.
 */
static ssize_t take_request(struct worker *w, void *buf, size_t size)
{
	uint64_t end;
	ssize_t n;

	if (w->fast_fd >= 0 && w->credit > 0 && transport != BY_RING) {
		end = now_ns() + POLL_NS;
		do {
			n = read(w->fast_fd, buf, size);
			if (n >= 0 || errno != EAGAIN) {
				w->credit += w->credit < CREDIT_MAX;
				reply_fd = w->fast_fd;
				return n;
			}
		} while (now_ns() < end);
		w->credit--;
	}
	reply_fd = w->fd;
	end = now_ns() + POLL_NS;
	n = read(w->fd, buf, size);
	/* Polling would have found it. */
	if (now_ns() < end)
		w->credit += w->credit < CREDIT_MAX;
	return n;
}

/* What comes beside the ring does not wait for anything. */
static void gather(void)
{
	const struct timespec pause = { .tv_nsec = GATHER_NS };

	if (transport == BY_RING)
		nanosleep(&pause, NULL);
}

/* Whether @in may keep others waiting for long. */
static bool takes_long(const struct fuse_in_header *in)
{
	switch (in->opcode) {
	case FUSE_READ:
		return processors > 2 &&
		       ((const struct fuse_read_in *)(in + 1))->size >= LARGE;
	case FUSE_WRITE:
		return processors > 2 && in->len >= LARGE;
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
	case FUSE_FALLOCATE:
	case FUSE_COPY_FILE_RANGE:
	case FUSE_IOCTL:
		return true;
	}
	return false;
}

static void process(const struct fuse_buf *in)
{
	request = in->mem;
	if (!fs_raw_request(request))
		fuse_session_process_buf(session, in);
	request = NULL;
}

static void serve(struct worker *w)
{
	char *buf = w->request + PAGE - HEADER_SIZE;
	enum turn works;

	while (w->turn == HAS || take_turn(w)) {
		ssize_t n = take_request(w, buf, REQUEST_MAX - (PAGE - HEADER_SIZE));
		struct fuse_buf in = { .size = n, .mem = buf };

		if (stopping)
			return;
		if (n < 0) {
			/* Interrupted, or the request was before it was read. */
			if (errno == EINTR || errno == EAGAIN || errno == ENOENT)
				continue;
			break;		/* unmounted */
		}
		request = (const void *)buf;
		w->served++;
		w->turn = WORKS;
		if (takes_long(request))
			give_turn(w);
		wake_watchdog();
		process(&in);
		w->served++;
		works = WORKS;
		atomic_compare_exchange_strong(&w->turn, &works, HAS);
		gather();
	}
	end_serving();
}

/* Tells that this thread is ready, and returns whether it shall serve. */
static bool wait_to_serve(int error)
{
	bool go;

	pthread_mutex_lock(&lock);
	prepared++;
	if (error)
		failed = error;
	pthread_cond_broadcast(&changed);
	while (state == WAIT)
		pthread_cond_wait(&changed, &lock);
	go = state == SERVE;
	pthread_mutex_unlock(&lock);
	return go;
}

static void count_serving(int change)
{
	pthread_mutex_lock(&lock);
	serving += change;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void *worker(void *arg)
{
	self = arg;
	count_serving(1);
	if (wait_to_serve(fs_thread_init()))
		serve(self);
	count_serving(-1);
	return NULL;
}

static bool begin_ring(void)
{
	bool use = wait_to_serve(fs_thread_init());

	pthread_mutex_lock(&lock);
	while (use && transport == UNDECIDED && !stopping)
		pthread_cond_wait(&changed, &lock);
	use = use && transport == BY_RING && !stopping;
	serving += use;
	pthread_mutex_unlock(&lock);
	return use;
}

static void serve_entry(struct ring_entry *entry, const struct fuse_in_header *in)
{
	struct fuse_buf buf = { .size = in->len, .mem = (void *)in };

	own_entry = entry;
	process(&buf);
	own_entry = NULL;
}

static bool is_stopping(void)
{
	return stopping;
}

static void end_ring(bool refused)
{
	count_serving(-1);
	if (refused)
		channel_stop();
	else
		end_serving();
}

static const struct ring_user ring_user = {
	.begin = begin_ring,
	.serve = serve_entry,
	.stopping = is_stopping,
	.end = end_ring,
};

static void *deferred(void *arg)
{
	if (wait_to_serve(fs_thread_init()))
		run_deferred();
	return NULL;
}

/*
 * A descriptor of its own for each thread keeps their replies apart in the host's
 * kernel. -1 if it cannot give one.
 */
static int clone_fd(int flags)
{
	uint32_t from = fuse_session_fd(session);
	int own = open("/dev/fuse", O_RDWR | O_CLOEXEC | flags);

	if (own >= 0 && !ioctl(own, FUSE_DEV_IOC_CLONE, &from))
		return own;
	if (own >= 0)
		close(own);
	return -1;
}

static char *pages(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int start_worker(struct worker *w, bool first)
{
	w->fd = first ? -1 : clone_fd(0);
	if (w->fd < 0)
		w->fd = fuse_session_fd(session);
	/* With one processor, who polls keeps programs from sending. */
	w->fast_fd = processors > 1 ? clone_fd(O_NONBLOCK) : -1;
	w->request = pages(REQUEST_MAX);
	w->reply = pages(CHANNEL_DATA_MAX);
	if (!w->request || !w->reply)
		return -ENOMEM;
	return -pthread_create(&w->thread, NULL, worker, w);
}

/* Ends the threads once they have nothing to serve any more. */
static void stop(void)
{
	pthread_mutex_lock(&lock);
	while (serving)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	for (unsigned int i = 0; i < n_workers; i++)
		pthread_join(workers[i].thread, NULL);
	ring_join();
	pthread_mutex_lock(&lock);
	state = STOP;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(deferred_thread, NULL);
	ring_close();
	end_serving();
	pthread_join(watchdog_thread, NULL);
	awake_close();
	for (unsigned int i = 0; i < n_workers; i++) {
		if (workers[i].fd != fuse_session_fd(session))
			close(workers[i].fd);
		if (workers[i].fast_fd >= 0)
			close(workers[i].fast_fd);
	}
	n_workers = 0;
}

static void no_action(int sig)
{
}

/* Whether there were any that serve. */
static bool interrupt_serving(void)
{
	bool any;

	pthread_mutex_lock(&lock);
	any = serving;
	for (unsigned int i = 0; any && i < n_workers; i++)
		pthread_kill(workers[i].thread, SIGUSR1);
	if (any)
		ring_interrupt();
	pthread_mutex_unlock(&lock);
	return any;
}

/* A signal may come just before the read that it is to end; hence again and again. */
void channel_stop(void)
{
	const struct timespec pause = { .tv_nsec = STOP_PAUSE_NS };

	end_serving();
	while (interrupt_serving())
		nanosleep(&pause, NULL);
}

int channel_open(struct fuse_session *se, unsigned int threads, bool halt, bool with_debug)
{
	const struct fuse_custom_io io = { .writev = write_reply, .read = read_request };
	struct sigaction interrupt = { .sa_handler = no_action };
	int ret;

	session = se;
	debug = with_debug;
	processors = sysconf(_SC_NPROCESSORS_ONLN);
	sigaction(SIGUSR1, &interrupt, NULL);
	ret = fuse_session_custom_io(se, &io, fuse_session_fd(se));
	if (ret)
		return ret;
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	ret = -pthread_create(&watchdog_thread, NULL, watchdog, NULL);
	if (ret)
		return ret;
	ret = -pthread_create(&deferred_thread, NULL, deferred, NULL);
	if (ret) {
		end_serving();
		pthread_join(watchdog_thread, NULL);
		return ret;
	}
	while (!ret && n_workers < threads) {
		ret = start_worker(&workers[n_workers], !n_workers);
		if (!ret)
			n_workers++;
	}
	/* The ring spares waking another processor; being awake spares more. */
	if (!halt && awake_open())
		no_ring = "processors do not halt meanwhile";
	else if (threads > 1)
		no_ring = ring_open(fuse_session_fd(se), threads, &ring_user);
	else
		no_ring = "one request at a time was asked for";
	pthread_mutex_lock(&lock);
	while (prepared < n_workers + ring_threads() + 1)
		pthread_cond_wait(&changed, &lock);
	if (!ret)
		ret = failed;
	pthread_mutex_unlock(&lock);
	if (ret)
		channel_cancel();
	return ret;
}

static void go(int to)
{
	pthread_mutex_lock(&lock);
	state = to;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	stop();
}

void channel_serve(void)
{
	go(SERVE);
}

void channel_cancel(void)
{
	go(STOP);
}

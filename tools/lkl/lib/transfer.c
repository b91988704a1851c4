// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <lkl.h>

#include "message.h"
#include "progress.h"
#include "transfer.h"

static volatile sig_atomic_t caught;
static int caught_fd = -1;

static void on_signal(int signal)
{
	static const uint64_t one = 1;
	int saved = errno;

	caught = signal;
	if (write(caught_fd, &one, sizeof(one)) < 0)
		caught = signal;
	errno = saved;
}

void transfer_prepare(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct rlimit files;

	caught_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (caught_fd < 0)
		die("eventfd: %s", strerror(errno));
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	/* Who reads what we write may go: that is EPIPE, and a message. */
	signal(SIGPIPE, SIG_IGN);

	/* A folder is open for each level of a tree. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	/* Entries come and go all the time; none is worth a mapping of its own. */
	mallopt(M_MMAP_THRESHOLD, 16 * ENTRY_DATA_MAX);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

int transfer_interrupted(void)
{
	return caught;
}

int transfer_signal_fd(void)
{
	return caught_fd;
}

int transfer_exit(const struct transfer *t, int status)
{
	if (!caught)
		return status || t->failures ? 1 : 0;
	error("interrupted; what was copied so far is complete and stays");
	signal(caught, SIG_DFL);
	raise(caught);
	return 128 + caught;
}

/* After these nothing else could be written. */
static int is_final(long err)
{
	return err == -ENOSPC || err == -EDQUOT || err == -EROFS || err == -EPIPE;
}

void transfer_fail(struct transfer *t, const char *path, const char *what, long err)
{
	char clean[1024];

	char reason[300];

	message_clean(clean, sizeof(clean), path);
	message_clean(reason, sizeof(reason), what);
	error("%s: %s%s%s", clean, reason, err ? ": " : "", err ? lkl_strerror(err) : "");
	t->failures++;
	if (is_final(err))
		queue_stop(&t->queue);
}

int transfer_emit(struct transfer *t, struct entry *e)
{
	if (caught) {
		entry_free(e);
		return -1;
	}
	adjust_entry(&t->adjust, e);
	return queue_put(&t->queue, e);
}

struct start {
	struct transfer *t;
	void (*source)(struct transfer *t, void *arg);
	void *arg;
};

static void *source_thread(void *arg)
{
	struct start *s = arg;

	s->source(s->t, s->arg);
	queue_end(&s->t->queue);
	return NULL;
}

void transfer_run(struct transfer *t, void (*source)(struct transfer *t, void *arg),
		  void *source_arg, void (*sink)(void *arg, struct entry *e), void *sink_arg)
{
	struct start s = { t, source, source_arg };
	struct entry *e, *next;
	pthread_t thread;
	int err;

	queue_init(&t->queue);
	err = pthread_create(&thread, NULL, source_thread, &s);
	if (err) {
		transfer_fail(t, "thread", "cannot be started", -err);
		return;
	}
	while ((e = queue_get(&t->queue)))
		for (; e; e = next) {
			next = e->next;
			if (caught)
				queue_stop(&t->queue);
			if (t->queue.stopped) {
				entry_free(e);
				continue;
			}
			if (!t->source_counts)
				progress_add(e->len);
			sink(sink_arg, e);
		}
	queue_stop(&t->queue);
	pthread_join(thread, NULL);
}

// SPDX-License-Identifier: GPL-2.0
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "message.h"
#include "progress.h"
#include "transfer.h"

int transfer_exit(const struct transfer *t, int status)
{
	if (!transfer_interrupted())
		return status || t->failures ? 1 : 0;
	error("interrupted; what was copied so far is complete and stays");
	return transfer_die();
}

/* After these nothing else could be written. */
static int is_final(long err)
{
	return err == -LKL_ENOSPC || err == -LKL_EDQUOT || err == -LKL_EROFS || err == -LKL_EPIPE;
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
	if (transfer_interrupted()) {
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
			if (transfer_interrupted())
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

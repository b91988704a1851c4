// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "message.h"

void *must_alloc(size_t size)
{
	return must_realloc(NULL, size);
}

void *must_realloc(void *mem, size_t size)
{
	mem = realloc(mem, size ? size : 1);
	if (!mem)
		die("out of memory");
	return mem;
}

char *must_strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(must_alloc(size), text, size);
}

struct entry *entry_new(enum entry_type type, const char *name, size_t capacity)
{
	size_t name_size = strlen(name) + 1;
	struct entry *e = must_alloc(sizeof(*e) + name_size + capacity);

	memset(e, 0, sizeof(*e));
	e->type = type;
	memcpy(e->name, name, name_size);
	e->data = e->name + name_size;
	return e;
}

void entry_free(struct entry *e)
{
	struct xattr *x, *next;

	if (!e)
		return;
	for (x = e->xattrs; x; x = next) {
		next = x->next;
		free(x);
	}
	free(e->target);
	free(e->extents);
	free(e);
}

struct xattr *entry_xattr(const struct entry *e, const char *name)
{
	struct xattr *x;

	for (x = e->xattrs; x; x = x->next)
		if (!strcmp(x->name, name))
			return x;
	return NULL;
}

void entry_set_xattr(struct entry *e, const char *name, const void *value, size_t size)
{
	size_t name_size = strlen(name) + 1;
	struct xattr *x, **at;

	/* One of that name goes; the order stays that of the source. */
	for (at = &e->xattrs; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name)) {
			x = *at;
			*at = x->next;
			free(x);
			break;
		}
	while (*at)
		at = &(*at)->next;
	x = must_alloc(sizeof(*x) + size + name_size);
	x->next = NULL;
	x->size = size;
	memcpy(x->value, value, size);
	x->name = memcpy(x->value + size, name, name_size);
	*at = x;
}

/* ---- the queue ------------------------------------------------------------- */

/* The sink works on as much again: it takes what there is. */
#define QUEUE_LIMIT (2 << 20)

static size_t weight_of(const struct entry *e)
{
	return sizeof(*e) + 64 + e->len;
}

static void free_list(struct entry *e)
{
	struct entry *next;

	for (; e; e = next) {
		next = e->next;
		entry_free(e);
	}
}

void queue_init(struct queue *q)
{
	memset(q, 0, sizeof(*q));
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	pthread_cond_init(&q->drained, NULL);
	q->last = &q->first;
}

int queue_put(struct queue *q, struct entry *e)
{
	int stopped;

	e->next = NULL;
	pthread_mutex_lock(&q->lock);
	while (q->weight >= QUEUE_LIMIT && !q->stopped) {
		q->putter = 1;
		pthread_cond_wait(&q->drained, &q->lock);
		q->putter = 0;
	}
	stopped = q->stopped;
	if (!stopped) {
		*q->last = e;
		q->last = &e->next;
		q->weight += weight_of(e);
		if (q->getter)
			pthread_cond_signal(&q->filled);
	}
	pthread_mutex_unlock(&q->lock);
	if (!stopped)
		return 0;
	entry_free(e);
	return -1;
}

void queue_end(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->ended = 1;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

struct entry *queue_get(struct queue *q)
{
	struct entry *list;

	pthread_mutex_lock(&q->lock);
	while (!q->first && !q->ended && !q->stopped) {
		q->getter = 1;
		pthread_cond_wait(&q->filled, &q->lock);
		q->getter = 0;
	}
	list = q->stopped ? NULL : q->first;
	if (list) {
		q->first = NULL;
		q->last = &q->first;
		q->weight = 0;
		if (q->putter)
			pthread_cond_signal(&q->drained);
	}
	pthread_mutex_unlock(&q->lock);
	return list;
}

void queue_stop(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stopped = 1;
	free_list(q->first);
	q->first = NULL;
	q->last = &q->first;
	q->weight = 0;
	pthread_cond_signal(&q->filled);
	pthread_cond_signal(&q->drained);
	pthread_mutex_unlock(&q->lock);
}

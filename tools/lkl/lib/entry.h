/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is copied, as a stream of entries from a source to a sink, each in a thread of
 * its own: trees of either kernel, and archives, can be both.
 *
 * The stream walks through folders: ENTRY_ENTER, what is in it, ENTRY_LEAVE; names are
 * single components. A file is one ENTRY_FILE if that is complete, else an ENTRY_FILE,
 * its ENTRY_DATA with rising positions, and an ENTRY_END.
 */
#ifndef LKL_TOOLS_ENTRY_H
#define LKL_TOOLS_ENTRY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "fs.h"

enum entry_type {
	/* Makes the folder if it is not there. "" is the destination itself. */
	ENTRY_ENTER,
	/* The attributes of the ENTRY_ENTER hold now. */
	ENTRY_LEAVE,
	ENTRY_FILE,
	ENTRY_DATA,
	/* attr.size is the size that the file has in the end. */
	ENTRY_END,
	ENTRY_SYMLINK,
	/* A device, fifo or socket. */
	ENTRY_NODE,
	/* Another name of the file that came as entry::target. */
	ENTRY_LINK,
};

struct xattr {
	struct xattr *next;
	size_t size;
	char *name;
	char value[];
};

struct extent {
	uint64_t pos, len;
};

struct entry {
	/* While it is queued. */
	struct entry *next;
	enum entry_type type;
	/* Nothing is known of a folder that an archive does not have by itself. */
	unsigned int no_attributes : 1;
	/* ENTRY_FILE: all of it, attr.size bytes. */
	unsigned int complete : 1;
	/* Data: zeroes may become holes. */
	unsigned int sparse : 1;
	struct attributes attr;
	struct xattr *xattrs;
	/*
	 * A symbolic link's, or the path of a hard link's file from the destination on.
	 */
	char *target;
	/* ENTRY_FILE: where its data is, if source and transfer know; else NULL. */
	struct extent *extents;
	size_t extent_count;
	uint64_t pos;
	size_t len;
	char *data;
	char name[];
};

/* The most that one entry carries; a multiple of any block size that is in use. */
#define ENTRY_DATA_MAX (256 << 10)

/* All its memory at once, with @capacity bytes for data. Never NULL. */
struct entry *entry_new(enum entry_type type, const char *name, size_t capacity);
void entry_free(struct entry *e);
/* Adds an extended attribute, or changes it. Never fails. */
void entry_set_xattr(struct entry *e, const char *name, const void *value, size_t size);
struct xattr *entry_xattr(const struct entry *e, const char *name);

/* As malloc() and so on; a program without memory ends with a message. */
void *must_alloc(size_t size);
void *must_realloc(void *mem, size_t size);
char *must_strdup(const char *text);

/* Entries on their way, of bounded size. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled, drained;
	struct entry *first, **last;
	/* Bytes in it. */
	size_t weight;
	/* Somebody waits. */
	int getter, putter;
	/* No more is put. Nobody gets any more. */
	int ended;
	atomic_int stopped;
};

void queue_init(struct queue *q);
/* Takes @e. -1 after queue_stop(). Blocks while the queue is full. */
int queue_put(struct queue *q, struct entry *e);
void queue_end(struct queue *q);
/*
 * All that is queued, as a list that the caller takes; NULL at the end, or when it was
 * stopped. Blocks while the queue is empty.
 */
struct entry *queue_get(struct queue *q);
/* The source may end; what is queued goes. Any thread. */
void queue_stop(struct queue *q);

#endif

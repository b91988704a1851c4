// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "labels.h"
#include "message.h"
#include "writer.h"

static const struct {
	const char *name, *suffix, *short_suffix;
} compressions[] = {
	{ "none", ".tar", ".tar" },
	{ "gzip", ".gz", ".tgz" },
	{ "xz", ".xz", ".txz" },
	{ "zstd", ".zst", ".tzst" },
	{ "bzip2", ".bz2", ".tbz2" },
	{ "lz4", ".lz4", ".tlz4" },
};

#define COMPRESSIONS (sizeof(compressions) / sizeof(compressions[0]))

static int ends_with(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && !strcmp(text + a - b, end);
}

const char *writer_compression(const char *name)
{
	for (size_t i = 0; i < COMPRESSIONS; i++)
		if (ends_with(name, compressions[i].suffix) ||
		    ends_with(name, compressions[i].short_suffix))
			return compressions[i].name;
	return "none";
}

static void warn(const char *name, const char *text)
{
	char clean[1024], what[1024];

	warning("%s: %s", message_clean(clean, sizeof(clean), name),
		message_clean(what, sizeof(what), text));
}

/* 0, or -1 if it failed. Errors of the archive itself end everything. */
static int check(struct writer *w, enum tar_status status, const char *name)
{
	if (status == TAR_WARNING)
		warn(name, tar_out_error(w->out));
	if (status == TAR_OK || status == TAR_WARNING)
		return 0;
	if (transfer_interrupted())
		return -1;
	transfer_fail(w->t, status == TAR_BROKEN ? w->shown : name, tar_out_error(w->out), 0);
	if (status == TAR_BROKEN) {
		w->broken = 1;
		queue_stop(&w->t->queue);
	}
	return -1;
}

int writer_open(struct writer *w, struct transfer *t, int fd, const char *shown,
		const char *compression)
{
	size_t i;

	*w = (struct writer){ .t = t, .shown = shown };
	path_push(&w->path, "");
	for (i = 0; i < COMPRESSIONS && strcmp(compression, compressions[i].name); i++)
		;
	if (i == COMPRESSIONS) {
		error("there is no compression \"%s\"; there are gzip, xz, zstd, bzip2, lz4, none",
		      compression);
		return -1;
	}
	w->out = tar_out_open(fd, shown, compression);
	return w->out ? 0 : -1;
}

/* ---- entries ------------------------------------------------------------------ */

static void write_labels(struct writer *w, const struct entry *e)
{
	struct xattr *x = entry_xattr(e, "security.selinux");

	if (w->labels && x && labels_write(w->labels, w->path.text, x->value, x->size)) {
		transfer_fail(w->t, "labels", "cannot be written", -errno);
		w->labels = NULL;
	}
}

static void write_data(struct writer *w, const char *buf, size_t len)
{
	if (!check(w, tar_out_data(w->out, buf, len), w->name))
		w->pos += len;
}

/* Holes are in the archive's list of them; it counts these zeroes, and drops them. */
static void write_zeroes(struct writer *w, uint64_t end)
{
	static const char zeroes[1 << 20];

	while (w->pos < end && !w->broken && !transfer_interrupted()) {
		uint64_t left = end - w->pos, before = w->pos;

		write_data(w, zeroes, left < sizeof(zeroes) ? left : sizeof(zeroes));
		if (w->pos == before)
			return;
	}
}

static void begin_file(struct writer *w, const struct entry *e)
{
	free(w->name);
	w->name = NULL;
	w->pos = 0;
	w->size = e->attr.size;
	if (check(w, tar_out_header(w->out, e, w->path.text), w->path.text))
		return;
	w->name = must_strdup(w->path.text);
	if (e->complete)
		write_data(w, e->data, e->len);
}

static void add_data(struct writer *w, const struct entry *e)
{
	/* It may have grown since its size was written. */
	uint64_t end = e->pos + e->len < w->size ? e->pos + e->len : w->size;

	if (!w->name || e->pos >= end)
		return;
	write_zeroes(w, e->pos);
	write_data(w, e->data, end - e->pos);
}

static void end_file(struct writer *w, const struct entry *e)
{
	if (!w->name)
		return;
	if (e->attr.size < w->size)
		transfer_fail(w->t, w->name, "shorter than it was said to be; zeroes follow", 0);
	write_zeroes(w, w->size);
}

static void enter(struct writer *w, const struct entry *e)
{
	struct path name = { 0 };

	if (w->depth == w->room) {
		w->room = w->room ? w->room * 2 : 64;
		w->lengths = must_realloc(w->lengths, w->room * sizeof(w->lengths[0]));
	}
	w->lengths[w->depth++] = path_push(&w->path, e->name);
	write_labels(w, e);
	path_push(&name, *w->path.text ? w->path.text : ".");
	name.text = must_realloc(name.text, name.len + 2);
	strcpy(name.text + name.len, "/");
	check(w, tar_out_header(w->out, e, name.text), name.text);
	free(name.text);
}

/* Not so for folders: these stay in the path. */
static void add(struct writer *w, const struct entry *e)
{
	size_t len = path_push(&w->path, e->name);

	write_labels(w, e);
	if (e->type == ENTRY_FILE) {
		begin_file(w, e);
	} else if (S_ISSOCK(e->attr.mode)) {
		if (!w->told_socket)
			warn(w->path.text,
			     "archives have no place for sockets; this is said once only");
		w->told_socket = 1;
	} else {
		check(w, tar_out_header(w->out, e, w->path.text), w->path.text);
	}
	path_pop(&w->path, len);
}

void writer_entry(void *arg, struct entry *e)
{
	struct writer *w = arg;

	switch (e->type) {
	case ENTRY_ENTER:
		enter(w, e);
		break;
	case ENTRY_LEAVE:
		path_pop(&w->path, w->lengths[--w->depth]);
		break;
	case ENTRY_DATA:
		add_data(w, e);
		break;
	case ENTRY_END:
		end_file(w, e);
		break;
	default:
		add(w, e);
	}
	entry_free(e);
}

void writer_close(struct writer *w)
{
	if (!w->broken && !transfer_interrupted())
		check(w, tar_out_end(w->out), w->shown);
	tar_out_free(w->out);
	free(w->path.text);
	free(w->lengths);
	free(w->name);
}

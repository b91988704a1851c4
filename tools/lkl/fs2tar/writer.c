// SPDX-License-Identifier: GPL-2.0
#include <archive_entry.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acl.h"
#include "labels.h"
#include "message.h"
#include "writer.h"

/* Written at a time. */
#define BLOCK (64 << 10)

static const struct {
	const char *name, *suffix, *short_suffix;
	int (*add)(struct archive *a);
} compressions[] = {
	{ "none", ".tar", ".tar", archive_write_add_filter_none },
	{ "gzip", ".gz", ".tgz", archive_write_add_filter_gzip },
	{ "xz", ".xz", ".txz", archive_write_add_filter_xz },
	{ "zstd", ".zst", ".tzst", archive_write_add_filter_zstd },
	{ "bzip2", ".bz2", ".tbz2", archive_write_add_filter_bzip2 },
	{ "lz4", ".lz4", ".tlz4", archive_write_add_filter_lz4 },
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

/* ---- output --------------------------------------------------------------------- */

/* Whoever reads a pipe may be slow: a signal ends the waiting. */
static int may_write(int fd)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = transfer_signal_fd(), .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return 0;
	return !fds[1].revents;
}

static la_ssize_t write_some(struct archive *a, void *arg, const void *buf, size_t len)
{
	struct writer *w = arg;
	ssize_t done;

	do {
		if (!may_write(w->fd)) {
			archive_set_error(a, EINTR, "interrupted");
			return -1;
		}
		done = write(w->fd, buf, len);
	} while (done < 0 && (errno == EINTR || errno == EAGAIN));
	if (done < 0)
		archive_set_error(a, errno, "%s", strerror(errno));
	return done;
}

static void warn(const char *name, const char *text)
{
	char clean[1024], what[1024];

	warning("%s: %s", message_clean(clean, sizeof(clean), name),
		message_clean(what, sizeof(what), text));
}

/* Errors of the archive itself end everything. */
static int check(struct writer *w, int ret, const char *name)
{
	if (ret == ARCHIVE_OK)
		return 0;
	if (ret == ARCHIVE_WARN) {
		/* Names that are not UTF-8 are kept as they are. */
		if (archive_errno(w->archive) != EILSEQ)
			warn(name, archive_error_string(w->archive));
		return 0;
	}
	if (transfer_interrupted())
		return -1;
	transfer_fail(w->t, ret == ARCHIVE_FATAL ? w->shown : name,
		      archive_error_string(w->archive), 0);
	if (ret == ARCHIVE_FATAL) {
		w->broken = 1;
		queue_stop(&w->t->queue);
	}
	return -1;
}

int writer_open(struct writer *w, struct transfer *t, int fd, const char *shown,
		const char *compression)
{
	size_t i;

	*w = (struct writer){ .t = t, .fd = fd, .shown = shown };
	path_push(&w->path, "");
	for (i = 0; i < COMPRESSIONS && strcmp(compression, compressions[i].name); i++)
		;
	if (i == COMPRESSIONS) {
		error("there is no compression \"%s\"; there are gzip, xz, zstd, bzip2, lz4, none",
		      compression);
		return -1;
	}
	w->archive = archive_write_new();
	if (!w->archive)
		die("out of memory");
	if (compressions[i].add(w->archive) < ARCHIVE_WARN) {
		error("%s: %s", compression, archive_error_string(w->archive));
		return -1;
	}
	archive_write_set_format_pax(w->archive);
	archive_write_set_bytes_per_block(w->archive, BLOCK);
	/* Nothing follows the end: not every decompressor accepts that. */
	archive_write_set_bytes_in_last_block(w->archive, 1);
	/* GNU tar knows the one form of extended attributes, and complains of the other. */
	archive_write_set_format_option(w->archive, "pax", "xattrheader", "SCHILY");
	/* The same input gives the same archive. Not all compressions have these. */
	archive_write_set_filter_option(w->archive, "gzip", "timestamp", NULL);
	archive_write_set_filter_option(w->archive, NULL, "threads", "0");
	if (archive_write_open(w->archive, w, NULL, write_some, NULL) == ARCHIVE_OK)
		return 0;
	error("%s: %s", shown, archive_error_string(w->archive));
	return -1;
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

static void set_type(struct archive_entry *ae, const struct entry *e)
{
	const struct attributes *attr = &e->attr;

	archive_entry_set_filetype(ae, attr->mode & S_IFMT);
	archive_entry_set_size(ae, 0);
	switch (e->type) {
	case ENTRY_LINK:
		archive_entry_set_hardlink(ae, e->target);
		break;
	case ENTRY_SYMLINK:
		archive_entry_set_symlink(ae, e->target);
		break;
	case ENTRY_NODE:
		archive_entry_set_rdevmajor(ae, attr->major);
		archive_entry_set_rdevminor(ae, attr->minor);
		break;
	case ENTRY_FILE:
		archive_entry_set_size(ae, attr->size);
		for (size_t i = 0; i < e->extent_count; i++)
			archive_entry_sparse_add_entry(ae, e->extents[i].pos,
						       e->extents[i].len);
		if (e->extents && !e->extent_count)
			archive_entry_sparse_add_entry(ae, attr->size, 0);
		break;
	default:
		break;
	}
}

static int write_header(struct writer *w, const struct entry *e, const char *name)
{
	struct archive_entry *ae = archive_entry_new2(w->archive);
	const struct attributes *attr = &e->attr;
	int ret;

	if (!ae)
		die("out of memory");
	archive_entry_set_pathname(ae, name);
	archive_entry_set_mode(ae, attr->mode);
	archive_entry_set_uid(ae, attr->uid);
	archive_entry_set_gid(ae, attr->gid);
	archive_entry_set_mtime(ae, attr->mtime.tv_sec, attr->mtime.tv_nsec);
	archive_entry_set_atime(ae, attr->atime.tv_sec, attr->atime.tv_nsec);
	set_type(ae, e);
	for (struct xattr *x = e->xattrs; x; x = x->next)
		if (!acl_to_archive(ae, x))
			archive_entry_xattr_add_entry(ae, x->name, x->value, x->size);
	ret = check(w, archive_write_header(w->archive, ae), name);
	archive_entry_free(ae);
	return ret;
}

static void write_data(struct writer *w, const char *buf, size_t len)
{
	while (len) {
		la_ssize_t done = archive_write_data(w->archive, buf, len);

		if (done <= 0) {
			check(w, done < 0 ? (int)done : ARCHIVE_FATAL, w->name);
			return;
		}
		buf += done;
		len -= done;
		w->pos += done;
	}
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
	if (write_header(w, e, w->path.text))
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
	write_header(w, e, name.text);
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
		write_header(w, e, w->path.text);
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
		check(w, archive_write_close(w->archive), w->shown);
	else
		archive_write_fail(w->archive);
	archive_write_free(w->archive);
	free(w->path.text);
	free(w->lengths);
	free(w->name);
}

// SPDX-License-Identifier: GPL-2.0
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "acl_libarchive.h"
#include "message.h"
#include "stream.h"
#include "tar_out.h"

/* Written at a time. */
#define BLOCK (64 << 10)

struct tar_out {
	struct archive *archive;
	int fd, ended;
};

static enum tar_status status_of(struct tar_out *t, int ret)
{
	if (ret >= ARCHIVE_OK)
		return TAR_OK;
	/* Names that are not UTF-8 are kept as they are. */
	if (ret == ARCHIVE_WARN)
		return archive_errno(t->archive) == EILSEQ ? TAR_OK : TAR_WARNING;
	return ret == ARCHIVE_FATAL ? TAR_BROKEN : TAR_FAILED;
}

const char *tar_out_error(const struct tar_out *t)
{
	return archive_error_string(t->archive);
}

static la_ssize_t write_some(struct archive *a, void *arg, const void *buf, size_t len)
{
	struct tar_out *t = arg;
	ssize_t done = stream_write(t->fd, buf, len);

	if (done < 0)
		archive_set_error(a, -done, "%s", strerror(-done));
	return done < 0 ? -1 : done;
}

struct tar_out *tar_out_open(int fd, const char *shown, const char *compression)
{
	struct tar_out *t = must_alloc(sizeof(*t));
	struct archive *a = archive_write_new();

	/* Names in archives are UTF-8, whatever the terminal has; others are kept. */
	setlocale(LC_CTYPE, "C.UTF-8");
	*t = (struct tar_out){ .archive = a, .fd = fd };
	if (!a)
		die("out of memory");
	if (strcmp(compression, "none") &&
	    archive_write_add_filter_by_name(a, compression) < ARCHIVE_WARN) {
		error("%s: %s", compression, archive_error_string(a));
		tar_out_free(t);
		return NULL;
	}
	archive_write_set_format_pax(a);
	archive_write_set_bytes_per_block(a, BLOCK);
	/* Nothing follows the end: not every decompressor accepts that. */
	archive_write_set_bytes_in_last_block(a, 1);
	/* GNU tar knows the one form of extended attributes, and complains of the other. */
	archive_write_set_format_option(a, "pax", "xattrheader", "SCHILY");
	/* The same input gives the same archive. Not all compressions have these. */
	archive_write_set_filter_option(a, "gzip", "timestamp", NULL);
	archive_write_set_filter_option(a, NULL, "threads", "0");
	if (archive_write_open(a, t, NULL, write_some, NULL) == ARCHIVE_OK)
		return t;
	error("%s: %s", shown, archive_error_string(a));
	tar_out_free(t);
	return NULL;
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

enum tar_status tar_out_header(struct tar_out *t, const struct entry *e, const char *name)
{
	struct archive_entry *ae = archive_entry_new2(t->archive);
	const struct attributes *attr = &e->attr;
	enum tar_status status;

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
	status = status_of(t, archive_write_header(t->archive, ae));
	archive_entry_free(ae);
	return status;
}

enum tar_status tar_out_data(struct tar_out *t, const char *buf, size_t len)
{
	while (len) {
		la_ssize_t done = archive_write_data(t->archive, buf, len);

		if (done <= 0)
			return done ? status_of(t, done) : TAR_BROKEN;
		buf += done;
		len -= done;
	}
	return TAR_OK;
}

enum tar_status tar_out_end(struct tar_out *t)
{
	t->ended = 1;
	return status_of(t, archive_write_close(t->archive));
}

void tar_out_free(struct tar_out *t)
{
	if (!t->ended)
		archive_write_fail(t->archive);
	archive_write_free(t->archive);
	free(t);
}

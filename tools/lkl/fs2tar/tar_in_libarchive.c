// SPDX-License-Identifier: GPL-2.0
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>

#include "acl_libarchive.h"
#include "input.h"
#include "message.h"
#include "tar_in.h"

struct tar_in {
	struct archive *archive;
	struct archive_entry *entry;
	struct input input;
};

static enum tar_status status_of(int ret)
{
	return ret == ARCHIVE_OK ? TAR_OK : ret == ARCHIVE_EOF ? TAR_END :
	       ret == ARCHIVE_WARN ? TAR_WARNING : ret == ARCHIVE_RETRY ? TAR_FAILED : TAR_BROKEN;
}

const char *tar_in_error(const struct tar_in *t)
{
	return archive_error_string(t->archive);
}

static la_ssize_t read_some(struct archive *a, void *arg, const void **buf)
{
	struct tar_in *t = arg;
	const char *error;
	ssize_t got = input_read(&t->input, buf, &error);

	if (got < 0)
		archive_set_error(a, EIO, "%s", error);
	return got;
}

struct tar_in *tar_in_open(int fd, const char *shown)
{
	struct tar_in *t = must_alloc(sizeof(*t));
	struct archive *a = archive_read_new();

	/* Names in archives are UTF-8, whatever the terminal has; others are kept. */
	setlocale(LC_CTYPE, "C.UTF-8");
	*t = (struct tar_in){ .archive = a };
	if (!a)
		die("out of memory");
	input_open(&t->input, fd);
	/* None that would start a program; gzip is undone already. */
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_compress(a);
	archive_read_support_format_tar(a);
	if (archive_read_open(a, t, NULL, read_some, NULL) == ARCHIVE_OK)
		return t;
	error("%s: %s", shown, archive_error_string(a));
	tar_in_close(t);
	return NULL;
}

static enum entry_type type_of(struct archive_entry *ae)
{
	if (archive_entry_hardlink(ae))
		return ENTRY_LINK;
	switch (archive_entry_filetype(ae)) {
	case AE_IFDIR:
		return ENTRY_ENTER;
	case AE_IFLNK:
		return ENTRY_SYMLINK;
	case AE_IFREG:
		return ENTRY_FILE;
	default:
		return ENTRY_NODE;
	}
}

enum tar_status tar_in_next(struct tar_in *t, struct tar_header *h)
{
	enum tar_status status = status_of(archive_read_next_header(t->archive, &t->entry));

	if (status != TAR_OK && status != TAR_WARNING)
		return status;
	h->type = type_of(t->entry);
	h->path = archive_entry_pathname(t->entry);
	h->target = h->type == ENTRY_LINK ? archive_entry_hardlink(t->entry) :
					    archive_entry_symlink(t->entry);
	return status;
}

int tar_in_attributes(struct tar_in *t, struct entry *e)
{
	struct archive_entry *ae = t->entry;
	const char *name;
	const void *value;
	size_t size;

	e->attr = (struct attributes){
		.mode = archive_entry_mode(ae), .uid = archive_entry_uid(ae),
		.gid = archive_entry_gid(ae), .links = 1,
		.major = archive_entry_rdevmajor(ae), .minor = archive_entry_rdevminor(ae),
		.size = archive_entry_size(ae),
		.mtime = { archive_entry_mtime(ae), archive_entry_mtime_nsec(ae) },
	};
	e->attr.atime = e->attr.mtime;
	if (archive_entry_atime_is_set(ae))
		e->attr.atime = (struct timespec){ archive_entry_atime(ae),
						   archive_entry_atime_nsec(ae) };
	archive_entry_xattr_reset(ae);
	while (archive_entry_xattr_next(ae, &name, &value, &size) == ARCHIVE_OK)
		if (name && *name)
			entry_set_xattr(e, name, value, size);
	return acl_from_archive(ae, e);
}

enum tar_status tar_in_data(struct tar_in *t, const char **buf, size_t *len, uint64_t *pos)
{
	la_int64_t offset;
	int ret = archive_read_data_block(t->archive, (const void **)buf, len, &offset);

	*pos = offset;
	return status_of(ret);
}

void tar_in_close(struct tar_in *t)
{
	archive_read_free(t->archive);
	input_close(&t->input);
	free(t);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Archives as POSIX has them, old and new, with what GNU tar adds; not compressed. Nothing
 * that they say is relied on: lengths have limits, lists are in order and within the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "message.h"
#include "pax.h"
#include "progress.h"
#include "stream.h"
#include "tar_in.h"
#include "ustar.h"

#define BUFFER	(256 << 10)
#define BLOCK	USTAR_BLOCK

/* The longest name, and the most that there may be of records, or of extents, for an entry. */
#define NAME_LIMIT	(1 << 20)
#define PAX_LIMIT	(16 << 20)
#define EXTENT_LIMIT	(1 << 20)

struct tar_in {
	int fd;
	const char *shown;
	/* What was read and is not used yet. */
	unsigned char *buf;
	size_t at, len;
	/* Something was read already; the input has ended. */
	int begun, ended;
	char error[256];
	/* Records for all entries from here on. */
	char *global;
	size_t global_size;

	/* The entry. */
	struct pax pax;
	struct attributes attr;
	char *path, *target;
	/* Bytes of it in the archive to be read, with what fills the last block. */
	uint64_t left, padding;
	/* The extent that comes, and how much of it came. */
	size_t extent;
	uint64_t done;
};

const char *tar_in_error(const struct tar_in *t)
{
	return t->error;
}

static enum tar_status broken(struct tar_in *t, const char *why)
{
	snprintf(t->error, sizeof(t->error), "%s", why);
	return TAR_BROKEN;
}

struct tar_in *tar_in_open(int fd, const char *shown)
{
	struct tar_in *t = must_alloc(sizeof(*t));

	*t = (struct tar_in){ .fd = fd, .shown = shown, .buf = must_alloc(BUFFER) };
	pax_init(&t->pax);
	return t;
}

void tar_in_close(struct tar_in *t)
{
	pax_free(&t->pax);
	free(t->path);
	free(t->target);
	free(t->global);
	free(t->buf);
	free(t);
}

/* ---- bytes -------------------------------------------------------------------------- */

/* Something in the buffer: TAR_OK, or TAR_END. */
static enum tar_status fill(struct tar_in *t)
{
	ssize_t got;

	if (t->at < t->len)
		return TAR_OK;
	if (t->ended)
		return TAR_END;
	got = stream_read(t->fd, t->buf, BUFFER);
	if (got < 0)
		return broken(t, strerror(-got));
	progress_add(got);
	t->at = 0;
	t->len = got;
	t->ended = !got;
	return got ? TAR_OK : TAR_END;
}

/* TAR_END if there is none of it. */
static enum tar_status get(struct tar_in *t, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		enum tar_status status = fill(t);
		size_t n = t->len - t->at < size - done ? t->len - t->at : size - done;

		if (status == TAR_END && done)
			return broken(t, "the archive ends too early");
		if (status != TAR_OK)
			return status;
		memcpy((char *)to + done, t->buf + t->at, n);
		t->at += n;
		done += n;
	}
	return TAR_OK;
}

/* What belongs to an entry has to be there. */
static enum tar_status get_rest(struct tar_in *t, void *to, size_t size)
{
	enum tar_status status = get(t, to, size);

	return status == TAR_END ? broken(t, "the archive ends too early") : status;
}

static enum tar_status pass_over(struct tar_in *t, uint64_t size)
{
	while (size) {
		enum tar_status status = fill(t);
		size_t n = t->len - t->at < size ? t->len - t->at : size;

		if (status != TAR_OK)
			return status == TAR_END ? broken(t, "the archive ends too early") : status;
		t->at += n;
		size -= n;
	}
	return TAR_OK;
}

static uint64_t padding_of(uint64_t size)
{
	return -size & (BLOCK - 1);
}

/* @size bytes and what fills the last block; with a NUL behind them. */
static enum tar_status get_text(struct tar_in *t, uint64_t size, size_t limit, char **text)
{
	char *to;

	if (size > limit)
		return broken(t, "a name or a record in the archive is too long");
	to = must_alloc(size + 1);
	to[size] = 0;
	if (get_rest(t, to, size) || pass_over(t, padding_of(size))) {
		free(to);
		return TAR_BROKEN;
	}
	*text = to;
	return TAR_OK;
}

/* ---- fields ------------------------------------------------------------------------- */

/* Octal digits with blanks around; or, with the first bit set, binary, big-endian. */
static int number(const char *field, size_t size, int64_t *value)
{
	const unsigned char *at = (const unsigned char *)field;
	size_t i = 0;

	if (*at & 0x80) {
		int64_t sign = *at & 0x40 ? -1 : 0;

		*value = sign ? -1 : 0;
		*value = (int64_t)((uint64_t)*value << 6 | (*at & 0x3f));
		for (i = 1; i < size; i++) {
			if (*value >> 54 != sign)
				return -1;
			*value = (int64_t)((uint64_t)*value << 8 | at[i]);
		}
		return 0;
	}
	*value = 0;
	while (i < size && at[i] == ' ')
		i++;
	for (; i < size && at[i] >= '0' && at[i] <= '7'; i++)
		*value = *value << 3 | (at[i] - '0');
	return i == size || !at[i] || at[i] == ' ' ? 0 : -1;
}

#define FIELD(field, value) number(field, sizeof(field), value)

static int is_zero(const struct ustar *h)
{
	const char *at = (const char *)h;

	for (size_t i = 0; i < sizeof(*h); i++)
		if (at[i])
			return 0;
	return 1;
}

/* Some old programs took bytes as signed. */
static int signed_sum(const struct ustar *h)
{
	int sum = ustar_sum(h);

	for (size_t i = 0; i < sizeof(*h); i++) {
		size_t field = (const char *)h->checksum - (const char *)h;

		if (((const unsigned char *)h)[i] >= 0x80 &&
		    (i < field || i >= field + sizeof(h->checksum)))
			sum -= 256;
	}
	return sum;
}

static int sum_is_right(const struct ustar *h)
{
	int64_t sum;

	return !FIELD(h->checksum, &sum) && (sum == ustar_sum(h) || sum == signed_sum(h));
}

static const char *compression_of(const unsigned char *bytes)
{
	static const struct {
		const char *name;
		size_t size;
		unsigned char begin[6];
	} known[] = {
		{ "gzip", 2, { 0x1f, 0x8b } }, { "bzip2", 3, { 'B', 'Z', 'h' } },
		{ "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } }, { "compress", 2, { 0x1f, 0x9d } },
		{ "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd } }, { "lz4", 4, { 4, 0x22, 0x4d, 0x18 } },
		{ "lzma", 3, { 0x5d, 0, 0 } },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!memcmp(bytes, known[i].begin, known[i].size))
			return known[i].name;
	return NULL;
}

static enum tar_status no_header(struct tar_in *t, const struct ustar *h)
{
	const char *compression = compression_of((const unsigned char *)h);

	if (t->begun)
		return broken(t, "the archive is damaged: a header has a wrong checksum");
	if (!compression)
		return broken(t, "this is no tar archive");
	snprintf(t->error, sizeof(t->error),
		 "this is compressed by %s, and the program was built without libarchive; undo that first",
		 compression);
	return TAR_BROKEN;
}

/* A header, TAR_END at the end mark or without one. */
static enum tar_status get_header(struct tar_in *t, struct ustar *h)
{
	enum tar_status status = get(t, h, sizeof(*h));

	if (status == TAR_END && !t->begun)
		return broken(t, "there is nothing in it");
	if (status == TAR_END)
		warning("%s has no end mark: there may have been more of it", t->shown);
	if (status != TAR_OK)
		return status;
	if (is_zero(h)) {
		/* Whoever writes a pipe is not to find it closed. */
		while (fill(t) == TAR_OK)
			t->at = t->len;
		return TAR_END;
	}
	if (!sum_is_right(h))
		return no_header(t, h);
	t->begun = 1;
	return TAR_OK;
}

/* ---- extents ------------------------------------------------------------------------- */

static enum tar_status add_extent(struct tar_in *t, int64_t pos, int64_t len)
{
	struct pax *p = &t->pax;
	struct extent *last = p->extent_count ? &p->extents[p->extent_count - 1] : NULL;

	if (pos < 0 || len < 0 || p->extent_count >= EXTENT_LIMIT ||
	    (last && (uint64_t)pos < last->pos + last->len))
		return broken(t, "the archive is damaged: extents of a sparse file");
	pax_extent(p, pos, len);
	return TAR_OK;
}

static enum tar_status add_fields(struct tar_in *t, const struct ustar_extent *x, size_t count)
{
	int64_t pos, len;

	for (size_t i = 0; i < count && x[i].len[0]; i++) {
		if (FIELD(x[i].pos, &pos) || FIELD(x[i].len, &len))
			return broken(t, "the archive is damaged: extents of a sparse file");
		if (add_extent(t, pos, len))
			return TAR_BROKEN;
	}
	return TAR_OK;
}

/* In the header and blocks behind it. */
static enum tar_status get_gnu_extents(struct tar_in *t, const struct ustar *h)
{
	struct ustar_extents more = { .more = h->gnu.more };
	int64_t size;

	if (FIELD(h->gnu.size, &size) || size < 0)
		return broken(t, "the archive is damaged: the size of a sparse file");
	t->pax.sparse = 1;
	t->pax.has_real_size = 1;
	t->pax.real_size = size;
	if (add_fields(t, h->gnu.extents, 4))
		return TAR_BROKEN;
	while (more.more)
		if (get_rest(t, &more, sizeof(more)) || add_fields(t, more.extents, 21))
			return TAR_BROKEN;
	return TAR_OK;
}

/* A line of decimal digits, out of the blocks in front of the data. */
static enum tar_status get_line(struct tar_in *t, uint64_t *used, int64_t *value)
{
	char c = 0;
	int n;

	*value = 0;
	for (n = 0; n < 20; n++) {
		if (*used == t->left || get_rest(t, &c, 1))
			return *used == t->left ? broken(t, "the archive is damaged: extents of a sparse file") :
						  TAR_BROKEN;
		++*used;
		if (c < '0' || c > '9')
			break;
		if (*value > (INT64_MAX - 9) / 10)
			break;
		*value = *value * 10 + (c - '0');
	}
	return c == '\n' && n ? TAR_OK :
				broken(t, "the archive is damaged: extents of a sparse file");
}

static enum tar_status get_extents_in_data(struct tar_in *t)
{
	uint64_t used = 0;
	int64_t count, pos, len;

	if (get_line(t, &used, &count))
		return TAR_BROKEN;
	for (; count > 0; count--)
		if (get_line(t, &used, &pos) || get_line(t, &used, &len) ||
		    add_extent(t, pos, len))
			return TAR_BROKEN;
	if (used + padding_of(used) > t->left)
		return broken(t, "the archive is damaged: extents of a sparse file");
	t->left -= used + padding_of(used);
	return pass_over(t, padding_of(used));
}

/* They fit the file, and what the archive has of it. */
static enum tar_status check_extents(struct tar_in *t)
{
	uint64_t pos = 0, sum = 0;

	for (size_t i = 0; i < t->pax.extent_count; i++) {
		const struct extent *x = &t->pax.extents[i];

		if (x->pos < pos || x->pos > t->attr.size || x->len > t->attr.size - x->pos)
			return broken(t, "the archive is damaged: extents of a sparse file");
		pos = x->pos + x->len;
		sum += x->len;
	}
	if (sum != t->left)
		return broken(t, "the archive is damaged: the data of a sparse file");
	return TAR_OK;
}

static enum tar_status find_extents(struct tar_in *t, const struct ustar *h)
{
	struct pax *p = &t->pax;

	if (h->type == USTAR_GNU_SPARSE && get_gnu_extents(t, h))
		return TAR_BROKEN;
	if (p->sparse && p->sparse_in_data && get_extents_in_data(t))
		return TAR_BROKEN;
	t->attr.size = p->sparse && p->has_real_size ? p->real_size : t->left;
	if (!p->sparse)
		pax_extent(p, 0, t->left);
	return check_extents(t);
}

/* ---- entries -------------------------------------------------------------------------- */

static uint32_t mode_of(char type)
{
	switch (type) {
	case USTAR_SYMLINK:
		return S_IFLNK;
	case USTAR_CHAR:
		return S_IFCHR;
	case USTAR_BLOCKDEV:
		return S_IFBLK;
	case USTAR_FIFO:
		return S_IFIFO;
	case USTAR_FOLDER:
	case USTAR_GNU_FOLDER:
		return S_IFDIR;
	/* What is unknown is a file, says POSIX. */
	default:
		return S_IFREG;
	}
}

static enum entry_type type_of(const struct tar_in *t, const struct ustar *h)
{
	switch (t->attr.mode & S_IFMT) {
	case S_IFDIR:
		return ENTRY_ENTER;
	case S_IFLNK:
		return ENTRY_SYMLINK;
	case S_IFREG:
		return h->type == USTAR_LINK ? ENTRY_LINK : ENTRY_FILE;
	default:
		return ENTRY_NODE;
	}
}

/* The records' if they are there, else that of a long name, else the header's. */
static void take_names(struct tar_in *t, const struct ustar *h, char *long_name, char *long_target)
{
	const char *prefix = memcmp(h->magic, USTAR_MAGIC, 6) ? "" : h->prefix;
	char name[sizeof(h->prefix) + sizeof(h->name) + 2];
	char target[sizeof(h->target) + 1];
	const char *recorded = t->pax.sparse_path ? t->pax.sparse_path : t->pax.path;

	snprintf(name, sizeof(name), "%.*s%s%.*s", (int)sizeof(h->prefix), prefix,
		 *prefix ? "/" : "", (int)sizeof(h->name), h->name);
	snprintf(target, sizeof(target), "%.*s", (int)sizeof(h->target), h->target);
	free(t->path);
	free(t->target);
	t->path = must_strdup(recorded ? recorded : long_name ? long_name : name);
	t->target = must_strdup(t->pax.target ? t->pax.target : long_target ? long_target :
									      target);
}

static enum tar_status take_attributes(struct tar_in *t, const struct ustar *h)
{
	int64_t mode, uid, gid, size, mtime, major = 0, minor = 0;
	const struct pax *p = &t->pax;
	size_t len = strlen(t->path);

	if (FIELD(h->mode, &mode) || FIELD(h->uid, &uid) || FIELD(h->gid, &gid) ||
	    FIELD(h->size, &size) || FIELD(h->mtime, &mtime) || (!p->has_size && size < 0))
		return broken(t, "the archive is damaged: a number in a header");
	/* Old archives have something else there. */
	if (h->type == USTAR_CHAR || h->type == USTAR_BLOCKDEV)
		if (FIELD(h->major, &major) || FIELD(h->minor, &minor))
			return broken(t, "the archive is damaged: the number of a device");
	t->attr = (struct attributes){
		.mode = (mode & 07777) | mode_of(h->type), .links = 1,
		.uid = p->has_uid ? p->uid : uid, .gid = p->has_gid ? p->gid : gid,
		.major = p->has_major ? p->major : major,
		.minor = p->has_minor ? p->minor : minor,
		.mtime = p->has_mtime ? p->mtime : (struct timespec){ mtime, 0 },
	};
	t->attr.atime = p->has_atime ? p->atime : t->attr.mtime;
	/* Before there were types a slash said that it is a folder. */
	if ((h->type == USTAR_FILE || !h->type) && len && t->path[len - 1] == '/')
		t->attr.mode = (mode & 07777) | S_IFDIR;
	t->left = p->has_size ? p->size : (uint64_t)size;
	return TAR_OK;
}

/* Links have their file's size, in some archives, and its data in few. */
static int has_data(const struct tar_in *t, const struct ustar *h, int with_records)
{
	if (h->type == USTAR_LINK)
		return with_records;
	return h->type == USTAR_GNU_FOLDER || S_ISREG(t->attr.mode);
}

static enum tar_status take_entry(struct tar_in *t, const struct ustar *h, int with_records)
{
	if (take_attributes(t, h))
		return TAR_BROKEN;
	if (!has_data(t, h, with_records))
		t->left = 0;
	t->padding = padding_of(t->left);
	t->extent = 0;
	t->done = 0;
	return S_ISREG(t->attr.mode) && h->type != USTAR_LINK ? find_extents(t, h) : TAR_OK;
}

/* Those for all entries from here on. */
static enum tar_status add_global(struct tar_in *t, uint64_t size)
{
	char *text;

	if (get_text(t, size, PAX_LIMIT - t->global_size, &text))
		return TAR_BROKEN;
	t->global = must_realloc(t->global, t->global_size + size + 1);
	memcpy(t->global + t->global_size, text, size + 1);
	t->global_size += size;
	free(text);
	return TAR_OK;
}

/* The header of an entry, with all that stands before it. */
struct heads {
	struct ustar h;
	char *name, *target;
	char *records;
	size_t records_size;
};

static enum tar_status get_heads(struct tar_in *t, struct heads *heads)
{
	struct ustar *h = &heads->h;
	enum tar_status status;
	char *text;
	int64_t size;

	for (;;) {
		status = get_header(t, h);
		if (status)
			return status;
		if (FIELD(h->size, &size) || size < 0)
			size = 0;
		switch (h->type) {
		case USTAR_PAX_ALL:
			if (add_global(t, size))
				return TAR_BROKEN;
			continue;
		case USTAR_ACL_SUN:
		case USTAR_GNU_TITLE:
			if (pass_over(t, size + padding_of(size)))
				return TAR_BROKEN;
			continue;
		case USTAR_GNU_PART:
			return broken(t, "this is a part of an archive; put the parts together first");
		case USTAR_PAX:
		case USTAR_PAX_SUN:
		case USTAR_GNU_NAME:
		case USTAR_GNU_TARGET:
			break;
		default:
			return TAR_OK;
		}
		if (get_text(t, size, h->type == USTAR_PAX || h->type == USTAR_PAX_SUN ?
			     PAX_LIMIT : NAME_LIMIT, &text))
			return TAR_BROKEN;
		if (h->type == USTAR_GNU_NAME) {
			free(heads->name);
			heads->name = text;
		} else if (h->type == USTAR_GNU_TARGET) {
			free(heads->target);
			heads->target = text;
		} else {
			free(heads->records);
			heads->records = text;
			heads->records_size = size;
		}
	}
}

static enum tar_status parse_records(struct tar_in *t, struct heads *heads)
{
	char *global = NULL;
	int ret = 0;

	pax_free(&t->pax);
	pax_init(&t->pax);
	if (t->global_size) {
		/* They are changed when they are read. */
		global = must_alloc(t->global_size);
		memcpy(global, t->global, t->global_size);
		ret = pax_parse(&t->pax, global, t->global_size);
		free(global);
	}
	if (!ret && heads->records)
		ret = pax_parse(&t->pax, heads->records, heads->records_size);
	return ret ? broken(t, "the archive is damaged: records of an entry") : TAR_OK;
}

enum tar_status tar_in_next(struct tar_in *t, struct tar_header *header)
{
	struct heads heads = { 0 };
	enum tar_status status = pass_over(t, t->left + t->padding);

	t->left = 0;
	t->padding = 0;
	if (!status)
		status = get_heads(t, &heads);
	if (!status)
		status = parse_records(t, &heads);
	if (!status) {
		take_names(t, &heads.h, heads.name, heads.target);
		status = take_entry(t, &heads.h, heads.records != NULL);
	}
	if (!status)
		*header = (struct tar_header){
			.type = type_of(t, &heads.h), .path = t->path, .target = t->target,
		};
	free(heads.name);
	free(heads.target);
	free(heads.records);
	return status;
}

int tar_in_attributes(struct tar_in *t, struct entry *e)
{
	e->attr = t->attr;
	e->xattrs = t->pax.attributes->xattrs;
	t->pax.attributes->xattrs = NULL;
	return t->pax.unknown_acl ? -1 : 0;
}

enum tar_status tar_in_data(struct tar_in *t, const char **buf, size_t *len, uint64_t *pos)
{
	const struct pax *p = &t->pax;
	enum tar_status status;
	uint64_t left;

	while (t->extent < p->extent_count && t->done == p->extents[t->extent].len) {
		t->extent++;
		t->done = 0;
	}
	if (t->extent == p->extent_count)
		return TAR_END;
	status = fill(t);
	if (status != TAR_OK)
		return status == TAR_END ? broken(t, "the archive ends too early") : status;
	left = p->extents[t->extent].len - t->done;
	*pos = p->extents[t->extent].pos + t->done;
	*buf = (const char *)t->buf + t->at;
	*len = t->len - t->at < left ? t->len - t->at : left;
	t->at += *len;
	t->done += *len;
	t->left -= *len;
	return TAR_OK;
}

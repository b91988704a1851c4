// SPDX-License-Identifier: GPL-2.0
/*
 * Entries whose attributes fit have a header alone; what does not fit, and what it has no place
 * for, is in records before it. Sparse files are as GNU tar has them since 1.15: a list of
 * extents in front of their data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "acl_text.h"
#include "message.h"
#include "posix_acl.h"
#include "stream.h"
#include "tar_out.h"
#include "ustar.h"

/* Written at a time. */
#define BUFFER	(64 << 10)
#define BLOCK	USTAR_BLOCK

/* What eleven and seven octal digits hold. */
#define LONG_MAX_VALUE	((1ULL << 33) - 1)
#define SHORT_MAX_VALUE	((1U << 21) - 1)

/* Bytes that grow. */
struct text {
	char *data;
	size_t len, room;
};

struct tar_out {
	int fd;
	char *buf;
	size_t used;
	char error[256];
	/* Records of the entry. */
	struct text pax;
	/* Where the data of the file is; how much of its content came. */
	struct extent *extents;
	size_t extent_count, extent;
	uint64_t pos;
	/* Its data in the archive, and what is still to come of that. */
	uint64_t stored, left;
};

const char *tar_out_error(const struct tar_out *t)
{
	return t->error;
}

struct tar_out *tar_out_open(int fd, const char *shown, const char *compression)
{
	struct tar_out *t;

	if (strcmp(compression, "none")) {
		error("%s: this program was built without libarchive and does not compress; use --compress=none and %s afterwards",
		      shown, compression);
		return NULL;
	}
	t = must_alloc(sizeof(*t));
	*t = (struct tar_out){ .fd = fd, .buf = must_alloc(BUFFER) };
	return t;
}

void tar_out_free(struct tar_out *t)
{
	free(t->buf);
	free(t->pax.data);
	free(t->extents);
	free(t);
}

/* ---- bytes -------------------------------------------------------------------------- */

static enum tar_status flush(struct tar_out *t)
{
	for (size_t at = 0; at < t->used;) {
		ssize_t done = stream_write(t->fd, t->buf + at, t->used - at);

		if (done < 0) {
			snprintf(t->error, sizeof(t->error), "%s", strerror(-done));
			return TAR_BROKEN;
		}
		at += done;
	}
	t->used = 0;
	return TAR_OK;
}

static enum tar_status put(struct tar_out *t, const void *data, size_t len)
{
	const char *from = data;

	while (len) {
		size_t n = len < BUFFER - t->used ? len : BUFFER - t->used;

		memcpy(t->buf + t->used, from, n);
		t->used += n;
		from += n;
		len -= n;
		if (t->used == BUFFER && flush(t))
			return TAR_BROKEN;
	}
	return TAR_OK;
}

/* Up to a whole block. */
static enum tar_status pad(struct tar_out *t, uint64_t len)
{
	static const char zeroes[BLOCK];

	return put(t, zeroes, -len & (BLOCK - 1));
}

static void add(struct text *t, const void *data, size_t len)
{
	if (t->room < t->len + len) {
		t->room = (t->len + len) * 2;
		t->data = must_realloc(t->data, t->room);
	}
	memcpy(t->data + t->len, data, len);
	t->len += len;
}

/* ---- records ------------------------------------------------------------------------ */

/* "LENGTH KEY=VALUE\n"; the length counts its own digits. */
static void record(struct tar_out *t, const char *key, const void *value, size_t size)
{
	size_t rest = strlen(key) + size + 3, len = rest + 1;
	char digits[24];

	while (len != rest + (size_t)snprintf(digits, sizeof(digits), "%zu", len))
		len = rest + strlen(digits);
	add(&t->pax, digits, strlen(digits));
	add(&t->pax, " ", 1);
	add(&t->pax, key, strlen(key));
	add(&t->pax, "=", 1);
	add(&t->pax, value, size);
	add(&t->pax, "\n", 1);
}

static void record_text(struct tar_out *t, const char *key, const char *text)
{
	record(t, key, text, strlen(text));
}

static void record_number(struct tar_out *t, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	record_text(t, key, text);
}

/* Before 1970 the fraction counts backwards, as the number's sign says. */
static void record_time(struct tar_out *t, const char *key, struct timespec ts)
{
	long long s = ts.tv_sec;
	long ns = ts.tv_nsec;
	const char *sign = s < 0 ? "-" : "";
	char text[48];

	if (s < 0 && ns) {
		s++;
		ns = 1000000000 - ns;
	}
	if (ns)
		snprintf(text, sizeof(text), "%s%llu.%09ld", sign,
			 s < 0 ? -(unsigned long long)s : (unsigned long long)s, ns);
	else
		snprintf(text, sizeof(text), "%lld", s);
	record_text(t, key, text);
}

/* As GNU tar does it: "=" would end the name. */
static void record_xattr(struct tar_out *t, const struct xattr *x)
{
	struct text key = { 0 };

	add(&key, PAX_XATTR, strlen(PAX_XATTR));
	for (const char *at = x->name; *at; at++)
		if (*at == '=')
			add(&key, "%3D", 3);
		else if (*at == '%')
			add(&key, "%25", 3);
		else
			add(&key, at, 1);
	add(&key, "", 1);
	record(t, key.data, x->value, x->size);
	free(key.data);
}

static void record_xattrs(struct tar_out *t, const struct entry *e)
{
	for (const struct xattr *x = e->xattrs; x; x = x->next) {
		char *acl = acl_to_text(x);

		if (!acl)
			record_xattr(t, x);
		else if (*acl)
			record_text(t, strcmp(x->name, POSIX_ACL_ACCESS) ? PAX_ACL_DEFAULT :
									   PAX_ACL_ACCESS, acl);
		free(acl);
	}
}

static int is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return 0;
	return 1;
}

static int is_utf8(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		int more = *at < 0x80 ? 0 : *at < 0xc2 ? -1 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 :
			   *at < 0xf5 ? 3 : -1;

		if (more < 0)
			return 0;
		for (at++; more; more--)
			if ((*at++ & 0xc0) != 0x80)
				return 0;
	}
	return 1;
}

/* ---- headers ------------------------------------------------------------------------ */

static void octal(char *field, size_t size, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%0*llo", (int)size - 1, (unsigned long long)value);
	memcpy(field, text, size);
}

/* A number with a record if it is too large. */
static void short_number(struct tar_out *t, char *field, const char *key, uint32_t value)
{
	octal(field, 8, value <= SHORT_MAX_VALUE ? value : 0);
	if (value > SHORT_MAX_VALUE)
		record_number(t, key, value);
}

static void long_number(struct tar_out *t, char *field, const char *key, uint64_t value)
{
	octal(field, 12, value <= LONG_MAX_VALUE ? value : 0);
	if (value > LONG_MAX_VALUE)
		record_number(t, key, value);
}

static enum tar_status put_header(struct tar_out *t, struct ustar *h)
{
	char sum[12];

	memcpy(h->magic, USTAR_MAGIC, sizeof(h->magic));
	snprintf(sum, sizeof(sum), "%06o", ustar_sum(h));
	memcpy(h->checksum, sum, 7);
	h->checksum[7] = ' ';
	return put(t, h, sizeof(*h));
}

/* What programs that know no records call the file: "PREFIX/" and the end of its path. */
static void stand_in(struct ustar *h, const char *prefix, const char *path)
{
	size_t len = strlen(path), start, n = strlen(prefix);

	while (len && path[len - 1] == '/')
		len--;
	for (start = len; start && path[start - 1] != '/'; start--)
		;
	len -= start;
	if (len > sizeof(h->name) - n)
		len = sizeof(h->name) - n;
	memset(h->name, 0, sizeof(h->name));
	memset(h->prefix, 0, sizeof(h->prefix));
	memcpy(h->name, prefix, n);
	memcpy(h->name + n, path + start, len);
}

/* Into the two fields, if it fits there. */
static int split_name(struct ustar *h, const char *path)
{
	size_t len = strlen(path), cut = 0;

	if (len > sizeof(h->name)) {
		for (cut = len - sizeof(h->name) - 1; cut < len - 1 && path[cut] != '/'; cut++)
			;
		if (cut >= len - 1 || !cut || cut > sizeof(h->prefix))
			return 0;
		memcpy(h->prefix, path, cut);
		cut++;
	}
	memcpy(h->name, path + cut, len - cut);
	return 1;
}

static char type_of(const struct entry *e)
{
	switch (e->type) {
	case ENTRY_ENTER:
		return USTAR_FOLDER;
	case ENTRY_SYMLINK:
		return USTAR_SYMLINK;
	case ENTRY_LINK:
		return USTAR_LINK;
	case ENTRY_NODE:
		return S_ISCHR(e->attr.mode) ? USTAR_CHAR :
		       S_ISBLK(e->attr.mode) ? USTAR_BLOCKDEV : USTAR_FIFO;
	default:
		return USTAR_FILE;
	}
}

static enum tar_status put_records(struct tar_out *t, const struct ustar *like, const char *name)
{
	struct ustar h = *like;

	if (!t->pax.len)
		return TAR_OK;
	stand_in(&h, "PaxHeader/", name);
	memset(h.target, 0, sizeof(h.target));
	h.type = USTAR_PAX;
	octal(h.size, sizeof(h.size), t->pax.len);
	if (put_header(t, &h) || put(t, t->pax.data, t->pax.len))
		return TAR_BROKEN;
	return pad(t, t->pax.len);
}

/* ---- sparse files --------------------------------------------------------------------- */

/* All of it is one extent, unless there are holes. Whether there are. */
static int take_extents(struct tar_out *t, const struct entry *e)
{
	uint64_t size = e->type == ENTRY_FILE ? e->attr.size : 0, data = 0;

	for (size_t i = 0; i < e->extent_count; i++)
		data += e->extents[i].len;
	t->extent = 0;
	t->pos = 0;
	t->extent_count = e->extents && data < size ? e->extent_count : 1;
	t->extents = must_realloc(t->extents, (t->extent_count + 1) * sizeof(t->extents[0]));
	if (e->extents && data < size) {
		memcpy(t->extents, e->extents, e->extent_count * sizeof(t->extents[0]));
		/* The list ends where the file does. */
		t->extents[t->extent_count++] = (struct extent){ size, 0 };
		return 1;
	}
	t->extents[0] = (struct extent){ 0, size };
	return 0;
}

/* The list, as it stands in front of the data. */
static struct text list_extents(const struct tar_out *t)
{
	struct text list = { 0 };
	char line[64];

	add(&list, line, snprintf(line, sizeof(line), "%zu\n", t->extent_count));
	for (size_t i = 0; i < t->extent_count; i++)
		add(&list, line, snprintf(line, sizeof(line), "%llu\n%llu\n",
					  (unsigned long long)t->extents[i].pos,
					  (unsigned long long)t->extents[i].len));
	while (list.len & (BLOCK - 1))
		add(&list, "", 1);
	return list;
}

/* What was promised of the last file's data, whatever became of it. */
static enum tar_status end_data(struct tar_out *t)
{
	static const char zeroes[BLOCK];

	while (t->left) {
		size_t n = t->left < BLOCK ? t->left : BLOCK;

		if (put(t, zeroes, n))
			return TAR_BROKEN;
		t->left -= n;
	}
	return pad(t, t->stored);
}

/* ---- entries -------------------------------------------------------------------------- */

static void fill_name(struct tar_out *t, struct ustar *h, const char *name)
{
	if (is_ascii(name) && split_name(h, name))
		return;
	stand_in(h, "", name);
	record_text(t, "path", name);
}

static void fill_target(struct tar_out *t, struct ustar *h, const struct entry *e)
{
	size_t len = e->target ? strlen(e->target) : 0;

	if (len)
		memcpy(h->target, e->target, len < sizeof(h->target) ? len : sizeof(h->target));
	if (len && (len > sizeof(h->target) || !is_ascii(e->target)))
		record_text(t, "linkpath", e->target);
}

static void fill_attributes(struct tar_out *t, struct ustar *h, const struct entry *e)
{
	const struct attributes *attr = &e->attr;
	int64_t mtime = attr->mtime.tv_sec;
	int fits = mtime >= 0 && (uint64_t)mtime <= LONG_MAX_VALUE;

	octal(h->mode, sizeof(h->mode), attr->mode & 07777);
	short_number(t, h->uid, "uid", attr->uid);
	short_number(t, h->gid, "gid", attr->gid);
	short_number(t, h->major, "SCHILY.devmajor", e->type == ENTRY_NODE ? attr->major : 0);
	short_number(t, h->minor, "SCHILY.devminor", e->type == ENTRY_NODE ? attr->minor : 0);
	octal(h->mtime, sizeof(h->mtime), fits ? mtime : 0);
	record_time(t, "atime", attr->atime);
	if (!fits || attr->mtime.tv_nsec)
		record_time(t, "mtime", attr->mtime);
	record_xattrs(t, e);
}

enum tar_status tar_out_header(struct tar_out *t, const struct entry *e, const char *name)
{
	struct ustar h = { .type = type_of(e) };
	struct text list = { 0 };
	enum tar_status status;
	uint64_t data = 0;
	int sparse;

	if (end_data(t))
		return TAR_BROKEN;
	sparse = take_extents(t, e);
	t->pax.len = 0;
	/* Records are UTF-8, unless they say that they are just bytes. */
	if (!is_utf8(name) || (e->target && !is_utf8(e->target)))
		record_text(t, "hdrcharset", "BINARY");
	fill_attributes(t, &h, e);
	fill_target(t, &h, e);
	if (sparse) {
		record_text(t, "GNU.sparse.major", "1");
		record_text(t, "GNU.sparse.minor", "0");
		record_text(t, "GNU.sparse.name", name);
		record_number(t, "GNU.sparse.realsize", e->attr.size);
		stand_in(&h, "GNUSparseFile.0/", name);
		list = list_extents(t);
	} else {
		fill_name(t, &h, name);
	}
	for (size_t i = 0; i < t->extent_count; i++)
		data += t->extents[i].len;
	t->stored = data;
	t->left = data;
	long_number(t, h.size, "size", list.len + data);
	status = put_records(t, &h, name);
	if (!status)
		status = put_header(t, &h);
	if (!status)
		status = put(t, list.data, list.len);
	free(list.data);
	return status;
}

/* Whoever reads counts on as much as the header says, and no more. */
enum tar_status tar_out_data(struct tar_out *t, const char *buf, size_t len)
{
	const uint64_t begin = t->pos, end = begin + len;

	while (t->extent < t->extent_count && t->extents[t->extent].pos < end) {
		const struct extent *x = &t->extents[t->extent];
		uint64_t from = x->pos > begin ? x->pos : begin;
		uint64_t to = x->pos + x->len < end ? x->pos + x->len : end;

		if (from < to) {
			if (put(t, buf + (from - begin), to - from))
				return TAR_BROKEN;
			t->left -= to - from;
		}
		if (to < x->pos + x->len)
			break;
		t->extent++;
	}
	t->pos = end;
	return TAR_OK;
}

enum tar_status tar_out_end(struct tar_out *t)
{
	static const char zeroes[2 * BLOCK];

	if (end_data(t) || put(t, zeroes, sizeof(zeroes)))
		return TAR_BROKEN;
	return flush(t);
}

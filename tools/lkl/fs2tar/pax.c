// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "acl_text.h"
#include "pax.h"
#include "posix_acl.h"
#include "ustar.h"

void pax_init(struct pax *p)
{
	*p = (struct pax){ .attributes = entry_new(ENTRY_FILE, "", 0) };
}

void pax_free(struct pax *p)
{
	free(p->path);
	free(p->target);
	free(p->extents);
	free(p->sparse_path);
	entry_free(p->attributes);
}

void pax_extent(struct pax *p, uint64_t pos, uint64_t len)
{
	/* Room for twice as many at each power of two. */
	if (!(p->extent_count & (p->extent_count - 1)))
		p->extents = must_realloc(p->extents, (p->extent_count ? 2 * p->extent_count : 1) *
					  sizeof(p->extents[0]));
	p->extents[p->extent_count++] = (struct extent){ pos, len };
}

/* ---- values ------------------------------------------------------------------------- */

/* Decimal digits up to @end; where they end, or NULL if there are none or too many. */
static const char *digits(const char *text, uint64_t *value)
{
	const char *at;

	*value = 0;
	for (at = text; *at >= '0' && *at <= '9'; at++) {
		if (*value > (UINT64_MAX - 9) / 10)
			return NULL;
		*value = *value * 10 + (*at - '0');
	}
	return at == text ? NULL : at;
}

static int number(const char *text, uint64_t max, uint64_t *value)
{
	const char *end = digits(text, value);

	return end && !*end && *value <= max ? 0 : -1;
}

static int number32(const char *text, uint32_t *to)
{
	uint64_t value;

	if (number(text, UINT32_MAX, &value))
		return -1;
	*to = value;
	return 0;
}

/* Before 1970 the whole has a sign, with its fraction. */
static int time_of(const char *text, struct timespec *ts)
{
	int negative = *text == '-';
	long ns = 0, unit = 100000000;
	const char *at;
	uint64_t s;

	at = digits(text + negative, &s);
	if (!at || s > INT64_MAX / 2)
		return -1;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++) {
			ns += (*at - '0') * unit;
			unit /= 10;
		}
	if (*at)
		return -1;
	ts->tv_sec = negative ? -(int64_t)s - (ns != 0) : (int64_t)s;
	ts->tv_nsec = negative && ns ? 1000000000 - ns : ns;
	return 0;
}

static void set_text(char **to, const char *value)
{
	free(*to);
	/* An empty value takes back what was said for all entries. */
	*to = *value ? must_strdup(value) : NULL;
}

/* "POS,LEN,POS,LEN..." */
static int extents_of(struct pax *p, const char *text)
{
	uint64_t pos, len;

	while (*text) {
		text = digits(text, &pos);
		if (!text || *text++ != ',')
			return -1;
		text = digits(text, &len);
		if (!text || (*text && *text++ != ','))
			return -1;
		pax_extent(p, pos, len);
	}
	return 0;
}

static int add_xattr(struct pax *p, char *name, const char *value, size_t size)
{
	char *out = name;

	for (const char *at = name; *at; at++)
		if (!strncmp(at, "%3D", 3) || !strncmp(at, "%25", 3)) {
			*out++ = at[1] == '3' ? '=' : '%';
			at += 2;
		} else {
			*out++ = *at;
		}
	*out = 0;
	if (*name)
		entry_set_xattr(p->attributes, name, value, size);
	return 0;
}

/* ---- sparse files: three ways, all of GNU tar ------------------------------------------ */

static int sparse_record(struct pax *p, const char *key, const char *value)
{
	uint64_t n;

	if (!strcmp(key, "name")) {
		set_text(&p->sparse_path, value);
		return 0;
	}
	p->sparse = 1;
	if (!strcmp(key, "map"))
		return extents_of(p, value);
	if (number(value, INT64_MAX, &n))
		return -1;
	if (!strcmp(key, "size") || !strcmp(key, "realsize")) {
		p->has_real_size = 1;
		p->real_size = n;
	} else if (!strcmp(key, "major")) {
		p->sparse_in_data = n == 1;
		return n <= 1 ? 0 : -1;
	} else if (!strcmp(key, "offset")) {
		pax_extent(p, n, 0);
	} else if (!strcmp(key, "numbytes")) {
		if (!p->extent_count)
			return -1;
		p->extents[p->extent_count - 1].len = n;
	}
	return 0;
}

/* ---- records ------------------------------------------------------------------------ */

static int is_prefix(const char *prefix, const char *text)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* @value has a NUL behind its @size bytes. */
static int one_record(struct pax *p, char *key, const char *value, size_t size)
{
	if (!strcmp(key, "path")) {
		set_text(&p->path, value);
	} else if (!strcmp(key, "linkpath")) {
		set_text(&p->target, value);
	} else if (!strcmp(key, "size")) {
		p->has_size = *value != 0;
		return *value ? number(value, INT64_MAX, &p->size) : 0;
	} else if (!strcmp(key, "SCHILY.realsize")) {
		p->has_real_size = *value != 0;
		return *value ? number(value, INT64_MAX, &p->real_size) : 0;
	} else if (!strcmp(key, "uid")) {
		p->has_uid = *value != 0;
		return *value ? number32(value, &p->uid) : 0;
	} else if (!strcmp(key, "gid")) {
		p->has_gid = *value != 0;
		return *value ? number32(value, &p->gid) : 0;
	} else if (!strcmp(key, "mtime")) {
		p->has_mtime = *value != 0;
		return *value ? time_of(value, &p->mtime) : 0;
	} else if (!strcmp(key, "atime")) {
		p->has_atime = *value != 0;
		return *value ? time_of(value, &p->atime) : 0;
	} else if (!strcmp(key, "SCHILY.devmajor")) {
		p->has_major = *value != 0;
		return *value ? number32(value, &p->major) : 0;
	} else if (!strcmp(key, "SCHILY.devminor")) {
		p->has_minor = *value != 0;
		return *value ? number32(value, &p->minor) : 0;
	} else if (is_prefix("GNU.sparse.", key)) {
		return sparse_record(p, key + strlen("GNU.sparse."), value);
	} else if (is_prefix(PAX_XATTR, key)) {
		return add_xattr(p, key + strlen(PAX_XATTR), value, size);
	} else if (!strcmp(key, "RHT.security.selinux")) {
		entry_set_xattr(p->attributes, "security.selinux", value, size + 1);
	} else if (!strcmp(key, PAX_ACL_ACCESS)) {
		p->unknown_acl |= acl_from_text(p->attributes, POSIX_ACL_ACCESS, value) != 0;
	} else if (!strcmp(key, PAX_ACL_DEFAULT)) {
		p->unknown_acl |= acl_from_text(p->attributes, POSIX_ACL_DEFAULT, value) != 0;
	}
	return 0;
}

int pax_parse(struct pax *p, char *text, size_t size)
{
	while (size) {
		size_t len = 0, at;
		char *equals;

		for (at = 0; at < size && text[at] >= '0' && text[at] <= '9'; at++) {
			len = len * 10 + (text[at] - '0');
			if (len > size)
				return -1;
		}
		if (!at || len <= at + 1 || text[at] != ' ' || text[len - 1] != '\n')
			return -1;
		at++;
		equals = memchr(text + at, '=', len - at);
		if (!equals || equals == text + at)
			return -1;
		*equals++ = 0;
		text[len - 1] = 0;
		if (one_record(p, text + at, equals, text + len - 1 - equals))
			return -1;
		text += len;
		size -= len;
	}
	return 0;
}

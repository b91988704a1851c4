// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl_text.h"
#include "posix_acl.h"

static const struct {
	const char *name;
	uint16_t tag;
	/* With a number: */
	uint16_t named;
} tags[] = {
	{ "user", POSIX_ACL_USER_OBJ, POSIX_ACL_USER },
	{ "group", POSIX_ACL_GROUP_OBJ, POSIX_ACL_GROUP },
	{ "mask", POSIX_ACL_MASK, 0 },
	{ "other", POSIX_ACL_OTHER, 0 },
};

#define TAGS (sizeof(tags) / sizeof(tags[0]))

/* The longest entry: "group:4294967295:rwx,". */
#define ENTRY_MAX 24

static int put(char *to, const struct posix_acl_entry *acl)
{
	uint16_t tag = le16toh(acl->tag), perm = le16toh(acl->perm);
	char id[12] = "";
	size_t i;

	for (i = 0; i < TAGS && tags[i].tag != tag && tags[i].named != tag; i++)
		;
	if (i == TAGS)
		return 0;
	if (tags[i].named == tag)
		snprintf(id, sizeof(id), "%u", le32toh(acl->id));
	return snprintf(to, ENTRY_MAX, "%s:%s:%c%c%c,", tags[i].name, id, perm & 4 ? 'r' : '-',
			perm & 2 ? 'w' : '-', perm & 1 ? 'x' : '-');
}

char *acl_to_text(const struct xattr *x)
{
	struct posix_acl_entry *acl;
	size_t count, len = 0;
	char *text;

	if (!posix_acl_is(x->name))
		return NULL;
	count = posix_acl_entries((char *)x->value, x->size, &acl);
	text = must_alloc(count * ENTRY_MAX + 1);
	for (size_t i = 0; i < count; i++)
		len += put(text + len, &acl[i]);
	text[len ? len - 1 : 0] = 0;
	return text;
}

/* "rwx" in any order, with "-" for what is not there. -1 if it is something else. */
static int permissions(const char *text)
{
	int perm = 0;

	for (; *text; text++)
		switch (*text) {
		case 'r':
			perm |= 4;
			break;
		case 'w':
			perm |= 2;
			break;
		case 'x':
			perm |= 1;
			break;
		case '-':
			break;
		default:
			return -1;
		}
	return perm;
}

static int number(const char *text, uint32_t *id)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	value = strtoull(text, &end, 10);
	if (*end || value >= POSIX_ACL_NO_ID)
		return -1;
	*id = value;
	return 0;
}

/* Cuts @text at the next @separator; what is left, or NULL. */
static char *cut(char *text, char separator)
{
	char *at = text ? strchr(text, separator) : NULL;

	if (at)
		*at++ = 0;
	return at;
}

/* "TAG:WHO:PERMISSIONS[:NUMBER]", which is changed; programs leave WHO of two tags out. */
static int get(char *text, struct posix_acl_entry *acl)
{
	char *who = cut(text, ':'), *perm = cut(who, ':'), *more = cut(perm, ':');
	uint32_t id = POSIX_ACL_NO_ID;
	uint16_t tag;
	size_t i;

	for (i = 0; i < TAGS && strcmp(text, tags[i].name) &&
	     (text[0] != tags[i].name[0] || text[1]); i++)
		;
	if (i == TAGS || !who)
		return -1;
	if (!perm && !tags[i].named) {
		perm = who;
		who = "";
	}
	tag = *who ? tags[i].named : tags[i].tag;
	if (!perm || permissions(perm) < 0 || !tag ||
	    (*who && number(who, &id) && (!more || number(more, &id))))
		return -1;
	*acl = (struct posix_acl_entry){ htole16(tag), htole16(permissions(perm)), htole32(id) };
	return 0;
}

int acl_from_text(struct entry *e, const char *xattr, const char *text)
{
	char *copy = must_strdup(text), *at, *next, *value;
	struct posix_acl_entry *acl;
	size_t count = 1, n = 0;
	int ret = 0;

	for (at = copy; *at; at++) {
		if (*at == '\n')
			*at = ',';
		count += *at == ',';
	}
	value = must_alloc(4 + count * sizeof(*acl));
	*(uint32_t *)value = htole32(POSIX_ACL_VERSION);
	acl = (struct posix_acl_entry *)(value + 4);
	for (at = copy; at; at = next) {
		next = cut(at, ',');
		/* Some write "default:" in front of each. */
		if (!strncmp(at, "default:", 8))
			at += 8;
		if (*at && get(at, &acl[n]))
			ret = -1;
		else if (*at)
			n++;
	}
	/* GNU tar has the whole list as an attribute, too: that is better than a part. */
	if (n && !(ret && entry_xattr(e, xattr))) {
		posix_acl_sort(acl, n);
		entry_set_xattr(e, xattr, value, 4 + n * sizeof(*acl));
	}
	free(value);
	free(copy);
	return ret;
}

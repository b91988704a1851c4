// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adjust.h"
#include "entry.h"
#include "message.h"
#include "posix_acl.h"

/* (uint32_t)-1 means "nobody" in system calls. */
#define ID_MAX 0xfffffffeU

static uint32_t map_id(const struct id_map *map, uint32_t id)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct id_range *r = &map->ranges[i];

		if (id >= r->from && id - r->from < r->count)
			return r->to + (id - r->from);
	}
	return id;
}

/* The users and groups that an access control list names. */
static void map_acl(const struct adjust *a, struct xattr *x)
{
	struct posix_acl_entry *acl;
	size_t count = posix_acl_entries(x->value, x->size, &acl);

	for (size_t i = 0; i < count; i++) {
		uint32_t id = le32toh(acl[i].id);

		if (le16toh(acl[i].tag) == POSIX_ACL_USER)
			acl[i].id = htole32(map_id(&a->owners, id));
		else if (le16toh(acl[i].tag) == POSIX_ACL_GROUP)
			acl[i].id = htole32(map_id(&a->groups, id));
	}
}

static void clamp(const struct adjust *a, struct attributes *attr)
{
	if (attr->mtime.tv_sec >= a->latest)
		attr->mtime = (struct timespec){ .tv_sec = a->latest };
	attr->atime = attr->mtime;
}

void adjust_entry(const struct adjust *a, struct entry *e)
{
	struct attributes *attr = &e->attr;

	if (e->type == ENTRY_LEAVE || e->type == ENTRY_DATA || e->type == ENTRY_END ||
	    e->type == ENTRY_LINK || e->no_attributes)
		return;
	attr->uid = a->owner >= 0 ? a->owner : map_id(&a->owners, attr->uid);
	attr->gid = a->group >= 0 ? a->group : map_id(&a->groups, attr->gid);
	if (a->clamp)
		clamp(a, attr);
	if (a->owners.count || a->groups.count)
		for (struct xattr *x = e->xattrs; x; x = x->next)
			if (posix_acl_is(x->name))
				map_acl(a, x);
	/* libselinux stores the NUL as well. */
	if (a->label)
		entry_set_xattr(e, "security.selinux", a->label, strlen(a->label) + 1);
}

/* ---- what the user says ------------------------------------------------------ */

/* A number at *@text, which moves behind it and blanks; 0 if there is none. */
static int parse_number(const char **text, uint64_t max, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return 0;
	errno = 0;
	*number = strtoull(*text, &end, 10);
	if (errno || *number > max || (*end && !isspace((unsigned char)*end) && *end != '#'))
		return 0;
	*text = end + strspn(end, " \t\r\n");
	return 1;
}

int64_t adjust_parse_id(const char *text, const char *what)
{
	uint64_t id;

	if (!parse_number(&text, ID_MAX, &id) || *text)
		die("%s: \"%s\" is no number of a user or group; names are not known in an image",
		    what, text);
	return id;
}

void adjust_read_map(struct id_map *map, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[256];
	int n = 0;

	if (!f)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		const char *p = line + strspn(line, " \t\r\n");
		uint64_t from, to, count = 1;

		n++;
		if (!*p || *p == '#')
			continue;
		if (!parse_number(&p, ID_MAX, &from) || !parse_number(&p, ID_MAX, &to) ||
		    (*p && *p != '#' && !parse_number(&p, ID_MAX, &count)) ||
		    (*p && *p != '#') || from + count - 1 > ID_MAX || to + count - 1 > ID_MAX)
			die("%s: line %d: expected \"FROM TO [COUNT]\", in numbers", path, n);
		map->ranges = must_realloc(map->ranges,
					   (map->count + 1) * sizeof(map->ranges[0]));
		map->ranges[map->count++] = (struct id_range){ from, to, count };
	}
	if (ferror(f))
		die("%s: %s", path, strerror(errno));
	fclose(f);
}

void adjust_read_epoch(struct adjust *a)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;

	if (!text || !*text)
		return;
	if (!parse_number(&text, INT64_MAX / 2, &seconds) || *text)
		die("SOURCE_DATE_EPOCH is no number of seconds since 1970");
	a->clamp = 1;
	a->latest = seconds;
}

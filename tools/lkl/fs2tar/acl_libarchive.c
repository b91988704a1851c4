// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <stdlib.h>

#include "acl_libarchive.h"
#include "posix_acl.h"

/* Permissions have the same bits on both sides. */
static const struct {
	int posix, archive;
} tags[] = {
	{ POSIX_ACL_USER_OBJ, ARCHIVE_ENTRY_ACL_USER_OBJ },
	{ POSIX_ACL_USER, ARCHIVE_ENTRY_ACL_USER },
	{ POSIX_ACL_GROUP_OBJ, ARCHIVE_ENTRY_ACL_GROUP_OBJ },
	{ POSIX_ACL_GROUP, ARCHIVE_ENTRY_ACL_GROUP },
	{ POSIX_ACL_MASK, ARCHIVE_ENTRY_ACL_MASK },
	{ POSIX_ACL_OTHER, ARCHIVE_ENTRY_ACL_OTHER },
};

#define TAGS (sizeof(tags) / sizeof(tags[0]))

static int has_id(int posix)
{
	return posix == POSIX_ACL_USER || posix == POSIX_ACL_GROUP;
}

int acl_to_archive(struct archive_entry *ae, struct xattr *x)
{
	struct posix_acl_entry *acl;
	size_t count, i, t;
	int type;

	if (!posix_acl_is(x->name))
		return 0;
	type = strcmp(x->name, POSIX_ACL_ACCESS) ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT :
						   ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
	count = posix_acl_entries(x->value, x->size, &acl);
	for (i = 0; i < count; i++)
		for (t = 0; t < TAGS; t++)
			if (tags[t].posix == le16toh(acl[i].tag))
				archive_entry_acl_add_entry(ae, type, le16toh(acl[i].perm),
							    tags[t].archive,
							    has_id(tags[t].posix) ?
							    (int)le32toh(acl[i].id) : -1, NULL);
	return 1;
}

static int read_list(struct archive_entry *ae, struct entry *e, int type, const char *xattr)
{
	int count = archive_entry_acl_reset(ae, type), n = 0, ret = 0;
	int got, permset, tag, qual;
	struct posix_acl_entry *acl;
	const char *name;
	char *value;

	if (!count)
		return 0;
	value = must_alloc(4 + (count + 3) * sizeof(*acl));
	*(uint32_t *)value = htole32(POSIX_ACL_VERSION);
	acl = (struct posix_acl_entry *)(value + 4);
	while (n < count + 3 && archive_entry_acl_next(ae, type, &got, &permset, &tag, &qual,
						       &name) == ARCHIVE_OK)
		for (size_t t = 0; t < TAGS; t++) {
			if (tags[t].archive != tag)
				continue;
			if (has_id(tags[t].posix) && qual < 0) {
				ret = -1;
				break;
			}
			acl[n++] = (struct posix_acl_entry){
				htole16(tags[t].posix), htole16(permset & 7),
				htole32(has_id(tags[t].posix) ? (uint32_t)qual :
								POSIX_ACL_NO_ID),
			};
		}
	posix_acl_sort(acl, n);
	entry_set_xattr(e, xattr, value, 4 + n * sizeof(*acl));
	free(value);
	return ret;
}

int acl_from_archive(struct archive_entry *ae, struct entry *e)
{
	int types = archive_entry_acl_types(ae), ret = 0;

	if (types & ARCHIVE_ENTRY_ACL_TYPE_ACCESS)
		ret |= read_list(ae, e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, POSIX_ACL_ACCESS);
	if (types & ARCHIVE_ENTRY_ACL_TYPE_DEFAULT)
		ret |= read_list(ae, e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, POSIX_ACL_DEFAULT);
	return ret;
}

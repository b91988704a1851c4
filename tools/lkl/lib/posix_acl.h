/* SPDX-License-Identifier: GPL-2.0 */
/* POSIX access control lists as the kernel has them in extended attributes. */
#ifndef LKL_TOOLS_POSIX_ACL_H
#define LKL_TOOLS_POSIX_ACL_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define POSIX_ACL_ACCESS	"system.posix_acl_access"
#define POSIX_ACL_DEFAULT	"system.posix_acl_default"

#define POSIX_ACL_VERSION	2

/* Tags of entries. */
#define POSIX_ACL_USER_OBJ	0x01
#define POSIX_ACL_USER		0x02
#define POSIX_ACL_GROUP_OBJ	0x04
#define POSIX_ACL_GROUP		0x08
#define POSIX_ACL_MASK		0x10
#define POSIX_ACL_OTHER		0x20

#define POSIX_ACL_NO_ID		0xffffffffU

/* Little-endian; a 32-bit version comes before the first one. */
struct posix_acl_entry {
	uint16_t tag;
	uint16_t perm;
	uint32_t id;
} __attribute__((packed));

static inline int posix_acl_is(const char *xattr)
{
	return !strcmp(xattr, POSIX_ACL_ACCESS) || !strcmp(xattr, POSIX_ACL_DEFAULT);
}

/* Number of entries in the value of such an attribute; 0 if it is none. */
static inline size_t posix_acl_entries(void *value, size_t size, struct posix_acl_entry **first)
{
	if (size < 4 || (size - 4) % sizeof(**first))
		return 0;
	*first = (struct posix_acl_entry *)((char *)value + 4);
	return (size - 4) / sizeof(**first);
}

static inline int posix_acl_compare(const void *a, const void *b)
{
	const struct posix_acl_entry *x = a, *y = b;
	uint16_t s = le16toh(x->tag), t = le16toh(y->tag);
	uint32_t i = le32toh(x->id), j = le32toh(y->id);

	return s != t ? (s > t) - (s < t) : (i > j) - (i < j);
}

/* Puts @n entries into the order that the kernel wants. */
static inline void posix_acl_sort(struct posix_acl_entry *acl, size_t n)
{
	qsort(acl, n, sizeof(*acl), posix_acl_compare);
}

#endif

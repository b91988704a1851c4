/* SPDX-License-Identifier: GPL-2.0 */
/* A header of a tar archive, as POSIX has it, and what GNU tar has at some places of it. */
#ifndef LKL_FS2TAR_USTAR_H
#define LKL_FS2TAR_USTAR_H

#define USTAR_BLOCK 512

struct ustar {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char target[100];
	/* Five characters and a NUL, then "00"; of GNU tar seven characters and a NUL. */
	char magic[8];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	union {
		char prefix[155];
		struct {
			char atime[12];
			char ctime[12];
			char volume_offset[12];
			char unused[5];
			/* Where the data of a sparse file is. */
			struct ustar_extent {
				char pos[12];
				char len[12];
			} extents[4];
			/* Blocks with more of them follow. */
			char more;
			char size[12];
		} gnu;
	};
	char rest[12];
};

/* One of these blocks. */
struct ustar_extents {
	struct ustar_extent extents[21];
	char more;
	char rest[7];
};

_Static_assert(sizeof(struct ustar) == USTAR_BLOCK, "a header is a block");
_Static_assert(sizeof(struct ustar_extents) == USTAR_BLOCK, "so is a list of extents");

#define USTAR_MAGIC	"ustar\0" "00"
#define USTAR_GNU_MAGIC	"ustar  "

#define USTAR_FILE	'0'
#define USTAR_LINK	'1'
#define USTAR_SYMLINK	'2'
#define USTAR_CHAR	'3'
#define USTAR_BLOCKDEV	'4'
#define USTAR_FOLDER	'5'
#define USTAR_FIFO	'6'
/* Records for the next entry, or for all that follow. */
#define USTAR_PAX	'x'
#define USTAR_PAX_ALL	'g'
/* The same, of Solaris; its access control lists. */
#define USTAR_PAX_SUN	'X'
#define USTAR_ACL_SUN	'A'
/* GNU tar: names that are too long, sparse files, lists of folders, parts, titles. */
#define USTAR_GNU_NAME		'L'
#define USTAR_GNU_TARGET	'K'
#define USTAR_GNU_SPARSE	'S'
#define USTAR_GNU_FOLDER	'D'
#define USTAR_GNU_PART		'M'
#define USTAR_GNU_TITLE		'V'

#define PAX_XATTR	"SCHILY.xattr."
#define PAX_ACL_ACCESS	"SCHILY.acl.access"
#define PAX_ACL_DEFAULT	"SCHILY.acl.default"

static inline unsigned int ustar_sum(const struct ustar *h)
{
	const unsigned char *at = (const unsigned char *)h;
	const unsigned char *from = (const unsigned char *)h->checksum;
	unsigned int sum = 0;

	/* It counts as blanks itself. */
	for (unsigned int i = 0; i < USTAR_BLOCK; i++)
		sum += at + i >= from && at + i < from + sizeof(h->checksum) ? ' ' : at[i];
	return sum;
}

#endif

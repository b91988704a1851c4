// SPDX-License-Identifier: GPL-2.0
/*
 * What is on a device, for hosts without libblkid: the file systems, members and tables
 * that are in use on Linux and Windows. Names are those of libblkid.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "le.h"
#include "message.h"
#include "probe.h"
#include "probe_table.h"

#define LABEL_MAX	256
#define UUID_SIZE	40

enum label { NO_LABEL, BYTES, PADDED, UTF16 };
enum uuid { NO_UUID, BINARY, SERIAL32, SERIAL64, TEXT, MD090, LVM };

/* A mark, and where the superblock that begins at @base has the rest. */
struct signature {
	const char *type, *usage;
	uint64_t base;
	unsigned int mark_at, mark_len;
	const char *mark;
	enum label label;
	unsigned int label_at, label_len;
	enum uuid uuid;
	unsigned int uuid_at, uuid_sub_at;
	/* Says more: fills the version, changes the type. NULL: it is what it is. */
	void (*refine)(struct device *dev, const unsigned char *sb, uint64_t base);
	/* Whether it really is one. NULL: the mark is enough. */
	int (*check)(const struct device *dev, const unsigned char *sb);
};

/* The part of a superblock that is looked at. */
#define SB_SIZE	4096

static void set(char **to, const char *text)
{
	free(*to);
	*to = text ? strdup(text) : NULL;
}

/* ---- particular ones -------------------------------------------------------------- */

/* By its features, as libblkid tells ext2, ext3 and ext4 from each other. */
#define EXT_HAS_JOURNAL		0x4
#define EXT_INCOMPAT_JOURNAL	0x8
#define EXT3_INCOMPAT		(0x2 | 0x4 | 0x10)
#define EXT3_RO_COMPAT		(0x1 | 0x2 | 0x4)

static void refine_ext(struct device *dev, const unsigned char *sb, uint64_t base)
{
	uint32_t compat = le32(sb + 92), incompat = le32(sb + 96), ro_compat = le32(sb + 100);

	if (incompat & EXT_INCOMPAT_JOURNAL) {
		set(&dev->type, "jbd");
		set(&dev->usage, "other");
	} else if (incompat & ~EXT3_INCOMPAT || ro_compat & ~EXT3_RO_COMPAT) {
		set(&dev->type, "ext4");
	} else if (compat & EXT_HAS_JOURNAL) {
		set(&dev->type, "ext3");
	}
	set(&dev->version, "1.0");
}

/* Two bytes are not much. */
static int check_ext(const struct device *dev, const unsigned char *sb)
{
	return le32(sb + 24) <= 6 && le32(sb + 76) <= 1;
}

static int check_nilfs(const struct device *dev, const unsigned char *sb)
{
	return le32(sb) == 2;
}

static void refine_luks(struct device *dev, const unsigned char *sb, uint64_t base)
{
	char version[8];

	snprintf(version, sizeof(version), "%d", sb[6] << 8 | sb[7]);
	set(&dev->version, version);
	/* Version 1 has other things where version 2 has its label. */
	if (sb[7] == 1)
		set(&dev->label, NULL);
}

/* Where the superblock lies says which version of the format it is. */
static void refine_md(struct device *dev, const unsigned char *sb, uint64_t base)
{
	set(&dev->version, base == 0 ? "1.1" : base == 4096 ? "1.2" : "1.0");
}

static void refine_md090(struct device *dev, const unsigned char *sb, uint64_t base)
{
	char version[16];

	snprintf(version, sizeof(version), "0.%u.%u", le32(sb + 8), le32(sb + 12));
	set(&dev->version, version);
}

/* Version 1 counts in sectors where it is; a copy elsewhere is none. */
static int check_md(const struct device *dev, const unsigned char *sb)
{
	return le32(sb + 4) == 1;
}

static int is_power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

/* Boot sectors have no mark of their own but "FAT", which others write too. */
static int check_fat(const struct device *dev, const unsigned char *sb)
{
	return le16(sb + 510) == 0xaa55 && is_power_of_two(sb[13]) && sb[16] && le16(sb + 14) &&
	       (sb[21] == 0xf0 || sb[21] >= 0xf8) && le16(sb + 11) >= 512 &&
	       le16(sb + 11) <= 4096 && is_power_of_two(le16(sb + 11));
}

static int check_swap(const struct device *dev, const unsigned char *sb)
{
	return le32(sb) == 1;
}

/* Entries of a FAT's root folder that are its label. */
static int label_entry(struct device *dev, const unsigned char *entries, unsigned int count)
{
	for (unsigned int i = 0; i < count && entries[0]; i++, entries += 32) {
		char label[12];
		int n = 11;

		if (entries[0] == 0xe5 || (entries[11] & 0x3f) == 0x0f || !(entries[11] & 0x08))
			continue;
		memcpy(label, entries, 11);
		while (n && label[n - 1] == ' ')
			n--;
		label[n] = 0;
		set(&dev->label, n ? label : NULL);
		return 1;
	}
	return 0;
}

static void refine_fat(struct device *dev, const unsigned char *sb, uint64_t base)
{
	uint32_t sector = le16(sb + 11), sectors = le16(sb + 22), entries = le16(sb + 17);
	unsigned char root[8192];
	uint64_t at;
	int is_32 = !sectors;

	if (!sectors)
		sectors = le32(sb + 36);
	at = (le16(sb + 14) + (uint64_t)sb[16] * sectors) * sector;
	if (is_32) {
		at += (uint64_t)(le32(sb + 44) - 2) * sb[13] * sector;
		entries = sb[13] * sector / 32;
	}
	if (entries > sizeof(root) / 32)
		entries = sizeof(root) / 32;
	/* The folder knows better than the boot sector, where some write "NO NAME". */
	if (!content_read(dev, root, entries * 32, at) && !label_entry(dev, root, entries) &&
	    dev->label && !strcmp(dev->label, "NO NAME"))
		set(&dev->label, NULL);
	set(&dev->version, is_32 ? "FAT32" : memcmp(sb + 54, "FAT12", 5) ? "FAT16" : "FAT12");
}

/* The label is in the root folder. */
static void refine_exfat(struct device *dev, const unsigned char *sb, uint64_t base)
{
	unsigned char e[8192];
	char label[36];
	uint64_t at;

	if (sb[108] > 12 || sb[109] > 25 - sb[108])
		return;
	at = (le32(sb + 88) + ((uint64_t)(le32(sb + 96) - 2) << sb[109])) << sb[108];
	if (content_read(dev, e, sizeof(e), at))
		return;
	for (unsigned int i = 0; i < sizeof(e) && e[i]; i += 32) {
		if (e[i] != 0x83)
			continue;
		probe_utf16(label, sizeof(label), e + i + 2, e[i + 1] <= 11 ? 2 * e[i + 1] : 0);
		set(&dev->label, *label ? label : NULL);
		return;
	}
}

static void refine_iso(struct device *dev, const unsigned char *sb, uint64_t base)
{
	char uuid[32];
	/* The time of the last change, else of its making. */
	const unsigned char *t = sb + 830;

	if (!memcmp(t, "0000000000000000", 16) || *t < '0')
		t = sb + 813;
	snprintf(uuid, sizeof(uuid), "%.4s-%.2s-%.2s-%.2s-%.2s-%.2s-%.2s", t, t + 4, t + 6, t + 8,
		 t + 10, t + 12, t + 14);
	if (*t >= '0' && *t <= '9')
		set(&dev->uuid, uuid);
}

/* ---- the table --------------------------------------------------------------------- */

/* From the end of the device, rounded down to 64 KiB, and 8 KiB down to 4. */
#define MD090_BASE	(UINT64_MAX - 1)
#define MD10_BASE	(UINT64_MAX - 2)
#define MD_MAGIC	"\xfc\x4e\x2b\xa9"

#define MARK(at, text)		.mark_at = at, .mark = text, .mark_len = sizeof(text) - 1
#define LABEL(kind, at, len)	.label = kind, .label_at = at, .label_len = len
#define UUID(kind, at)		.uuid = kind, .uuid_at = at

static const struct signature signatures[] = {
	{ "crypto_LUKS", "crypto", 0, MARK(0, "LUKS\xba\xbe"), LABEL(BYTES, 24, 48),
	  UUID(TEXT, 168), .refine = refine_luks },
	{ "linux_raid_member", "raid", 4096, MARK(0, MD_MAGIC), LABEL(BYTES, 32, 32),
	  UUID(BINARY, 16), .uuid_sub_at = 168, .refine = refine_md, .check = check_md },
	{ "linux_raid_member", "raid", 0, MARK(0, MD_MAGIC), LABEL(BYTES, 32, 32),
	  UUID(BINARY, 16), .uuid_sub_at = 168, .refine = refine_md, .check = check_md },
	{ "linux_raid_member", "raid", MD10_BASE, MARK(0, MD_MAGIC), LABEL(BYTES, 32, 32),
	  UUID(BINARY, 16), .uuid_sub_at = 168, .refine = refine_md, .check = check_md },
	{ "linux_raid_member", "raid", MD090_BASE, MARK(0, MD_MAGIC), UUID(MD090, 20),
	  .refine = refine_md090 },
	{ "LVM2_member", "raid", 512, MARK(24, "LVM2 001"), UUID(LVM, 32) },
	{ "LVM2_member", "raid", 0, MARK(24, "LVM2 001"), UUID(LVM, 32) },
	{ "BitLocker", "crypto", 0, MARK(3, "-FVE-FS-") },
	{ "ext2", "filesystem", 1024, MARK(56, "\x53\xef"), LABEL(BYTES, 120, 16),
	  UUID(BINARY, 104), .refine = refine_ext, .check = check_ext },
	{ "xfs", "filesystem", 0, MARK(0, "XFSB"), LABEL(BYTES, 108, 12), UUID(BINARY, 32) },
	{ "btrfs", "filesystem", 65536, MARK(64, "_BHRfS_M"), LABEL(BYTES, 299, 256),
	  UUID(BINARY, 32), .uuid_sub_at = 267 },
	{ "f2fs", "filesystem", 1024, MARK(0, "\x10\x20\xf5\xf2"), LABEL(UTF16, 124, 512),
	  UUID(BINARY, 108) },
	{ "ntfs", "filesystem", 0, MARK(3, "NTFS    "), UUID(SERIAL64, 72) },
	{ "exfat", "filesystem", 0, MARK(3, "EXFAT   "), UUID(SERIAL32, 100),
	  .refine = refine_exfat },
	{ "vfat", "filesystem", 0, MARK(82, "FAT32"), LABEL(PADDED, 71, 11),
	  UUID(SERIAL32, 67), .refine = refine_fat, .check = check_fat },
	{ "vfat", "filesystem", 0, MARK(54, "FAT"), LABEL(PADDED, 43, 11), UUID(SERIAL32, 39),
	  .refine = refine_fat, .check = check_fat },
	{ "iso9660", "filesystem", 32768, MARK(1, "CD001"), LABEL(PADDED, 40, 32),
	  .refine = refine_iso },
	{ "squashfs", "filesystem", 0, MARK(0, "hsqs") },
	{ "erofs", "filesystem", 1024, MARK(0, "\xe2\xe1\xf5\xe0"), LABEL(BYTES, 64, 16),
	  UUID(BINARY, 48) },
	{ "nilfs2", "filesystem", 1024, MARK(6, "\x34\x34"), LABEL(BYTES, 168, 80),
	  UUID(BINARY, 152), .check = check_nilfs },
	{ "jfs", "filesystem", 32768, MARK(0, "JFS1"), LABEL(BYTES, 152, 16),
	  UUID(BINARY, 136) },
	{ "reiserfs", "filesystem", 65536, MARK(52, "ReIsEr2F"), LABEL(BYTES, 100, 16),
	  UUID(BINARY, 84) },
	{ "cramfs", "filesystem", 0, MARK(0, "\x45\x3d\xcd\x28"), LABEL(BYTES, 48, 16) },
	{ "romfs", "filesystem", 0, MARK(0, "-rom1fs-"), LABEL(BYTES, 16, 16) },
	{ "minix", "filesystem", 1024, MARK(16, "\x8f\x13") },
	{ "minix", "filesystem", 1024, MARK(16, "\x68\x24") },
	{ "minix", "filesystem", 1024, MARK(24, "\x5a\x4d") },
	{ "udf", "filesystem", 32768, MARK(1, "BEA01") },
	{ "swap", "other", 1024, MARK(3062, "SWAPSPACE2"), LABEL(BYTES, 28, 16),
	  UUID(BINARY, 12), .check = check_swap },
};

/* ---- reading it --------------------------------------------------------------------- */

static unsigned int utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = 0xc0 | c >> 6;
		to[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	if (c < 0x10000) {
		to[0] = 0xe0 | c >> 12;
		to[1] = 0x80 | (c >> 6 & 0x3f);
		to[2] = 0x80 | (c & 0x3f);
		return 3;
	}
	to[0] = 0xf0 | c >> 18;
	to[1] = 0x80 | (c >> 12 & 0x3f);
	to[2] = 0x80 | (c >> 6 & 0x3f);
	to[3] = 0x80 | (c & 0x3f);
	return 4;
}

void probe_utf16(char *to, size_t size, const unsigned char *from, size_t len)
{
	size_t n = 0;

	for (; len >= 2 && le16(from) && n + 5 <= size; from += 2, len -= 2) {
		uint32_t c = le16(from);

		if (c >= 0xd800 && c < 0xdc00 && len >= 4 && (le16(from + 2) & 0xfc00) == 0xdc00) {
			c = 0x10000 + ((c & 0x3ff) << 10) + (le16(from + 2) & 0x3ff);
			from += 2;
			len -= 2;
		}
		n += utf8(to + n, c);
	}
	to[n] = 0;
}

static void read_label(struct device *dev, const struct signature *s, const unsigned char *sb)
{
	const unsigned char *at = sb + s->label_at;
	char label[LABEL_MAX * 3 + 5];
	unsigned int n = s->label_len;

	if (s->label == NO_LABEL)
		return;
	if (s->label == UTF16) {
		probe_utf16(label, sizeof(label), at, n);
	} else {
		snprintf(label, sizeof(label), "%.*s", (int)n, (const char *)at);
		for (n = strlen(label); n && s->label == PADDED && label[n - 1] == ' '; n--)
			label[n - 1] = 0;
	}
	if (*label)
		set(&dev->label, label);
}

void probe_uuid(char uuid[37], const unsigned char *u)
{
	snprintf(uuid, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
		 u[13], u[14], u[15]);
}

static void binary_uuid(char **to, const unsigned char *u)
{
	static const unsigned char none[16];
	char uuid[37];

	probe_uuid(uuid, u);
	if (memcmp(u, none, 16))
		set(to, uuid);
}

/* Six letters, five times four, six. */
static void lvm_uuid(char *to, size_t size, const char *u)
{
	snprintf(to, size, "%.6s-%.4s-%.4s-%.4s-%.4s-%.4s-%.6s", u, u + 6, u + 10, u + 14, u + 18,
		 u + 22, u + 26);
}

static void read_uuid(struct device *dev, const struct signature *s, const unsigned char *sb)
{
	const unsigned char *u = sb + s->uuid_at;
	unsigned char parts[16];
	char uuid[UUID_SIZE + 8];

	switch (s->uuid) {
	case NO_UUID:
		return;
	case BINARY:
		binary_uuid(&dev->uuid, u);
		if (s->uuid_sub_at)
			binary_uuid(&dev->uuid_sub, sb + s->uuid_sub_at);
		return;
	case MD090:
		memcpy(parts, u, 4);
		memcpy(parts + 4, sb + 52, 12);
		binary_uuid(&dev->uuid, parts);
		return;
	case SERIAL32:
		snprintf(uuid, sizeof(uuid), "%04X-%04X", le16(u + 2), le16(u));
		break;
	case SERIAL64:
		snprintf(uuid, sizeof(uuid), "%08X%08X", le32(u + 4), le32(u));
		break;
	case TEXT:
		snprintf(uuid, sizeof(uuid), "%.*s", UUID_SIZE, (const char *)u);
		break;
	case LVM:
		lvm_uuid(uuid, sizeof(uuid), (const char *)u);
		break;
	}
	set(&dev->uuid, uuid);
}

static uint64_t base_of(const struct device *dev, uint64_t base)
{
	uint64_t sectors = dev->size / 512;

	if (base == MD090_BASE)
		return dev->size < 65536 ? UINT64_MAX : (dev->size & ~65535ULL) - 65536;
	if (base == MD10_BASE)
		return sectors < 24 ? UINT64_MAX : ((sectors - 16) & ~7ULL) * 512;
	return base;
}

/* 1 if it is that. */
static int try(struct device *dev, const struct signature *s)
{
	unsigned char sb[SB_SIZE] = { 0 };
	uint64_t base = base_of(dev, s->base), len = SB_SIZE;

	if (base >= dev->size)
		return 0;
	if (len > dev->size - base)
		len = dev->size - base;
	if (content_read(dev, sb, len, base) || memcmp(sb + s->mark_at, s->mark, s->mark_len) ||
	    (s->check && !s->check(dev, sb)))
		return 0;
	set(&dev->type, s->type);
	set(&dev->usage, s->usage);
	read_label(dev, s, sb);
	read_uuid(dev, s, sb);
	if (s->refine)
		s->refine(dev, sb, base);
	return 1;
}

int probe_look(struct device *dev)
{
	char type[32] = "";
	unsigned int i;

	/* A member holds the superblocks of what is on it, too: what is first in the table wins. */
	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (try(dev, &signatures[i]))
			break;
	if (dev->type)
		snprintf(type, sizeof(type), "%s", dev->type);
	/* Media that boot are a file system and have a table; a FAT has none. */
	if (*type && strcmp(type, "iso9660"))
		return 0;
	return probe_table(dev);
}

// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <string.h>

#include <entry.h>

#include "checksum.h"

/* The bits of a polynomial in the order of their weights, lowest first. */
#define CRC32C		0x82f63b78
#define CRC32		0xedb88320

/* One block with its checksum. */
struct checksum {
	/* What it covers, in bytes: up to the checksum itself, and from @behind on. */
	uint64_t start, end;
	uint64_t behind, behind_end;
	uint64_t at;
	uint32_t polynomial, seed, invert;
};

static uint32_t table[2][256];

static void fill(uint32_t *t, uint32_t polynomial)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
		t[i] = crc;
	}
}

#ifdef __x86_64__
__attribute__((target("sse4.2")))
static uint32_t crc32c_fast(uint32_t crc, const unsigned char *p, size_t len)
{
	for (; len >= 8; len -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		crc = __builtin_ia32_crc32di(crc, word);
	}
	while (len--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}

static int is_fast(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#else
static uint32_t crc32c_fast(uint32_t crc, const unsigned char *p, size_t len)
{
	return crc;
}

static int is_fast(void)
{
	return 0;
}
#endif

static uint32_t crc(uint32_t polynomial, uint32_t crc, const void *data, size_t len)
{
	const uint32_t *t = table[polynomial == CRC32];
	const unsigned char *p = data;

	if (polynomial == CRC32C && is_fast())
		return crc32c_fast(crc, p, len);
	if (!t[1])
		fill(table[polynomial == CRC32], polynomial);
	while (len--)
		crc = crc >> 8 ^ t[(crc ^ *p++) & 0xff];
	return crc;
}

static uint32_t compute(const struct checksum *c, const char *image)
{
	uint32_t sum = crc(c->polynomial, c->seed, image + c->start, c->end - c->start);

	if (c->behind)
		sum = crc(c->polynomial, sum, image + c->behind, c->behind_end - c->behind);
	return sum ^ c->invert;
}

static uint32_t get32(const char *p)
{
	uint32_t val;

	memcpy(&val, p, 4);
	return le32toh(val);
}


/* If it is right in the intact image: else it is no checksum. */
static void add(struct checksums *sums, const struct checksum *c, const char *image)
{
	if (compute(c, image) != get32(image + c->at))
		return;
	sums->list = must_realloc(sums->list, (sums->n + 1) * sizeof(*c));
	sums->list[sums->n++] = *c;
}

#define BTRFS_SUPER	65536
#define BTRFS_SUPER_LEN	4096
#define BTRFS_MAGIC	"_BHRfS_M"

/* Superblock and tree blocks begin with 32 bytes for the checksum of what follows. */
static void add_btrfs(struct checksums *sums, const char *image, uint64_t start, uint64_t len)
{
	struct checksum c = {
		.start = start + 32,
		.end = start + len,
		.at = start,
		.polynomial = CRC32C,
		.seed = ~0U,
		.invert = ~0U,
	};

	add(sums, &c, image);
}

static void find_btrfs(struct checksums *sums, const char *image, size_t size)
{
	const char *super = image + BTRFS_SUPER;
	uint64_t len, at;

	if (size < BTRFS_SUPER + BTRFS_SUPER_LEN || memcmp(super + 64, BTRFS_MAGIC, 8))
		return;
	len = get32(super + 148);
	if (len < 4096 || len > 65536 || len & (len - 1))
		return;
	add_btrfs(sums, image, BTRFS_SUPER, BTRFS_SUPER_LEN);
	/* A tree block has the file system's UUID behind its checksum. */
	for (at = 0; at + len <= size; at += 4096)
		if (!memcmp(image + at + 32, super + 32, 16) && at != BTRFS_SUPER)
			add_btrfs(sums, image, at, len);
}

#define F2FS_MAGIC	0xf2f52010
#define F2FS_BLOCK	4096UL

/* The first and the last block of a checkpoint have one each, of the same kind. */
static void add_f2fs(struct checksums *sums, const char *image, size_t size, uint64_t block)
{
	struct checksum c = {
		.start = block * F2FS_BLOCK,
		.polynomial = CRC32,
		.seed = F2FS_MAGIC,
	};
	uint32_t offset;

	if (block >= size / F2FS_BLOCK)
		return;
	offset = get32(image + c.start + 164);
	if (offset > F2FS_BLOCK - 4 || offset < 168)
		return;
	c.at = c.end = c.start + offset;
	if (offset + 4 < F2FS_BLOCK) {
		c.behind = c.at + 4;
		c.behind_end = c.start + F2FS_BLOCK;
	}
	add(sums, &c, image);
}

static void find_f2fs(struct checksums *sums, const char *image, size_t size)
{
	const char *super = image + 1024;
	uint64_t first, segment;

	if (size < 2 * F2FS_BLOCK || get32(super) != F2FS_MAGIC || get32(super + 20) > 20)
		return;
	first = get32(super + 76);
	segment = 1UL << get32(super + 20);
	for (uint64_t pack = first; pack <= first + segment; pack += segment) {
		if (pack >= size / F2FS_BLOCK)
			break;
		add_f2fs(sums, image, size, pack);
		add_f2fs(sums, image, size,
			 pack + get32(image + pack * F2FS_BLOCK + 136) - 1);
	}
}

void checksums_find(struct checksums *sums, const char *image, size_t size)
{
	find_btrfs(sums, image, size);
	find_f2fs(sums, image, size);
}

void checksums_fix(const struct checksums *sums, char *image)
{
	for (int i = 0; i < sums->n; i++) {
		uint32_t sum = htole32(compute(&sums->list[i], image));

		/* A page that is not written is not copied. */
		if (memcmp(image + sums->list[i].at, &sum, 4))
			memcpy(image + sums->list[i].at, &sum, 4);
	}
}

// SPDX-License-Identifier: GPL-2.0
/* Copies of what libraries look at, for those that want a descriptor of the host. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <lkl.h>

#include "content.h"
#include "le.h"
#include "message.h"

#define HEAD	(4ULL << 20)
#define TAIL	(1ULL << 20)
#define CHUNK	(256 * 1024)
/* Logical partitions that are followed. */
#define LOGICAL_MAX	128

/* Copies what there is of a range; what cannot be read stays zero. */
static int copy(const struct device *dev, long from, int to, uint64_t offset, uint64_t len)
{
	char *buf;
	long n;

	if (offset >= dev->size)
		return 0;
	if (len > dev->size - offset)
		len = dev->size - offset;
	buf = malloc(CHUNK);
	if (!buf)
		return -1;
	while (len) {
		n = lkl_sys_pread64(from, buf, len < CHUNK ? len : CHUNK, offset);
		if (n <= 0)
			break;
		if (pwrite(to, buf, n, offset) != n) {
			free(buf);
			return -1;
		}
		offset += n;
		len -= n;
	}
	free(buf);
	return 0;
}

/* Boot records of logical partitions: each points to the next one. */
static int copy_logical(const struct device *dev, long from, int to)
{
	uint64_t first = 0, at = 0;
	int i, n;

	for (n = 0; n < LOGICAL_MAX; n++) {
		unsigned char sector[512];
		uint64_t next = 0;

		if (pread(to, sector, sizeof(sector), at * 512) != sizeof(sector) ||
		    le16(sector + 510) != 0xaa55)
			break;
		for (i = 0; i < 4; i++) {
			const unsigned char *entry = sector + 446 + 16 * i;

			if (entry[4] == 0x05 || entry[4] == 0x0f || entry[4] == 0x85)
				next = le32(entry + 8);
		}
		if (!next)
			break;
		if (!first)
			first = next;
		at = n ? first + next : first;
		if (copy(dev, from, to, at * 512, 4096))
			return -1;
	}
	return 0;
}

/* Labels that sit wherever the boot sector says. */
static int copy_label(const struct device *dev, long from, int to)
{
	uint64_t at = 0, sector_size, cluster;
	unsigned char b[512];

	if (pread(to, b, sizeof(b), 0) != sizeof(b))
		return 0;
	sector_size = le16(b + 11);
	cluster = b[13] * sector_size;
	if (!memcmp(b + 3, "NTFS    ", 8)) {
		if (b[13] > 0x80)
			cluster = sector_size << (256 - b[13]);
		if (le64(b + 48) < dev->size)
			at = le64(b + 48) * cluster;
	} else if (!memcmp(b + 3, "EXFAT   ", 8)) {
		if (b[108] > 12 || b[109] > 16)
			return 0;
		at = (le32(b + 88) + ((uint64_t)(le32(b + 96) - 2) << b[109])) << b[108];
	} else if (!memcmp(b + 82, "FAT32   ", 8)) {
		at = (le16(b + 14) + (uint64_t)b[16] * le32(b + 36)) * sector_size +
		     (uint64_t)(le32(b + 44) - 2) * cluster;
	}
	return at && at < dev->size ? copy(dev, from, to, at, 128 * 1024) : 0;
}

static int copy_parts(const struct device *dev, int to)
{
	uint64_t tail = dev->size > TAIL ? (dev->size - TAIL) & ~4095ULL : 0;
	long from;
	int err;

	from = lkl_sys_open(dev->node, LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	if (from < 0) {
		error("%s: cannot be opened: %s", dev->title, lkl_strerror(from));
		return -1;
	}
	err = ftruncate(to, dev->size) || copy(dev, from, to, 0, HEAD) ||
	      copy(dev, from, to, tail, dev->size - tail) || copy_logical(dev, from, to) ||
	      copy_label(dev, from, to);
	lkl_sys_close(from);
	if (err)
		error("%s: cannot be copied: %s", dev->title, strerror(errno));
	return err ? -1 : 0;
}

int content_open(const struct device *dev, uint64_t *offset)
{
	int fd;

	*offset = dev->offset;
	if (dev->fd >= 0)
		return dev->fd;
	*offset = 0;
	fd = memfd_create("content", MFD_CLOEXEC);
	if (fd < 0) {
		error("%s: %s", dev->title, strerror(errno));
		return -1;
	}
	if (!copy_parts(dev, fd))
		return fd;
	close(fd);
	return -1;
}

void content_close(const struct device *dev, int fd)
{
	if (dev->fd < 0)
		close(fd);
}

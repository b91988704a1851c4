// SPDX-License-Identifier: GPL-2.0
/* Disks in files and devices: what only FreeBSD has. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/disk.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "blk_file.h"

static uint32_t power_of_two(uint64_t x, uint32_t min, uint32_t max)
{
	if (x < min || x & (x - 1))
		return min;
	return x < max ? x : max;
}

static int probe_file(struct blk_file *f, const struct stat *st)
{
	struct statfs fs;

	f->size = st->st_size;
	f->in_memory = !fstatfs(f->fd, &fs) && !strcmp(fs.f_fstypename, "tmpfs");
	f->base.physical_block_size = power_of_two(st->st_blksize, 512, 4096);
	f->base.discard_granularity = f->base.physical_block_size;
	/* Not without support of the file system: else it would write zeroes. */
	f->can_punch = !f->base.read_only &&
		       fpathconf(f->fd, _PC_DEALLOC_PRESENT) > 0;
	return 0;
}

static int probe_device(struct blk_file *f)
{
	unsigned int logical = 0;
	off_t size, stripe = 0;

	if (ioctl(f->fd, DIOCGMEDIASIZE, &size))
		return -errno;
	f->block_dev = 1;
	f->size = size;
	if (!ioctl(f->fd, DIOCGSECTORSIZE, &logical))
		f->base.logical_block_size = power_of_two(logical, 512, 65536);
	f->base.physical_block_size = f->base.logical_block_size;
	if (!ioctl(f->fd, DIOCGSTRIPESIZE, &stripe))
		f->base.physical_block_size = power_of_two(stripe,
			f->base.logical_block_size, 65536);
	f->base.discard_granularity = f->base.physical_block_size;
	f->can_punch = 1;
	return 0;
}

int lkl_blk_os_probe(struct blk_file *f)
{
	struct stat st;

	if (fstat(f->fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode))
		return probe_file(f, &st);
	/* Disks have no block devices here. */
	if (S_ISCHR(st.st_mode))
		return probe_device(f);
	return -EINVAL;
}

long lkl_blk_os_read_now(int fd, const struct iovec *iov, int n, uint64_t offset)
{
	return -EOPNOTSUPP;
}

static int result(int ret)
{
	if (!ret)
		return 0;
	return errno == ENOTTY || errno == ENODEV || errno == ENOSYS ? -EOPNOTSUPP : -errno;
}

int lkl_blk_os_punch(const struct blk_file *f, uint64_t offset, uint64_t len)
{
	struct spacectl_range range = { .r_offset = offset, .r_len = len };
	off_t part[2] = { offset, len };
	int ret;

	if (f->block_dev)
		return result(ioctl(f->fd, DIOCGDELETE, part));
	do {
		ret = fspacectl(f->fd, SPACECTL_DEALLOC, &range, 0, &range);
	} while ((ret && errno == EINTR) || (!ret && range.r_len));
	return result(ret);
}

int lkl_blk_os_zero(const struct blk_file *f, uint64_t offset, uint64_t len)
{
	return -EOPNOTSUPP;
}

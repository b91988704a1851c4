// SPDX-License-Identifier: GPL-2.0
/* Disks in files and block devices: what only Linux has. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "blk_file.h"

static int is_in_memory(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return 0;
	return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC ||
	       fs.f_type == HUGETLBFS_MAGIC;
}

static uint32_t power_of_two(uint64_t x, uint32_t min, uint32_t max)
{
	if (x < min || x & (x - 1))
		return min;
	return x < max ? x : max;
}

/* The alignment that O_DIRECT needs there, 0 if the kernel cannot tell. */
static uint32_t direct_alignment(int fd)
{
#ifdef STATX_DIOALIGN
	struct statx stx;

	if (!(fcntl(fd, F_GETFL) & O_DIRECT))
		return 0;
	if (!statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) &&
	    stx.stx_mask & STATX_DIOALIGN)
		return stx.stx_dio_offset_align;
#else
	(void)fd;
#endif
	return 0;
}

static int probe_file(struct blk_file *f, const struct stat *st)
{
	uint32_t align = direct_alignment(f->fd);

	f->size = st->st_size;
	f->in_memory = is_in_memory(f->fd);
	if (align)
		f->base.logical_block_size = power_of_two(align, 512, 4096);
	f->base.physical_block_size = power_of_two(st->st_blksize, 512, 4096);
	f->base.discard_granularity = f->base.physical_block_size;
	if (f->base.read_only)
		return 0;
	/* Behind the end of the file there is nothing that it could destroy. */
	f->can_punch = !fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				  (f->size + 4095) & ~4095ULL, 4096);
	f->can_zero_range = 1;
	return 0;
}

static int probe_block_dev(struct blk_file *f)
{
	unsigned int physical = 0;
	int logical = 0, read_only = 0;
	uint64_t size;

	if (ioctl(f->fd, BLKGETSIZE64, &size))
		return -errno;
	f->block_dev = 1;
	f->size = size;
	if (!ioctl(f->fd, BLKROGET, &read_only) && read_only)
		f->base.read_only = 1;
	if (!ioctl(f->fd, BLKSSZGET, &logical))
		f->base.logical_block_size = power_of_two(logical, 512, 65536);
	if (!ioctl(f->fd, BLKPBSZGET, &physical))
		f->base.physical_block_size = power_of_two(physical,
			f->base.logical_block_size, 65536);
	f->base.discard_granularity = f->base.physical_block_size;
	f->can_punch = 1;
	f->can_zero_range = 1;
	return 0;
}

int lkl_blk_os_probe(struct blk_file *f)
{
	struct stat st;

	if (fstat(f->fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode))
		return probe_file(f, &st);
	if (S_ISBLK(st.st_mode))
		return probe_block_dev(f);
	return -EINVAL;
}

long lkl_blk_os_read_now(int fd, const struct iovec *iov, int n, uint64_t offset)
{
	ssize_t ret = preadv2(fd, iov, n, offset, RWF_NOWAIT);

	return ret < 0 ? -errno : ret;
}

/* What the calls below say when they cannot. */
static int unsupported(int err)
{
	return err == EOPNOTSUPP || err == ENOSYS || err == ENOTTY ||
	       err == ENODEV;
}

static int result(int ret)
{
	if (!ret)
		return 0;
	return unsupported(errno) ? -EOPNOTSUPP : -errno;
}

static int do_fallocate(const struct blk_file *f, int mode, uint64_t offset,
			uint64_t len)
{
	int ret;

	do {
		ret = fallocate(f->fd, mode | FALLOC_FL_KEEP_SIZE, offset, len);
	} while (ret && errno == EINTR);
	return result(ret);
}

int lkl_blk_os_punch(const struct blk_file *f, uint64_t offset, uint64_t len)
{
	uint64_t range[2] = { offset, len };

	if (f->block_dev)
		return result(ioctl(f->fd, BLKDISCARD, range));
	return do_fallocate(f, FALLOC_FL_PUNCH_HOLE, offset, len);
}

int lkl_blk_os_zero(const struct blk_file *f, uint64_t offset, uint64_t len)
{
	uint64_t range[2] = { offset, len };

	if (f->block_dev)
		return result(ioctl(f->fd, BLKZEROOUT, range));
	return do_fallocate(f, FALLOC_FL_ZERO_RANGE, offset, len);
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <unistd.h>

#include <lkl.h>

#include "content.h"

long content_read(const struct device *dev, void *buf, uint64_t len, uint64_t offset)
{
	char *to = buf;
	long n = 0, fd = -1;

	if (offset > dev->size || len > dev->size - offset)
		return -LKL_EINVAL;
	if (dev->fd < 0) {
		fd = lkl_sys_open(dev->node, LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
		if (fd < 0)
			return fd;
	}
	while (len) {
		if (dev->fd >= 0) {
			n = pread(dev->fd, to, len, dev->offset + offset);
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				n = -errno;
		} else {
			n = lkl_sys_pread64(fd, to, len, offset);
		}
		if (n <= 0)
			break;
		to += n;
		len -= n;
		offset += n;
	}
	if (fd >= 0)
		lkl_sys_close(fd);
	if (!len)
		return 0;
	return n < 0 ? n : -LKL_EIO;
}

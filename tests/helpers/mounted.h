/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For helper programs: a kernel with one image mounted at /mnt. Errors end the
 * program with a message and status 1.
 */
#ifndef LKL_TEST_MOUNTED_H
#define LKL_TEST_MOUNTED_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

static inline void __attribute__((format(printf, 1, 2), noreturn)) die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(1);
}

static inline long must(long ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, lkl_strerror(ret));
	return ret;
}

/* LKL_LOG in the environment shows more than the kernel's last words. */
static inline void mounted_boot(void)
{
	must(lkl_init(&lkl_host_ops), "init");
	must(lkl_start_kernel("mem=256M loglevel=%d", getenv("LKL_LOG") ? 7 : 5), "start");
}

/* Adds @disk and mounts it; the errno if it cannot be mounted. */
static inline long mounted_mount(struct lkl_disk *disk, const char *type, int flags)
{
	uint32_t dev;

	must(lkl_get_virtio_blkdev(must(lkl_disk_add(disk), "add the disk"), 0, &dev),
	     "find the disk");
	must(lkl_sys_mknod("/disk", LKL_S_IFBLK | 0600, dev), "mknod");
	must(lkl_sys_mkdir("/mnt", 0755), "mkdir");
	return lkl_sys_mount("/disk", "/mnt", (char *)type, flags, NULL);
}

static inline void mounted_halt(struct lkl_disk *disk)
{
	must(lkl_disk_remove(*disk), "remove the disk");
	must(lkl_sys_halt(), "halt");
	lkl_cleanup();
}

#endif

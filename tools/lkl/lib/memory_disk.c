// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include <lkl.h>
#include <lkl/linux/fs.h>
#include <lkl/linux/loop.h>

#include "layers.h"
#include "memory_disk.h"
#include "message.h"

#define COPY_MAX	(8U << 20)
#define PIECE		65536U

static long open_device(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", name);
	return lkl_sys_open(path, flags | LKL_O_CLOEXEC, 0);
}

/* From the descriptor @from to @to, with @buf of PIECE bytes. 0 or err. */
static long copy_beginning(int from, int to, char *buf)
{
	lkl_loff_t at = 0;
	long n;

	while (at < COPY_MAX) {
		n = lkl_sys_pread64(from, buf, PIECE, at);
		if (n <= 0)
			return n;
		n = lkl_sys_pwrite64(to, buf, n, at);
		if (n < 0)
			return n;
		at += n;
	}
	return 0;
}

/* A file in memory as large as the device @name, and like it. Its descriptor, or err. */
static long make_file(const char *name)
{
	unsigned long long size;
	char *buf = malloc(PIECE);
	long from, to, ret;

	if (!buf)
		return -LKL_ENOMEM;
	from = open_device(name, LKL_O_RDONLY);
	ret = to = from < 0 ? from : lkl_sys_memfd_create(name, LKL_MFD_CLOEXEC);
	if (ret >= 0)
		ret = lkl_sys_ioctl(from, LKL_BLKGETSIZE64, (uintptr_t)&size);
	if (!ret)
		ret = lkl_sys_ftruncate(to, size);
	if (!ret)
		ret = copy_beginning(from, to, buf);
	if (ret < 0 && to >= 0)
		lkl_sys_close(to);
	if (from >= 0)
		lkl_sys_close(from);
	free(buf);
	return ret < 0 ? ret : to;
}

/* Makes a disk of @file; its name goes to @name. 0 or err. */
static long make_disk(int file, char *name)
{
	struct lkl_loop_config config = { .fd = file };
	long control, number, disk, ret;

	control = open_device("loop-control", LKL_O_RDWR);
	if (control < 0)
		return control;
	number = lkl_sys_ioctl(control, LKL_LOOP_CTL_GET_FREE, 0);
	lkl_sys_close(control);
	if (number < 0)
		return number;
	snprintf(name, 32, "loop%ld", number);
	disk = open_device(name, LKL_O_RDWR);
	if (disk < 0)
		return disk;
	ret = lkl_sys_ioctl(disk, LKL_LOOP_CONFIGURE, (uintptr_t)&config);
	lkl_sys_close(disk);
	return ret;
}

static int remove_disk(const char *name)
{
	long disk = open_device(name, LKL_O_RDWR), ret;

	if (disk < 0)
		return disk;
	ret = lkl_sys_ioctl(disk, LKL_LOOP_CLR_FD, 0);
	lkl_sys_close(disk);
	return ret;
}

int memory_disk_copy(const char *title, char *name)
{
	long file = make_file(name), ret = file;

	if (file >= 0) {
		ret = make_disk(file, name);
		lkl_sys_close(file);
	}
	if (ret) {
		error("%s: there can be no copy of it in memory: %s", title, lkl_strerror(ret));
		return -1;
	}
	if (!layers_add(remove_disk, name, title))
		return 0;
	remove_disk(name);
	return -1;
}

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include <lkl.h>
#include <lkl/linux/dm-ioctl.h>

#include "bench.h"
#include "crypt.h"

#define MAJOR(dev)	((dev) >> 8 & 0xfff)
#define MINOR(dev)	(((dev) & 0xff) | ((dev) >> 12 & 0xfff00))

/* What the device mapper is told and, with a table, all that it is told. */
struct table {
	struct lkl_dm_ioctl io;
	struct lkl_dm_target_spec target;
	char params[512];
};

static void control(unsigned int request, struct table *t, size_t size, const char *node)
{
	int fd = bench_lkl(lkl_sys_open("/dev/mapper/control", LKL_O_RDWR, 0), "device mapper");

	t->io.version[0] = LKL_DM_VERSION_MAJOR;
	t->io.data_size = size;
	t->io.data_start = sizeof(t->io);
	snprintf(t->io.name, sizeof(t->io.name), "%s", node + 1);
	bench_lkl(lkl_sys_ioctl(fd, request, (uintptr_t)t), node);
	lkl_sys_close(fd);
}

static void fill(struct table *t, unsigned int disk, const unsigned char key[64], size_t sector,
		 uint64_t offset, uint64_t len)
{
	char digits[2 * 64 + 1];

	for (int i = 0; i < 64; i++)
		sprintf(digits + 2 * i, "%02x", key[i]);
	t->io.target_count = 1;
	t->target.length = len / 512;
	strcpy(t->target.target_type, "crypt");
	snprintf(t->params, sizeof(t->params), "aes-xts-plain64 %s 0 %u:%u %llu 1 sector_size:%zu",
		 digits, MAJOR(disk), MINOR(disk), (unsigned long long)offset / 512, sector);
}

void crypt_map(int disk_id, const unsigned char key[64], size_t sector, uint64_t offset,
	       uint64_t len, const char *node)
{
	struct table create = { 0 }, load = { 0 }, resume = { 0 };
	unsigned int disk;

	bench_lkl(lkl_get_virtio_blkdev(disk_id, 0, &disk), "disk");
	control(LKL_DM_DEV_CREATE, &create, sizeof(create.io), node);
	fill(&load, disk, key, sector, offset, len);
	control(LKL_DM_TABLE_LOAD, &load, sizeof(load), node);
	control(LKL_DM_DEV_SUSPEND, &resume, sizeof(resume.io), node);
	bench_lkl(lkl_sys_mknod(node, LKL_S_IFBLK | 0600, create.io.dev), node);
}

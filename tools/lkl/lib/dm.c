// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>
#include <lkl/linux/dm-ioctl.h>

#include "dm.h"
#include "kernel.h"
#include "layers.h"
#include "message.h"

#define CONTROL "/dev/mapper/control"

static long control(unsigned long request, struct lkl_dm_ioctl *io)
{
	long ret, fd;

	fd = lkl_sys_open(CONTROL, LKL_O_RDWR | LKL_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	ret = lkl_sys_ioctl(fd, request, (uintptr_t)io);
	lkl_sys_close(fd);
	return ret;
}

static void fill(struct lkl_dm_ioctl *io, const char *name, size_t size)
{
	memset(io, 0, sizeof(*io));
	io->version[0] = LKL_DM_VERSION_MAJOR;
	io->data_size = size;
	io->data_start = sizeof(*io);
	snprintf(io->name, sizeof(io->name), "%s", name);
}

static long simple(unsigned long request, const char *name, unsigned int flags,
		   struct lkl_dm_ioctl *io)
{
	fill(io, name, sizeof(*io));
	io->flags = flags;
	return control(request, io);
}

static int remove_mapped(const char *name)
{
	struct lkl_dm_ioctl io;

	return simple(LKL_DM_DEV_REMOVE, name, 0, &io);
}

/* Tables hold keys: what was in memory is overwritten. */
static long load(const char *name, const struct dm_target *targets, unsigned int n, int read_only)
{
	size_t size = sizeof(struct lkl_dm_ioctl), at = size;
	struct lkl_dm_ioctl *io;
	unsigned int i;
	char *buf;
	long ret;

	for (i = 0; i < n; i++)
		size += sizeof(struct lkl_dm_target_spec) + ((strlen(targets[i].params) + 8) & ~7UL);
	buf = calloc(1, size);
	if (!buf)
		return -LKL_ENOMEM;
	io = (struct lkl_dm_ioctl *)buf;
	fill(io, name, size);
	io->target_count = n;
	io->flags = LKL_DM_SECURE_DATA_FLAG | (read_only ? LKL_DM_READONLY_FLAG : 0);
	for (i = 0; i < n; i++) {
		struct lkl_dm_target_spec *spec = (struct lkl_dm_target_spec *)(buf + at);
		size_t len = (strlen(targets[i].params) + 8) & ~7UL;

		spec->sector_start = targets[i].start;
		spec->length = targets[i].length;
		spec->next = sizeof(*spec) + len;
		snprintf(spec->target_type, sizeof(spec->target_type), "%s", targets[i].type);
		strcpy((char *)(spec + 1), targets[i].params);
		at += spec->next;
	}
	ret = control(LKL_DM_TABLE_LOAD, io);
	explicit_bzero(buf, size);
	free(buf);
	return ret;
}

int dm_create(const char *title, const struct dm_target *targets, unsigned int n, int read_only,
	      char *name)
{
	static int number;
	struct lkl_dm_ioctl io;
	char mapped[32];
	long ret;

	kernel_log_mark();
	snprintf(mapped, sizeof(mapped), "lkl-%d", number++);
	ret = simple(LKL_DM_DEV_CREATE, mapped, 0, &io);
	if (ret) {
		error("%s: the device mapper makes no device: %s", title, lkl_strerror(ret));
		return -1;
	}
	/* Minor numbers count the devices; the kernel names them by these. */
	snprintf(name, 32, "dm-%u", (unsigned int)((io.dev & 0xff) | (io.dev >> 12 & 0xfff00)));
	ret = load(mapped, targets, n, read_only);
	if (!ret)
		ret = simple(LKL_DM_DEV_SUSPEND, mapped, read_only ? LKL_DM_READONLY_FLAG : 0, &io);
	if (ret) {
		kernel_log_show();
		error("%s: cannot be mapped (%s): %s", title, n ? targets[0].type : "empty",
		      lkl_strerror(ret));
		remove_mapped(mapped);
		return -1;
	}
	if (layers_add(remove_mapped, mapped, title)) {
		remove_mapped(mapped);
		return -1;
	}
	return 0;
}

struct device *dm_map(struct device *parent, const char *title, const struct dm_target *target,
		      int read_only)
{
	char name[32];

	if (dm_create(title, target, 1, read_only, name))
		return NULL;
	return device_new(parent, name, title);
}

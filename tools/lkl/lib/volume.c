// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>
#include <lkl/linux/btrfs.h>
#include <lkl/linux/f2fs.h>

#include "content.h"
#include "device.h"
#include "image.h"
#include "kernel.h"
#include "layers.h"
#include "le.h"
#include "message.h"
#include "mount_options.h"
#include "stack.h"
#include "volume.h"

#define MNT "/mnt"
/* Something may hold a file for a moment still. */
#define UMOUNT_MS 10000

struct open_volume {
	struct volume public;
	const struct volume_options *options;
	struct image *images;
	int n_images;			/* opened */
	struct device_list disks;
	struct stack stack;
	struct device *chosen;
	int lock_fd;
	/* The mounted root and its device, open to hear of every write that failed. */
	int root_fd;
	int dev_fd;
	int mounted;
};

/* ---- mounting ------------------------------------------------------------ */

static int is_filesystem(const struct device *dev)
{
	return dev->usage && !strcmp(dev->usage, "filesystem");
}

/* Where libblkid's name is not the kernel's. */
static const char *kernel_type(const char *type)
{
	static const char *const names[][2] = {
		{ "ntfs", "ntfs3" }, { "ext4dev", "ext4" }, { "msdos", "vfat" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(type, names[i][0]))
			return names[i][1];
	return type;
}

/* What a file system gets unless the user says otherwise. */
static const char *default_options(const struct device *dev, const char *type)
{
	static const char *const options[][2] = {
		/* Else the kernel fills an image with zeroes for tables that nobody uses yet. */
		{ "ext4", "noinit_itable" },
		{ "reiserfs", "user_xattr,acl" },
	};
	unsigned int i;

	/* The kernel has to be told the kind: the BSDs', unless the user knows better. */
	if (!strcmp(type, "ufs"))
		return dev->version && !strcmp(dev->version, "2") ? "ufstype=ufs2" :
		       "ufstype=44bsd";
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(type, options[i][0]))
			return options[i][1];
	return "";
}

static long mount_with(struct open_volume *vol, const char *type, const char *extra)
{
	const struct volume_options *o = vol->options;
	unsigned long flags = o->mount_flags | (vol->public.read_only ? LKL_MS_RDONLY : 0);
	char own[4096], all[4096] = "";
	const char *const parts[] = { default_options(vol->chosen, type), own, extra };
	long err = mount_options_split(o->mount_options, &flags, own, sizeof(own));
	size_t n = 0;

	if (err)
		return err;
	for (unsigned int i = 0; i < 3 && n < sizeof(all); i++)
		if (*parts[i])
			n += snprintf(all + n, sizeof(all) - n, "%s%s", n ? "," : "", parts[i]);
	if (n >= sizeof(all))
		return -LKL_ENAMETOOLONG;
	return lkl_sys_mount(vol->chosen->node, MNT, (char *)type, flags, n ? all : NULL);
}

/* Without the journal, what an unclean file system held before its last changes. */
static const char *without_journal(const char *type)
{
	static const char *const options[][2] = {
		{ "ext3", "noload" }, { "ext4", "noload" }, { "xfs", "norecovery" },
		{ "nilfs2", "norecovery" }, { "f2fs", "norecovery" },
		{ "btrfs", "rescue=nologreplay" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(type, options[i][0]))
			return options[i][1];
	return NULL;
}

static long try_type(struct open_volume *vol, const char *type)
{
	const char *extra;
	long ret = mount_with(vol, type, "");

	if (!ret || !vol->public.read_only)
		return ret;
	extra = without_journal(type);
	if (!extra || mount_with(vol, type, extra))
		return ret;
	warning("%s was not unmounted cleanly, and its journal cannot be replayed read-only: what is shown may be out of date",
		vol->public.title);
	return 0;
}

/* Every type that needs a device, for what libblkid does not know. */
static long try_all(struct open_volume *vol, char *type, size_t size)
{
	char list[8192], *line, *next;
	long fd, n, ret = -LKL_EINVAL;

	if (lkl_mount_fs("proc") < 0)
		return ret;
	fd = lkl_sys_open("/proc/filesystems", LKL_O_RDONLY, 0);
	if (fd < 0)
		return fd;
	n = lkl_sys_read(fd, list, sizeof(list) - 1);
	lkl_sys_close(fd);
	if (n < 0)
		return n;
	list[n] = 0;
	for (line = list; *line && ret; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		if (*line != '\t')	/* "nodev" */
			continue;
		snprintf(type, size, "%s", line + 1);
		ret = mount_with(vol, type, "");
	}
	return ret ? -LKL_EINVAL : 0;
}

static int explain_mount(struct open_volume *vol, const char *type, long ret)
{
	const char *title = vol->public.title;

	kernel_log_show();
	if (ret == -LKL_ENODEV)
		error("%s: the kernel has no file system %s", title, type);
	else if (ret == -LKL_EROFS && !vol->public.read_only)
		error("%s: %s can only be mounted read-only here", title, type);
	else
		error("%s: cannot mount it as %s: %s", title, type, lkl_strerror(ret));
	return -1;
}

/* Devices of one file system: btrfs has to have seen them all. */
static void scan_btrfs(const struct open_volume *vol)
{
	const struct device_list *all = &vol->stack.candidates;
	struct lkl_btrfs_ioctl_vol_args args = { 0 };
	long fd;
	int i;

	fd = lkl_sys_open("/dev/btrfs-control", LKL_O_RDWR | LKL_O_CLOEXEC, 0);
	for (i = 0; fd >= 0 && i < all->n; i++) {
		snprintf(args.name, sizeof(args.name), "%s", all->devices[i]->node);
		lkl_sys_ioctl(fd, LKL_BTRFS_IOC_SCAN_DEV, (uintptr_t)&args);
	}
	if (fd >= 0)
		lkl_sys_close(fd);
}

static int mount_chosen(struct open_volume *vol)
{
	const char *wanted = vol->options->type;
	struct device *dev = vol->chosen;
	struct lkl_statfs fs;
	static char type[64];
	long ret;

	lkl_sys_mkdir(MNT, 0755);
	vol->public.title = dev->title;
	vol->public.type = type;
	vol->public.read_only = vol->options->read_only || dev->read_only;
	kernel_log_mark();
	if (!wanted && dev->ambivalent) {
		error("%s has the marks of several file systems; say which one it is (type)",
		      dev->title);
		return -1;
	}
	if (!wanted && dev->type && !is_filesystem(dev)) {
		error("%s holds no file system, but %s", dev->title, device_type_words(dev));
		return -1;
	}
	if (vol->stack.candidates.n > 1 && dev->type && !strcmp(dev->type, "btrfs"))
		scan_btrfs(vol);
	if (wanted || dev->type) {
		snprintf(type, sizeof(type), "%s", kernel_type(wanted ? wanted : dev->type));
		ret = try_type(vol, type);
		if ((ret == -LKL_EROFS || ret == -LKL_EACCES) && !wanted && !vol->public.read_only) {
			vol->public.read_only = 1;
			ret = try_type(vol, type);
		}
	} else {
		ret = try_all(vol, type, sizeof(type));
		if (ret) {
			error("%s holds no file system that the kernel knows", dev->title);
			return -1;
		}
	}
	if (ret)
		return explain_mount(vol, type, ret);
	vol->mounted = 1;
	vol->public.path = MNT;
	/* Some file systems know nothing else, and say nothing. */
	if (!lkl_sys_statfs(MNT, &fs) && (fs.f_flags & LKL_MS_RDONLY))
		vol->public.read_only = 1;
	return 0;
}

/* Features of superblocks. */
#define EXT4_SUPERBLOCK		1024
#define EXT4_INCOMPAT		96
#define EXT4_CASEFOLD		0x20000
#define F2FS_CASEFOLD		0x1000

/* Of the mounted file system: what struct volume says. */
static int folds_case(const struct open_volume *vol)
{
	const char *type = vol->public.type;
	unsigned char features[4];
	uint32_t f2fs = 0;

	if (!strcmp(type, "f2fs"))
		return !lkl_sys_ioctl(vol->root_fd, LKL_F2FS_IOC_GET_FEATURES, (lkl_long)&f2fs) &&
		       f2fs & F2FS_CASEFOLD;
	if (!strcmp(type, "ext4"))
		return !content_read(vol->chosen, features, sizeof(features),
				     EXT4_SUPERBLOCK + EXT4_INCOMPAT) &&
		       le32(features) & EXT4_CASEFOLD;
	return 0;
}

/* Errors of writing are reported to descriptors that were open when they happened. */
static int watch_errors(struct open_volume *vol)
{
	vol->root_fd = lkl_sys_open(MNT, LKL_O_RDONLY | LKL_O_DIRECTORY | LKL_O_CLOEXEC, 0);
	vol->dev_fd = lkl_sys_open(vol->chosen->node, LKL_O_RDONLY | LKL_O_CLOEXEC, 0);
	if (vol->root_fd >= 0 && vol->dev_fd >= 0)
		return 0;
	error("%s: cannot be opened: %s", vol->public.title,
	      lkl_strerror(vol->root_fd < 0 ? vol->root_fd : vol->dev_fd));
	return -1;
}

/* ---- opening and closing --------------------------------------------------- */

static int open_images(struct open_volume *vol)
{
	const struct volume_options *o = vol->options;

	if (o->lock_file) {
		vol->lock_fd = open(o->lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (vol->lock_fd < 0) {
			error("%s: %s", o->lock_file, strerror(errno));
			return -1;
		}
		if (image_lock(vol->lock_fd, o->lock_file, 1))
			return -1;
	}
	for (; vol->n_images < o->n_images; vol->n_images++)
		if (image_open(&vol->images[vol->n_images], o->images[vol->n_images], o->format,
			       o->read_only))
			return -1;
	return 0;
}

static int attach_images(struct open_volume *vol)
{
	struct device *dev;
	int i;

	for (i = 0; i < vol->n_images; i++) {
		struct image *image = &vol->images[i];

		if (image_attach(image))
			return -1;
		dev = device_new_disk(image->devno, image->name,
				      image->nbd ? -1 : image->fd);
		if (!dev)
			return -1;
		if (device_list_add(&vol->disks, dev)) {
			device_free(dev);
			return -1;
		}
		if (device_probe(dev))
			return -1;
	}
	return 0;
}

static int open_all(struct open_volume *vol)
{
	if (open_images(vol) || kernel_start(vol->options->mb, vol->options->verbose) ||
	    attach_images(vol) || stack_resolve(&vol->stack, &vol->disks, vol->options))
		return -1;
	vol->chosen = vol->stack.candidates.devices[0];
	if (mount_chosen(vol) || watch_errors(vol))
		return -1;
	vol->public.folds_case = folds_case(vol);
	return 0;
}

int volume_open(const struct volume_options *options, struct volume **volume)
{
	struct open_volume *vol = calloc(1, sizeof(*vol));

	if (options->n_images < 1) {
		error("no image is given");
		free(vol);
		return -1;
	}
	if (vol)
		vol->images = calloc(options->n_images, sizeof(*vol->images));
	if (!vol || !vol->images) {
		error("%s: out of memory", options->images[0]);
		free(vol);
		return -1;
	}
	vol->options = options;
	vol->lock_fd = -1;
	vol->root_fd = -1;
	vol->dev_fd = -1;
	if (open_all(vol)) {
		volume_close(&vol->public);
		return -1;
	}
	*volume = &vol->public;
	return 0;
}

static int unmount(struct open_volume *vol)
{
	const char *title = vol->public.title;
	long err;
	int ret = 0;

	kernel_log_mark();
	if (vol->root_fd >= 0) {
		err = lkl_sys_syncfs(vol->root_fd);
		if (err && err != -LKL_EROFS) {
			error("%s: not everything could be written: %s", title,
			      lkl_strerror(err));
			ret = -1;
		}
		lkl_sys_close(vol->root_fd);
	}
	err = lkl_umount_timeout(MNT, 0, UMOUNT_MS);
	if (err) {
		error("%s: cannot unmount: %s", title, lkl_strerror(err));
		ret = -1;
	}
	if (vol->dev_fd >= 0) {
		err = lkl_sys_fsync(vol->dev_fd);
		if (err && !vol->public.read_only) {
			error("%s: not everything reached the image: %s", title,
			      lkl_strerror(err));
			ret = -1;
		}
		lkl_sys_close(vol->dev_fd);
	}
	if (ret)
		kernel_log_show();
	vol->mounted = 0;
	return ret;
}

int volume_close(struct volume *volume)
{
	struct open_volume *vol = (struct open_volume *)volume;
	int i, ret = 0;

	if (vol->mounted)
		ret |= unmount(vol);
	if (lkl_is_running())
		ret |= layers_close();
	/* A disk that is still in use goes with the kernel. */
	if (ret)
		ret |= kernel_stop();
	for (i = 0; i < vol->n_images; i++)
		ret |= image_close(&vol->images[i]);
	ret |= kernel_stop();
	stack_free(&vol->stack);
	for (i = 0; i < vol->disks.n; i++)
		device_free(vol->disks.devices[i]);
	device_list_free(&vol->disks);
	if (vol->lock_fd >= 0)
		close(vol->lock_fd);
	free(vol->images);
	free(vol);
	return ret ? -1 : 0;
}

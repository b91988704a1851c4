// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "format.h"
#include "image.h"
#include "image_file.h"
#include "message.h"
#include "nbd.h"

static int open_image(struct image *image, const char *format)
{
	const char *name = image->name;

	if (nbd_is_uri(name)) {
		image->nbd = nbd_disk_uri(name, &image->read_only);
		return image->nbd ? 0 : -1;
	}
	if (image_open_file(image))
		return -1;
	if (!format)
		format = format_find(image->fd);
	if (!strcmp(format, "raw"))
		return image_lock(image->fd, name, !image->read_only);
	if (format_check(image->fd, name, format) || image_lock_for_server(image))
		return -1;
	image->nbd = nbd_disk_file(name, format, &image->read_only);
	return image->nbd ? 0 : -1;
}

int image_open(struct image *image, const char *name, const char *format, int read_only)
{
	memset(image, 0, sizeof(*image));
	image->name = name;
	image->read_only = read_only;
	image->disk_id = -1;
	image->fd = -1;
	if (!open_image(image, format))
		return 0;
	if (image->fd >= 0)
		close(image->fd);
	return -1;
}

int image_attach(struct image *image)
{
	int ret;

	if (image->nbd)
		nbd_disk_fill(image->nbd, &image->disk);
	else
		image_fill_disk(image);
	ret = lkl_disk_add(&image->disk);
	if (ret >= 0) {
		image->disk_id = ret;
		ret = lkl_get_virtio_blkdev(ret, 0, &image->devno);
		/* A sandbox would not let it do so later. */
		lkl_disk_start(image->disk);
	}
	if (ret >= 0)
		return 0;
	error("%s: cannot be made a disk of the kernel: %s", image->name, lkl_strerror(ret));
	return -1;
}

int image_close(struct image *image)
{
	int ret = 0, err;

	if (image->disk_id >= 0) {
		err = lkl_disk_remove(image->disk);
		if (err) {
			error("%s: cannot be detached: %s", image->name, lkl_strerror(err));
			ret = -1;
		}
		image->disk_id = -1;
	}
	if (image->nbd)
		ret |= nbd_disk_close(image->nbd);
	image->nbd = NULL;
	/* Some hosts say only now what they could not write. */
	if (image->fd >= 0 && close(image->fd) && !image->read_only) {
		error("%s: not everything could be written: %s", image->name, strerror(errno));
		ret = -1;
	}
	image->fd = -1;
	return ret;
}

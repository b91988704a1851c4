// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "format.h"
#include "image.h"
#include "message.h"
#include "nbd.h"

int image_lock(int fd, const char *name, int exclusive)
{
	struct flock whole = { .l_type = exclusive ? F_WRLCK : F_RDLCK };
	int ret;

	/* These locks belong to the open file, and virtual machine monitors use them too. */
	ret = fcntl(fd, F_OFD_SETLK, &whole);
	if (ret && errno != EAGAIN && errno != EACCES)
		ret = flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
	if (!ret)
		return 0;
	if (errno == EAGAIN || errno == EACCES) {
		error("%s is in use by another program%s", name,
		      exclusive ? "; wait until it is done, or unmount it there" :
				  " that changes it");
		return -1;
	}
	warning("%s cannot be locked (%s): make sure that nobody else changes it", name,
		strerror(errno));
	return 0;
}

static void explain_open(const char *name, int read_only, int block_dev)
{
	switch (errno) {
	case EACCES:
	case EPERM:
	case EROFS:
		if (!read_only && !access(name, R_OK)) {
			error("%s may not be written (%s); open it read-only", name,
			      strerror(errno));
			return;
		}
		break;
	case EBUSY:
		if (block_dev) {
			error("%s is in use by the host, which may have mounted it; unmount it there first",
			      name);
			return;
		}
		break;
	}
	error("%s: %s", name, strerror(errno));
}

static int open_file(struct image *image)
{
	int flags = (image->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC;
	const char *name = image->name;
	struct stat st;
	int is_block;

	if (stat(name, &st)) {
		error("%s: %s", name, strerror(errno));
		return -1;
	}
	is_block = S_ISBLK(st.st_mode);
	if (!is_block && !S_ISREG(st.st_mode)) {
		error("%s is neither a file nor a block device", name);
		return -1;
	}
	/* The host refuses an exclusive open of a device that it has mounted. */
	image->fd = open(name, flags | (is_block && !image->read_only ? O_EXCL : 0));
	if (image->fd < 0) {
		explain_open(name, image->read_only, is_block);
		return -1;
	}
	if (is_block || st.st_size)
		return 0;
	error("%s is empty", name);
	return -1;
}

/* The server locks the file its own way, with which ours must not interfere. */
static int lock_for_server(const struct image *image)
{
	if (!flock(image->fd, (image->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	error("%s is in use by another program: %s", image->name, strerror(errno));
	return -1;
}

static int open_image(struct image *image, const char *format)
{
	const char *name = image->name;

	if (nbd_is_uri(name)) {
		image->nbd = nbd_disk_uri(name, &image->read_only);
		return image->nbd ? 0 : -1;
	}
	if (open_file(image))
		return -1;
	if (!format)
		format = format_find(image->fd);
	if (!strcmp(format, "raw"))
		return image_lock(image->fd, name, !image->read_only);
	if (format_check(image->fd, name, format) || lock_for_server(image))
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
		image->disk.fd = image->fd;
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

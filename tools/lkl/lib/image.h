/* SPDX-License-Identifier: GPL-2.0 */
/* Images: files, block devices and remote disks, as disks of the kernel. */
#ifndef LKL_TOOLS_IMAGE_H
#define LKL_TOOLS_IMAGE_H

#include <stdint.h>
#include <lkl_host.h>

struct image {
	/* As the user gave it, for messages. */
	const char *name;
	int read_only;
	/* The file, -1 if there is none. */
	int fd;
	/* Its content is not the disk's, or there is no file: the disk is behind this. */
	struct nbd_disk *nbd;
	struct lkl_disk disk;
	int disk_id;
	/* Its block device in the kernel. */
	uint32_t devno;
};

/*
 * Opens and locks the file, block device or URI @name; the kernel need not run. @format
 * is what qemu-img calls it, "raw" or "qcow2", or NULL to look. 0, or -1 with a message printed, and
 * nothing to close.
 */
int image_open(struct image *image, const char *name, const char *format,
	       int read_only);
/* Makes it a disk of the running kernel. 0, or -1 with a message printed. */
int image_attach(struct image *image);
/*
 * Undoes both, as far as they were done. 0, or -1 with a message printed if something
 * may not have arrived in the image.
 */
int image_close(struct image *image);

/*
 * Locks @fd, exclusively or shared, until it is closed. @name is for the message. 0,
 * or -1 with a message printed.
 */
int image_lock(int fd, const char *name, int exclusive);

#endif

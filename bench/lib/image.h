/* SPDX-License-Identifier: GPL-2.0 */
/* ext4 images in memory, mounted by either kernel. */
#ifndef LKL_BENCH_IMAGE_H
#define LKL_BENCH_IMAGE_H

#include <stdint.h>

#include <lkl_host.h>

struct image {
	char path[256];
	/* Where it is mounted, in the kernel that it is for. */
	char mnt[256];
	int host_mounted;
	int fd;
	struct lkl_disk disk;
	int disk_id;
};

/*
 * A new file NAME of @size bytes in the folder @dir, NULL: in memory (/dev/shm). It
 * vanishes with the program. @flags for open(), beside O_RDWR.
 */
void image_create(struct image *img, const char *dir, const char *name, uint64_t size,
		  int flags);
/* mkfs.ext4, in full: nothing is left to do after the first mount. */
void image_mkfs(const struct image *img);

void image_add(struct image *img);
void image_mount(struct image *img);
void image_umount(struct image *img);

/* NULL, or why the host's kernel cannot mount it. */
const char *image_host_mount(struct image *img);
void image_host_umount(struct image *img);

/* How often this program asked the host to make a file durable, by fdatasync(). */
extern unsigned long image_flushes;

#endif

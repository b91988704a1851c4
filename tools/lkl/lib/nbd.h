/* SPDX-License-Identifier: GPL-2.0 */
/* Disks behind the NBD protocol: remote ones, and files that qemu-nbd understands. */
#ifndef LKL_TOOLS_NBD_H
#define LKL_TOOLS_NBD_H

#include <lkl_host.h>

struct nbd_disk;

/* Whether @name is the URI of a disk: nbd://, nbds://, nbd+unix://, ... */
int nbd_is_uri(const char *name);

/*
 * Connects to the disk at the URI @name. *@read_only is set if the server allows
 * nothing else. NULL, with a message printed, on errors.
 */
struct nbd_disk *nbd_disk_uri(const char *name, int *read_only);

/* The same for the file @name of @format, as qemu-nbd calls it, which is started. */
struct nbd_disk *nbd_disk_file(const char *name, const char *format, int *read_only);

/* Fills @disk for lkl_disk_add(). */
void nbd_disk_fill(struct nbd_disk *nbd, struct lkl_disk *disk);

/*
 * After lkl_disk_remove(): ends the connection, and the server if it was started here.
 * 0, or -1 with a message printed if something may be lost.
 */
int nbd_disk_close(struct nbd_disk *nbd);

#endif

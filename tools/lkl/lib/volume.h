/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the name of a disk image to a mounted file system in the kernel inside. Every
 * function here prints its errors itself, with the name of the image.
 */
#ifndef LKL_TOOLS_VOLUME_H
#define LKL_TOOLS_VOLUME_H

/* What the user asked for. Zeroes are good defaults; strings stay the caller's. */
struct volume_options {
	/* Files, block devices, URIs of NBD disks; several for RAID arrays and volume groups. */
	const char *const *images;
	int n_images;
	/* Format of the images, "raw", "qcow2", ... as qemu-img calls it; NULL finds out. */
	const char *format;
	/* Type of the file system as mount(8) calls it; NULL finds out. */
	const char *type;
	/*
	 * The partition: its number, label or UUID, or the label or UUID of its file
	 * system; NULL, "" or "0" for a whole disk, or the only partition it has.
	 */
	const char *part;
	/* LVM volume: "GROUP/NAME" or "NAME". */
	const char *volume;
	/* File with the key or passphrase of LUKS; NULL asks on the terminal. */
	const char *key_file;
	/* Further options for the file system, as mount -o takes them. */
	const char *mount_options;
	/* MS_... (LKL_MS_NOSUID and such) in addition to LKL_MS_RDONLY. */
	unsigned long mount_flags;
	/* Memory of the kernel in MiB; 0 for its default. */
	unsigned int mb;
	int read_only;
	/* Writes to RAID arrays even though members are missing. */
	int degraded;
	/* A file that is locked while the volume is open, beside the images; may be NULL. */
	const char *lock_file;
	/* Shows the kernel's log. */
	int verbose;
};

struct volume {
	/* Where it is mounted, inside the kernel. */
	const char *path;
	/* Type of the file system, as the kernel calls it. */
	const char *type;
	/* How messages call it: "disk.img, partition 2". */
	const char *title;
	int read_only;
	/* It may have folders in which the case of names does not matter (casefold). */
	int folds_case;
};

/*
 * Opens and locks the images, starts the kernel, finds the file system and mounts it.
 * 0, or -1 with a message printed and everything undone.
 */
int volume_open(const struct volume_options *options, struct volume **volume);

/*
 * Writes everything out, unmounts, stops the kernel, closes the images. No thread may
 * use the file system any more. 0, or -1 with a message printed if anything, ever since
 * volume_open(), may not have reached the image: the program must not exit with 0 then.
 * @volume is gone in any case.
 */
int volume_close(struct volume *volume);

#endif

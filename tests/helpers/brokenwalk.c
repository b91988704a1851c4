// SPDX-License-Identifier: GPL-2.0
/*
 * brokenwalk TYPE IMAGE: mounts an image that may be broken, reads all of it, works on
 * it, and unmounts. Errors are what is expected: the only failures are those that
 * end the program, or do not let it end.
 */
#include "mounted.h"
#include "walk.h"

int main(int argc, char **argv)
{
	struct lkl_disk disk = { .ops = NULL };
	long ret;

	if (argc != 3)
		die("see the top of brokenwalk.c");
	disk.fd = open(argv[2], O_RDWR | O_CLOEXEC);
	mounted_boot();
	ret = mounted_mount(&disk, argv[1], 0);
	if (ret == -LKL_EROFS || ret == -LKL_EACCES)
		ret = lkl_sys_mount("/disk", "/mnt", argv[1], LKL_MS_RDONLY, NULL);
	if (ret) {
		printf("mount: %s\n", lkl_strerror(ret));
	} else {
		walk("/mnt", 0);
		work();
		walk("/mnt", 0);
		ret = lkl_umount_timeout("/mnt", 0, 10000);
		printf("%d folders, %d files, %d errors, unmount: %s\n", folders, files,
		       errors, ret ? lkl_strerror(ret) : "done");
	}
	mounted_halt(&disk);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * durable ENGINE IMAGE: writes to an ext4 image, with marks among its own system
 * calls (writes to descriptor -1, or to the file that MARKS in the environment names) at
 * each step, for whoever traces them.
 */
#include "mounted.h"

static int marks = -1;

static void mark(const char *what)
{
	ssize_t ret = write(marks, what, strlen(what));

	(void)ret;
}

int main(int argc, char **argv)
{
	struct lkl_disk disk = { .ops = NULL };
	char data[10000] = "data";
	int fd;

	if (argc != 3)
		die("see the top of durable.c");
	if (getenv("MARKS"))
		marks = open(getenv("MARKS"), O_WRONLY | O_CLOEXEC);
	must(lkl_disk_set_engine(argv[1]), argv[1]);
	disk.fd = open(argv[2], O_RDWR | O_CLOEXEC);
	mounted_boot();
	must(mounted_mount(&disk, "ext4", 0), "mount");
	fd = must(lkl_sys_open("/mnt/f", LKL_O_RDWR | LKL_O_CREAT, 0644), "create");
	must(lkl_sys_write(fd, data, sizeof(data)), "write");

	mark("fsync-begin");
	must(lkl_sys_fsync(fd), "fsync");
	mark("fsync-end");

	must(lkl_sys_write(fd, data, sizeof(data)), "write");
	mark("fdatasync-begin");
	must(lkl_sys_fdatasync(fd), "fdatasync");
	mark("fdatasync-end");

	must(lkl_sys_write(fd, data, sizeof(data)), "write");
	lkl_sys_close(fd);
	mark("umount-begin");
	must(lkl_umount_timeout("/mnt", 0, 10000), "unmount");
	mark("umount-end");
	must(lkl_sys_mount("/disk", "/mnt", "ext4", 0, NULL), "mount");
	fd = must(lkl_sys_open("/mnt/g", LKL_O_RDWR | LKL_O_CREAT, 0644), "create");
	must(lkl_sys_write(fd, data, sizeof(data)), "write");
	lkl_sys_close(fd);
	mark("halt-begin");
	must(lkl_sys_halt(), "halt");
	mark("halt-end");
	lkl_disk_remove(disk);
	lkl_cleanup();
	return 0;
}

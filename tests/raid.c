// SPDX-License-Identifier: GPL-2.0
/*
 * RAID-5 and RAID-6: what two lost disks held comes back from the parity that the
 * processor's vector instructions computed. By btrfs, whose mkfs makes such a file
 * system without a block device.
 */
#include <fcntl.h>
#include <unistd.h>

#include "test.h"

#define DISKS 5
#define DISK_SIZE (300ULL << 20)
#define FILE_SIZE (24 << 20)

static const char *paths[DISKS];

static int make(const char *profile)
{
	char cmd[1024];
	int i, n;

	n = snprintf(cmd, sizeof(cmd),
		     "PATH=$PATH:/sbin:/usr/sbin mkfs.btrfs -q -f -d %s -m %s",
		     profile, profile);
	for (i = 0; i < DISKS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "disk%d", i);
		paths[i] = strdup(host_file(name, DISK_SIZE));
		n += snprintf(cmd + n, sizeof(cmd) - n, " %s", paths[i]);
	}
	return host_shell(cmd);
}

/* Starts a kernel that has the disks from @first on, mounts them on /mnt. */
static void start(int first)
{
	char opts[256] = "";
	const char *degraded = first ? ",degraded" : "";
	uint32_t dev;
	int i;

	start_kernel();
	for (i = first; i < DISKS; i++) {
		struct lkl_disk disk = { .fd = open(paths[i], O_RDWR | O_CLOEXEC) };
		char node[24];

		ck_assert_int_ge(disk.fd, 0);
		ok(lkl_get_virtio_blkdev(ok(lkl_disk_add(&disk)), 0, &dev));
		snprintf(node, sizeof(node), "/tmp/d%d", i);
		ok(lkl_sys_mknod(node, LKL_S_IFBLK | 0600, dev));
		snprintf(opts + strlen(opts), sizeof(opts) - strlen(opts),
			 "%sdevice=%s", i > first ? "," : "", node);
	}
	strcat(opts, degraded);
	lkl_sys_mkdir("/mnt", 0700);
	ok(lkl_sys_mount("/tmp/d4", "/mnt", "btrfs", 0, opts));
}

static void stop(void)
{
	ok(lkl_sys_umount("/mnt", 0));
	halt_kernel();
}

/* The same bytes whenever it is called. */
static unsigned char *contents(void)
{
	unsigned char *data = malloc(FILE_SIZE);
	uint32_t x = 1;
	int i;

	for (i = 0; i < FILE_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = x >> 24;
	}
	return data;
}

/* -1 if there is no program that makes such a file system. */
static int lose(const char *profile, int lost)
{
	unsigned char *want, *got;
	int fd;

	if (make(profile))
		return -1;
	want = contents();
	got = malloc(FILE_SIZE);

	start(0);
	fd = ok(lkl_sys_open("/mnt/f", LKL_O_CREAT | LKL_O_RDWR, 0600));
	is(lkl_sys_write(fd, (char *)want, FILE_SIZE), FILE_SIZE);
	/* Parts of stripes, so that parity is read, changed and written. */
	ok(lkl_sys_fsync(fd));
	is(lkl_sys_pwrite64(fd, (char *)want + 5 * 4096, 4096, 5 * 4096), 4096);
	ok(lkl_sys_close(fd));
	stop();

	start(lost);
	fd = ok(lkl_sys_open("/mnt/f", LKL_O_RDONLY, 0));
	is(lkl_sys_read(fd, (char *)got, FILE_SIZE), FILE_SIZE);
	ck_assert(!memcmp(want, got, FILE_SIZE));
	ok(lkl_sys_close(fd));
	stop();
	free(want);
	free(got);
	return 0;
}

START_TEST(raid5)
{
	if (lose("raid5", 1))
		skip("no mkfs.btrfs that makes raid5");
}
END_TEST

START_TEST(raid6_one_disk)
{
	if (lose("raid6", 1))
		skip("no mkfs.btrfs that makes raid6");
}
END_TEST

START_TEST(raid6_two_disks)
{
	if (lose("raid6", 2))
		skip("no mkfs.btrfs that makes raid6");
}
END_TEST

int main(void)
{
	const TTest *const bare[] = { raid5, raid6_one_disk, raid6_two_disks };

	return run_tests("raid", NULL, 0, LIST(bare), 60);
}

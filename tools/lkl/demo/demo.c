// SPDX-License-Identifier: GPL-2.0
/*
 * demo IMAGE: boots a kernel in this process, mounts the ext4 image, works on it
 * and says what it did and how long each step took.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <time.h>

#include <lkl.h>
#include <lkl_host.h>

#define FILE_SIZE	(64UL << 20)
#define CHUNK		(1UL << 20)

static uint64_t step_start;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void begin(void)
{
	step_start = now_ns();
}

/* Ends a step: its time and what it was. A negative @ret ends the program. */
static void __attribute__((format(printf, 2, 3))) done(long ret, const char *fmt, ...)
{
	double us = (now_ns() - step_start) / 1000.0;
	char what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);

	if (ret < 0) {
		printf("  failed      %s: %s\n", what, lkl_strerror(ret));
		exit(1);
	}
	if (us >= 1000)
		printf("  %8.2f ms %s\n", us / 1000, what);
	else
		printf("  %8.2f us %s\n", us, what);
	fflush(stdout);
}

static long write_file(int fd, char *chunk)
{
	size_t pos;
	long ret;

	for (pos = 0; pos < FILE_SIZE; pos += CHUNK) {
		memset(chunk, pos / CHUNK + 1, CHUNK);
		ret = lkl_sys_write(fd, chunk, CHUNK);
		if (ret != (long)CHUNK)
			return ret < 0 ? ret : -LKL_EIO;
	}
	return lkl_sys_fsync(fd);
}

static long read_file(int fd, char *chunk)
{
	size_t pos, i;
	long ret;

	ret = lkl_sys_lseek(fd, 0, SEEK_SET);
	for (pos = 0; ret >= 0 && pos < FILE_SIZE; pos += CHUNK) {
		ret = lkl_sys_read(fd, chunk, CHUNK);
		if (ret != (long)CHUNK)
			return ret < 0 ? ret : -LKL_EIO;
		for (i = 0; i < CHUNK; i++)
			if (chunk[i] != (char)(pos / CHUNK + 1))
				return -LKL_EIO;
	}
	return ret;
}

static int count_entries(const char *path, int *err)
{
	struct lkl_dir *dir = lkl_opendir(path, err);
	int count = 0;

	if (!dir)
		return 0;
	while (lkl_readdir(dir))
		count++;
	*err = lkl_errdir(dir);
	lkl_closedir(dir);
	return count;
}

static void work_on(const char *mnt)
{
	char path[256], line[256], *chunk;
	struct lkl_stat st;
	int fd, err, count;
	long ret;

	chunk = malloc(CHUNK);
	if (!chunk)
		done(-LKL_ENOMEM, "memory");

	snprintf(path, sizeof(path), "%s/hello", mnt);
	begin();
	fd = lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT | LKL_O_TRUNC, 0644);
	done(fd, "create %s", path);

	begin();
	ret = write_file(fd, chunk);
	done(ret, "write %lu MiB and fsync", FILE_SIZE >> 20);

	begin();
	ret = read_file(fd, chunk);
	done(ret, "read them back and compare");

	begin();
	ret = lkl_sys_fstat(fd, &st);
	done(ret, "stat: inode %lu, %lld bytes, %lld blocks", (unsigned long)st.st_ino,
	     (long long)st.st_size, (long long)st.st_blocks);

	begin();
	ret = lkl_sys_close(fd);
	done(ret, "close");

	snprintf(path, sizeof(path), "%s/made/by/nobody/yet", mnt);
	begin();
	ret = lkl_sys_mkdir(path, 0755);
	done(ret == -LKL_ENOENT ? 0 : -LKL_EINVAL, "mkdir %s: %s, as it should be",
	     path, lkl_strerror(ret));

	begin();
	count = count_entries(mnt, &err);
	done(err, "list %s: %d entries", mnt, count);

	/* The kernel's own view of what is mounted. */
	begin();
	fd = lkl_sys_open("/proc/self/mounts", LKL_O_RDONLY, 0);
	if (fd >= 0) {
		char mounts[4096], *at;

		ret = lkl_sys_read(fd, mounts, sizeof(mounts) - 1);
		lkl_sys_close(fd);
		mounts[ret > 0 ? ret : 0] = 0;
		at = strstr(mounts, mnt);
		snprintf(line, sizeof(line), "%.*s", at ? (int)strcspn(at, "\n") : 0,
			 at ? at : "");
		done(ret, "/proc/self/mounts: %s", line);
	}
	free(chunk);
}

int main(int argc, char **argv)
{
	struct lkl_disk disk = { .ops = NULL };
	struct lkl_new_utsname uts;
	char mnt[64];
	uint64_t start = now_ns();
	int id;
	long ret;

	if (argc != 2) {
		fprintf(stderr, "usage: %s EXT4-IMAGE\n", argv[0]);
		return 2;
	}
	disk.fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (disk.fd < 0) {
		perror(argv[1]);
		return 1;
	}
	if (!getenv("LKL_DEMO_LOG"))
		lkl_host_ops.print = NULL;

	begin();
	ret = lkl_init(&lkl_host_ops);
	done(ret, "load the kernel image");

	begin();
	ret = lkl_start_kernel("loglevel=8");
	done(ret, "boot");

	begin();
	ret = lkl_sys_newuname(&uts);
	done(ret, "uname: %s %s %s", uts.sysname, uts.release, uts.machine);

	begin();
	id = lkl_disk_add(&disk);
	done(id, "add the disk %s", argv[1]);

	begin();
	ret = lkl_mount_dev(id, 0, "ext4", 0, NULL, mnt, sizeof(mnt));
	done(ret, "mount it on %s", mnt);

	work_on(mnt);

	begin();
	ret = lkl_umount_dev(id, 0, 0, 5000);
	done(ret, "unmount");

	begin();
	ret = lkl_disk_remove(disk);
	done(ret, "remove the disk");

	begin();
	ret = lkl_sys_halt();
	done(ret, "halt");
	lkl_cleanup();
	close(disk.fd);

	step_start = start;
	done(0, "in all");
	return 0;
}

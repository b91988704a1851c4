// SPDX-License-Identifier: GPL-2.0
/* Disks: files, application operations, errors, hot plug. time limit: 300 s */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

#define MIB (1ULL << 20)
#define SECTOR 512

/* The numbers of <linux/fs.h>, whose names the C library shares. */
#define BLKROGET_	0x125e
#define BLKGETSIZE64_	0x80081272
#define BLKDISCARD_	0x1277
#define BLKZEROOUT_	0x127f

static struct lkl_disk file_disk(const char *path, int flags)
{
	struct lkl_disk disk = { .ops = NULL };

	disk.fd = open(path, flags | O_CLOEXEC);
	ck_assert_int_ge(disk.fd, 0);
	return disk;
}

/* Opens the block device of disk @id inside. */
static long open_disk(int id, int flags)
{
	char path[32];
	uint32_t dev;

	ok(lkl_get_virtio_blkdev(id, 0, &dev));
	snprintf(path, sizeof(path), "/tmp/disk%d", id);
	lkl_sys_unlink(path);
	ok(lkl_sys_mknod(path, LKL_S_IFBLK | 0600, dev));
	return lkl_sys_open(path, flags, 0);
}

static uint64_t size_inside(int fd)
{
	uint64_t size = 0;

	ok(lkl_sys_ioctl(fd, BLKGETSIZE64_, (lkl_long)&size));
	return size;
}

static void fill(char *buf, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++) {
		seed = seed * 1103515245 + 12345;
		buf[i] = seed >> 16;
	}
}

/* ---- files -------------------------------------------------------------- */

START_TEST(file)
{
	static char data[MIB], back[MIB];
	const char *path = host_file("disk", 16 * MIB);
	struct lkl_disk disk = file_disk(path, O_RDWR);
	int id = ok(lkl_disk_add(&disk)), fd = ok(open_disk(id, LKL_O_RDWR));

	is(size_inside(fd), 16 * MIB);
	fill(data, sizeof(data), 1);
	is(lkl_sys_pwrite64(fd, data, sizeof(data), 3 * MIB), sizeof(data));
	ok(lkl_sys_fsync(fd));
	is(pread(disk.fd, back, sizeof(back), 3 * MIB), sizeof(back));
	ck_assert(!memcmp(data, back, sizeof(data)));
	fails(lkl_sys_pwrite64(fd, data, 1, 16 * MIB), LKL_ENOSPC);
	ok(lkl_sys_close(fd));
	ok(lkl_disk_remove(disk));
	close(disk.fd);
}
END_TEST

/* What the host's file holds can be read, beyond what was written inside. */
START_TEST(contents_of_the_host)
{
	static char data[MIB], back[MIB];
	const char *path = host_file("disk", 16 * MIB);
	struct lkl_disk disk = file_disk(path, O_RDWR);
	int fd;

	fill(data, sizeof(data), 2);
	ck_assert_int_eq(pwrite(disk.fd, data, sizeof(data), 5 * MIB), sizeof(data));
	fd = ok(open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDONLY));
	is(lkl_sys_pread64(fd, back, sizeof(back), 5 * MIB), sizeof(back));
	ck_assert(!memcmp(data, back, sizeof(data)));
}
END_TEST

START_TEST(several)
{
	struct lkl_disk disks[6];
	int i, fds[6];
	char buf[4096], name[16];

	for (i = 0; i < COUNT(disks); i++) {
		snprintf(name, sizeof(name), "disk%d", i);
		disks[i] = file_disk(host_file(name, (i + 1) * MIB), O_RDWR);
		fds[i] = ok(open_disk(ok(lkl_disk_add(&disks[i])), LKL_O_RDWR));
		is(size_inside(fds[i]), (i + 1) * MIB);
		memset(buf, 'a' + i, sizeof(buf));
		is(lkl_sys_pwrite64(fds[i], buf, sizeof(buf), 0), sizeof(buf));
	}
	for (i = 0; i < COUNT(disks); i++) {
		ok(lkl_sys_fsync(fds[i]));
		ok(lkl_sys_close(fds[i]));
		ok(lkl_disk_remove(disks[i]));
		is(pread(disks[i].fd, buf, 1, 100), 1);
		is(buf[0], 'a' + i);
	}
}
END_TEST

START_TEST(added_before_start)
{
	struct lkl_disk disk = file_disk(host_file("disk", 8 * MIB), O_RDWR);
	int id, fd;

	ok(lkl_init(&lkl_host_ops));
	id = ok(lkl_disk_add(&disk));
	ok(lkl_start_kernel("loglevel=4"));
	lkl_sys_mkdir("/tmp", 0777);
	fd = ok(open_disk(id, LKL_O_RDWR));
	is(size_inside(fd), 8 * MIB);
	ok(lkl_sys_close(fd));
	ok(lkl_sys_halt());
	ok(lkl_disk_remove(disk));
	lkl_cleanup();
}
END_TEST

/* What is added can be started with, and used. */
START_TEST(as_many_as_go)
{
	const char *path = host_file("disk", 1 * MIB);
	struct lkl_disk disks[100];
	int n = 0, id, fd;
	char buf[SECTOR];

	for (;; n++) {
		disks[n] = file_disk(path, O_RDONLY);
		id = lkl_disk_add(&disks[n]);
		if (id < 0)
			break;
	}
	close(disks[n].fd);
	is(id, -LKL_ENOSPC);
	ck_assert_int_ge(n, 60);
	ok(lkl_start_kernel("loglevel=4"));
	lkl_sys_mkdir("/tmp", 0777);
	fd = ok(open_disk(n - 1, LKL_O_RDONLY));
	is(lkl_sys_pread64(fd, buf, sizeof(buf), 0), sizeof(buf));
	ok(lkl_sys_close(fd));
	/* One goes, and another one comes. */
	ok(lkl_disk_remove(disks[7]));
	is(lkl_disk_add(&disks[7]), 7);
	fd = ok(open_disk(7, LKL_O_RDONLY));
	is(lkl_sys_pread64(fd, buf, sizeof(buf), 0), sizeof(buf));
	ok(lkl_sys_halt());
	while (n--) {
		ok(lkl_disk_remove(disks[n]));
		close(disks[n].fd);
	}
	lkl_cleanup();
}
END_TEST

/* Files that cannot be disks are refused at once. */
START_TEST(no_disks)
{
	const char *path = host_file("disk", 1 * MIB);
	struct lkl_disk disk = { .fd = -1 };
	struct lkl_dev_blk_ops none = { .get_capacity = NULL };

	fails(lkl_disk_add(NULL), LKL_EINVAL);
	fails(lkl_disk_add(&disk), LKL_EBADF);
	disk = file_disk(path, O_WRONLY);
	fails(lkl_disk_add(&disk), LKL_EBADF);
	close(disk.fd);
#ifdef O_PATH
	disk = file_disk(path, O_RDWR | O_APPEND);
	fails(lkl_disk_add(&disk), LKL_EINVAL);
	close(disk.fd);
	disk = file_disk(path, O_PATH);
	fails(lkl_disk_add(&disk), LKL_EBADF);
	close(disk.fd);
	disk = file_disk("/", O_RDONLY);
	fails(lkl_disk_add(&disk), LKL_EINVAL);
	close(disk.fd);
#endif
	disk = (struct lkl_disk){ .ops = &none };
	fails(lkl_disk_add(&disk), LKL_EINVAL);
	ck_assert_ptr_null(disk.dev);
	fails(lkl_disk_remove(disk), LKL_ENOENT);
}
END_TEST

START_TEST(hot_add_remove)
{
	const char *path = host_file("disk", 4 * MIB);
	int i, threads = 0, fds = 0;
	char buf[SECTOR];

	for (i = 0; i < 60; i++) {
		struct lkl_disk disk = file_disk(path, O_RDWR);
		int fd = ok(open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDWR));

		is(lkl_sys_pread64(fd, buf, sizeof(buf), 0), sizeof(buf));
		ok(lkl_sys_close(fd));
		ok(lkl_disk_remove(disk));
		close(disk.fd);
		if (i == 10) {
			threads = host_threads();
			fds = host_fds();
		}
	}
	ck_assert_int_le(host_threads(), threads + 1);
	ck_assert_int_le(host_fds(), fds);
}
END_TEST

/* One thread halts the kernel while another one adds disks and removes them, or just after. */
static atomic_int halting;

static long come_and_go(void *arg)
{
	const char *path = arg;
	struct lkl_disk disk = file_disk(path, O_RDWR);
	int id, n = 0;

	while (!halting || n++ < 3) {
		id = lkl_disk_add(&disk);
		if (id < 0)
			continue;
		/* A kernel that is just going keeps it. */
		while (lkl_disk_remove(disk))
			usleep(10);
	}
	close(disk.fd);
	return 0;
}

START_TEST(removed_while_it_halts)
{
	const char *path = host_file("disk", MIB);
	struct lkl_disk disk = file_disk(path, O_RDWR);
	struct job *job;

	for (int i = 0; i < 30; i++) {
		start_kernel();
		halting = 0;
		job = run(come_and_go, (void *)path);
		ok(lkl_disk_add(&disk));
		usleep(i * 200);
		halting = 1;
		ok(lkl_sys_halt());
		is(join(job), 0);
		ok(lkl_disk_remove(disk));
		lkl_cleanup();
	}
	close(disk.fd);
}
END_TEST

START_TEST(removed_while_open)
{
	struct lkl_disk disk = file_disk(host_file("disk", 4 * MIB), O_RDWR);
	int fd = ok(open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDWR));
	char buf[4096] = "";

	is(lkl_sys_pread64(fd, buf, sizeof(buf), 0), sizeof(buf));
	fails(lkl_disk_remove(disk), LKL_EBUSY);
	is(lkl_sys_pread64(fd, buf, sizeof(buf), 2 * MIB), sizeof(buf));
	ok(lkl_sys_close(fd));
	ok(lkl_disk_remove(disk));
}
END_TEST

START_TEST(read_only)
{
	struct lkl_disk disk = file_disk(host_file("disk", 4 * MIB), O_RDONLY);
	int id = ok(lkl_disk_add(&disk)), fd = ok(open_disk(id, LKL_O_RDONLY));
	int ro = 0;
	char buf[SECTOR];
	long ret;

	is(lkl_sys_pread64(fd, buf, sizeof(buf), 0), sizeof(buf));
	ok(lkl_sys_ioctl(fd, BLKROGET_, (lkl_long)&ro));
	is(ro, 1);
	ret = open_disk(id, LKL_O_RDWR);
	if (ret >= 0)
		ret = lkl_sys_write(ret, buf, sizeof(buf));
	ck_assert_msg(ret < 0, "written to a read-only disk");
}
END_TEST

/* Sector numbers need more than 32 bits here. */
START_TEST(beyond_two_tib)
{
	const uint64_t size = 3ULL << 40, at = (5ULL << 39) + 12345 * 512;
	struct lkl_disk disk = file_disk(host_file("disk", size), O_RDWR);
	int fd = ok(open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDWR));
	char data[4096], back[4096];

	is(size_inside(fd), size);
	fill(data, sizeof(data), 3);
	is(lkl_sys_pwrite64(fd, data, sizeof(data), at), sizeof(data));
	ok(lkl_sys_fsync(fd));
	is(pread(disk.fd, back, sizeof(back), at), sizeof(back));
	ck_assert(!memcmp(data, back, sizeof(data)));
	/* Not at the same place modulo 2 TiB. */
	is(pread(disk.fd, back, sizeof(back), at & ((1ULL << 41) - 1)), sizeof(back));
	ck_assert(memcmp(data, back, sizeof(data)));
}
END_TEST

START_TEST(discard_punches_holes)
{
	static char data[MIB];
	const char *path = host_file("disk", 16 * MIB);
	struct lkl_disk disk = file_disk(path, O_RDWR);
	int i, fd = ok(open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDWR));
	uint64_t range[2] = { 4 * MIB, 8 * MIB };
	uint64_t before, after;

	if (!host_punches_holes())
		skip("the host does not");
	fill(data, sizeof(data), 4);
	for (i = 0; i < 16; i++)
		is(lkl_sys_pwrite64(fd, data, sizeof(data), i * MIB), sizeof(data));
	ok(lkl_sys_fsync(fd));
	before = host_allocated(path);
	ok(lkl_sys_ioctl(fd, BLKDISCARD_, (lkl_long)range));
	after = host_allocated(path);
	ck_assert_uint_le(after, before - 7 * MIB);
	is(lkl_sys_pread64(fd, data, sizeof(data), 6 * MIB), sizeof(data));
	for (i = 0; i < COUNT(data); i++)
		is(data[i], 0);
}
END_TEST

START_TEST(write_zeroes)
{
	static char data[MIB];
	struct lkl_disk disk = file_disk(host_file("disk", 4 * MIB), O_RDWR);
	int i, fd = ok(open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDWR));
	uint64_t range[2] = { MIB + 4096, 8192 };

	memset(data, 0xff, sizeof(data));
	is(lkl_sys_pwrite64(fd, data, sizeof(data), MIB), sizeof(data));
	ok(lkl_sys_fsync(fd));
	ok(lkl_sys_ioctl(fd, BLKZEROOUT_, (lkl_long)range));
	is(pread(disk.fd, data, sizeof(data), MIB), sizeof(data));
	for (i = 0; i < COUNT(data); i++)
		is((unsigned char)data[i], i >= 4096 && i < 12288 ? 0 : 0xff);
}
END_TEST

/* ---- O_DIRECT, many requests at once ------------------------------------- */

START_TEST(direct)
{
	struct lkl_disk disk = file_disk(host_file("disk", 4 * MIB), O_RDWR);
	int id = ok(lkl_disk_add(&disk));
	int fd = ok(open_disk(id, LKL_O_RDWR | LKL_O_DIRECT));
	static char data[MIB] __attribute__((aligned(4096)));
	static char back[MIB + 4096] __attribute__((aligned(4096)));
	long ret;

	needs_pins();
	fill(data, MIB, 5);
	is(lkl_sys_pwrite64(fd, data, MIB, MIB), MIB);
	is(pread(disk.fd, back, MIB, MIB), MIB);
	ck_assert(!memcmp(data, back, MIB));
	memset(back, 0, MIB);
	is(lkl_sys_pread64(fd, back, MIB, MIB), MIB);
	ck_assert(!memcmp(data, back, MIB));

	/* Memory on the stack, and at an odd sector of a page. */
	is(lkl_sys_pread64(fd, back + 512, 4096, MIB), 4096);
	ck_assert(!memcmp(data, back + 512, 4096));
	/* Not aligned: refused, or done properly. */
	ret = lkl_sys_pread64(fd, back + 1, 4096, MIB);
	ck_assert(ret == -LKL_EINVAL || (ret == 4096 && !memcmp(data, back + 1, 4096)));
	fails(lkl_sys_pread64(fd, (void *)0x1000, 4096, MIB), LKL_EFAULT);
}
END_TEST

/* Memory that was written from is then read into, and may be read-only. */
START_TEST(direct_there_and_back)
{
	struct lkl_disk disk = file_disk(host_file("disk", 4 * MIB), O_RDWR);
	int id = ok(lkl_disk_add(&disk));
	int fd = ok(open_disk(id, LKL_O_RDWR | LKL_O_DIRECT));
	char *data = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	long ret;

	needs_pins();
	ck_assert_ptr_ne(data, MAP_FAILED);
	for (int i = 0; i < 3; i++) {
		fill(data, MIB, i);
		is(lkl_sys_pwrite64(fd, data, MIB, MIB), MIB);
		memset(data, 0, MIB);
		is(lkl_sys_pread64(fd, data, MIB, MIB), MIB);
		fill(data + MIB, MIB, i);
		ck_assert(!memcmp(data, data + MIB, MIB));
	}
	munmap(data, 2 * MIB);
	data = mmap(NULL, MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(data, MAP_FAILED);
	is(lkl_sys_pwrite64(fd, data, MIB, 2 * MIB), MIB);
	ret = lkl_sys_pread64(fd, data, MIB, MIB);
	ck_assert_msg(ret == -LKL_EFAULT || ret == -LKL_EIO, "%ld", ret);
	is(lkl_sys_msync((lkl_long)data, MIB, LKL_MS_SYNC), 0);
	munmap(data, MIB);
}
END_TEST

#define AREA (4 * MIB)

static long hammer(void *arg)
{
	long n = (lkl_long)arg, fd = n >> 8, i;
	uint64_t base = (n & 0xff) * AREA;
	unsigned int seed = n;
	char data[16384], back[16384];

	for (i = 0; i < 200; i++) {
		uint64_t at = base + (seed % (AREA / 4096 - 4)) * 4096;

		fill(data, sizeof(data), seed);
		if (lkl_sys_pwrite64(fd, data, sizeof(data), at) != sizeof(data) ||
		    (i % 16 == 0 && lkl_sys_fdatasync(fd)) ||
		    lkl_sys_pread64(fd, back, sizeof(back), at) != sizeof(back) ||
		    memcmp(data, back, sizeof(data)))
			return -LKL_EIO;
		seed = seed * 69069 + 1;
	}
	return 0;
}

START_TEST(many_threads)
{
	struct lkl_disk disk = file_disk(host_file("disk", 16 * AREA), O_RDWR);
	long fd = ok(open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDWR));
	struct job *jobs[16];
	long i;

	for (i = 0; i < COUNT(jobs); i++)
		jobs[i] = run(hammer, (void *)(lkl_long)(fd << 8 | i));
	for (i = 0; i < COUNT(jobs); i++)
		is(join(jobs[i]), 0);
}
END_TEST

/* The kernel goes on while a disk takes its time. */
static atomic_int requests, failing, slow_ms, flushes;
static char memory[8 * MIB];

static int memory_capacity(struct lkl_disk disk, unsigned long long *res)
{
	(void)disk;
	*res = sizeof(memory);
	return 0;
}

static int memory_request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	char *at = memory + req->sector * SECTOR;
	int i;

	(void)disk;
	requests++;
	if (slow_ms)
		usleep(slow_ms * 1000);
	if (failing)
		return LKL_DEV_BLK_STATUS_IOERR;
	switch (req->type) {
	case LKL_DEV_BLK_TYPE_READ:
		for (i = 0; i < req->count; at += req->buf[i++].iov_len)
			memcpy(req->buf[i].iov_base, at, req->buf[i].iov_len);
		return LKL_DEV_BLK_STATUS_OK;
	case LKL_DEV_BLK_TYPE_WRITE:
		for (i = 0; i < req->count; at += req->buf[i++].iov_len)
			memcpy(at, req->buf[i].iov_base, req->buf[i].iov_len);
		return LKL_DEV_BLK_STATUS_OK;
	case LKL_DEV_BLK_TYPE_FLUSH:
	case LKL_DEV_BLK_TYPE_FLUSH_OUT:
		flushes++;
		return LKL_DEV_BLK_STATUS_OK;
	}
	return LKL_DEV_BLK_STATUS_UNSUP;
}

static struct lkl_dev_blk_ops memory_ops = {
	.get_capacity = memory_capacity,
	.request = memory_request,
};

static int open_memory_disk(int flags)
{
	static struct lkl_disk disk = { .ops = &memory_ops };

	return ok(open_disk(ok(lkl_disk_add(&disk)), flags));
}

START_TEST(application_operations)
{
	int fd = open_memory_disk(LKL_O_RDWR);
	static char data[MIB], back[MIB];

	is(size_inside(fd), sizeof(memory));
	fill(data, sizeof(data), 6);
	is(lkl_sys_pwrite64(fd, data, sizeof(data), MIB), sizeof(data));
	ok(lkl_sys_fsync(fd));
	ck_assert_int_gt(flushes, 0);
	ck_assert(!memcmp(memory + MIB, data, sizeof(data)));
	fill(memory, sizeof(back), 7);
	is(lkl_sys_pread64(fd, back, sizeof(back), 0), sizeof(back));
	ck_assert(!memcmp(memory, back, sizeof(back)));
}
END_TEST

START_TEST(io_errors)
{
	int fd = open_memory_disk(LKL_O_RDWR);
	int direct = ok(lkl_sys_open("/tmp/disk0", LKL_O_RDWR | LKL_O_DIRECT, 0));
	static char buf[4096] __attribute__((aligned(4096)));

	needs_pins();
	failing = 1;
	fails(lkl_sys_pread64(fd, buf, 4096, 2 * MIB), LKL_EIO);
	fails(lkl_sys_pread64(direct, buf, 4096, 2 * MIB), LKL_EIO);
	fails(lkl_sys_pwrite64(direct, buf, 4096, 2 * MIB), LKL_EIO);
	/* A buffered write is accepted; who syncs learns of it. */
	is(lkl_sys_pwrite64(fd, buf, 4096, 3 * MIB), 4096);
	fails(lkl_sys_fsync(fd), LKL_EIO);
	failing = 0;
	is(lkl_sys_pread64(fd, buf, 4096, 2 * MIB), 4096);
	is(lkl_sys_pwrite64(fd, buf, 4096, 3 * MIB), 4096);
	ok(lkl_sys_fsync(fd));
}
END_TEST

static long slow_read(void *arg)
{
	static char buf[4096];

	return lkl_sys_pread64((lkl_long)arg, buf, sizeof(buf), 4 * MIB);
}

START_TEST(slow_disk_stops_nobody)
{
	int i, fd = open_memory_disk(LKL_O_RDWR);
	struct job *job;
	uint64_t start;

	slow_ms = 500;
	job = run(slow_read, (void *)(lkl_long)fd);
	usleep(50000);
	start = host_ns();
	for (i = 0; i < 1000; i++)
		ok(lkl_sys_getpid());
	ck_assert_uint_lt(host_ns() - start, 100000000);
	is(join(job), 4096);
	slow_ms = 0;
}
END_TEST

/* ---- a full host disk --------------------------------------------------- */

START_TEST(host_disk_full)
{
	static char data[MIB];
	struct lkl_disk disk;
	int i, fd;
	long ret = 0;

	if (!host_small_folder("full", 8))
		skip("no way to a small file system on the host");
	disk = file_disk(host_file("full/disk", 64 * MIB), O_RDWR);
	fd = ok(open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDWR));
	fill(data, sizeof(data), 8);
	for (i = 0; i < 32 && ret >= 0; i++)
		ret = lkl_sys_pwrite64(fd, data, sizeof(data), i * MIB);
	if (ret >= 0)
		ret = lkl_sys_fsync(fd);
	ck_assert_msg(ret == -LKL_EIO || ret == -LKL_ENOSPC, "%ld", ret);
	ok(lkl_sys_getpid());
}
END_TEST

/*
 * A disk with several requests under way: a thread of its own completes them, the
 * latest one first, when nothing more has come for a while: a slow kernel has longer for
 * its second one, until it has had two.
 */
#define DEPTH 64

static struct lkl_blk_req *waiting[DEPTH];
static int n_waiting, most_waiting, disk_read_only, disk_ends;
static pthread_mutex_t waiting_lock = PTHREAD_MUTEX_INITIALIZER;

static void deep_submit(struct lkl_disk disk, struct lkl_blk_req *req)
{
	(void)disk;
	pthread_mutex_lock(&waiting_lock);
	ck_assert_int_lt(n_waiting, DEPTH);
	waiting[n_waiting++] = req;
	if (n_waiting > most_waiting)
		most_waiting = n_waiting;
	pthread_mutex_unlock(&waiting_lock);
}

static int deep_limits(struct lkl_disk disk, struct lkl_disk_limits *limits)
{
	(void)disk;
	is(limits->logical_block_size, 512);
	limits->read_only = disk_read_only;
	limits->logical_block_size = 4096;
	limits->physical_block_size = 4096;
	limits->discard_granularity = 4096;
	limits->can_discard = 0;
	limits->can_zero = 0;
	return 0;
}

static void *deep_serve(void *arg)
{
	struct lkl_disk disk = { .ops = NULL };
	int rounds = 0;

	(void)arg;
	while (!__atomic_load_n(&disk_ends, __ATOMIC_ACQUIRE)) {
		struct lkl_blk_req *todo[DEPTH];
		int n;

		usleep(5000);
		pthread_mutex_lock(&waiting_lock);
		n = n_waiting;
		if (n == 1 && most_waiting < 2 && ++rounds % 20)
			n = 0;
		memcpy(todo, waiting, n * sizeof(*todo));
		if (n)
			n_waiting = 0;
		pthread_mutex_unlock(&waiting_lock);
		while (n--)
			lkl_disk_complete(todo[n], memory_request(disk, todo[n]));
	}
	return NULL;
}

static struct lkl_dev_blk_ops deep_ops = {
	.get_capacity = memory_capacity,
	.submit = deep_submit,
	.get_limits = deep_limits,
};

START_TEST(several_requests_under_way)
{
	static char data[4 * MIB] __attribute__((aligned(4096))), back[sizeof(data)];
	struct lkl_disk disk = { .ops = &deep_ops };
	int fd, size = 0;
	pthread_t thread;

	needs_pins();
	ck_assert_int_eq(pthread_create(&thread, NULL, deep_serve, NULL), 0);
	fd = open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDWR);
	is(size_inside(ok(fd)), sizeof(memory));
	ok(lkl_sys_ioctl(fd, 0x1268 /* BLKSSZGET */, (lkl_long)&size));
	is(size, 4096);
	fill(data, sizeof(data), 8);
	is(lkl_sys_pwrite64(fd, data, sizeof(data), MIB), sizeof(data));
	ok(lkl_sys_fsync(fd));
	ck_assert_int_gt(flushes, 0);
	ck_assert(!memcmp(memory + MIB, data, sizeof(data)));
	ok(lkl_sys_fadvise64(fd, 0, 0, 4 /* POSIX_FADV_DONTNEED */));
	is(lkl_sys_pread64(fd, back, sizeof(back), MIB), sizeof(back));
	ck_assert(!memcmp(data, back, sizeof(data)));
	ck_assert_int_gt(most_waiting, 1);

	ok(lkl_sys_close(fd));
	fd = ok(lkl_sys_open("/tmp/disk0", LKL_O_RDONLY | LKL_O_DIRECT, 0));
	failing = 1;
	fails(lkl_sys_pread64(fd, data, 4096, 7 * MIB), LKL_EIO);
	failing = 0;
	ok(lkl_sys_close(fd));
	ok(lkl_disk_start(disk));
	ok(lkl_disk_remove(disk));
	fails(lkl_disk_start((struct lkl_disk){ .ops = &deep_ops }), LKL_ENOENT);

	disk_read_only = 1;
	disk = (struct lkl_disk){ .ops = &deep_ops };
	fd = open_disk(ok(lkl_disk_add(&disk)), LKL_O_RDONLY);
	ok(lkl_sys_ioctl(ok(fd), BLKROGET_, (lkl_long)&size));
	is(size, 1);
	ok(lkl_sys_close(fd));
	ok(lkl_disk_remove(disk));
	__atomic_store_n(&disk_ends, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = {
		file, contents_of_the_host, several, hot_add_remove,
		removed_while_open, read_only, beyond_two_tib,
		discard_punches_holes, write_zeroes, direct, direct_there_and_back, many_threads,
		application_operations, io_errors, slow_disk_stops_nobody,
		several_requests_under_way, host_disk_full,
	};
	const TTest *const bare[] = {
		added_before_start, as_many_as_go, no_disks, removed_while_it_halts,
	};

	return run_tests("disk", LIST(inside), LIST(bare), 30);
}

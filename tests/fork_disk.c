// SPDX-License-Identifier: GPL-2.0
/* fork() of a process whose kernel has disks. time limit: 120 s */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define MIB (1ULL << 20)
#define BLOCK 4096

/* The numbers of <linux/fs.h>, whose names the C library shares. */
#define BLKDISCARD_	0x1277
#define BLKZEROOUT_	0x127f

static struct lkl_disk file_disk(const char *path)
{
	struct lkl_disk disk = { .fd = open(path, O_RDWR | O_CLOEXEC) };

	ck_assert_int_ge(disk.fd, 0);
	return disk;
}

/* Opens the block device of disk @id inside. */
static int open_disk(int id)
{
	char path[32];
	uint32_t dev;

	ok(lkl_get_virtio_blkdev(id, 0, &dev));
	snprintf(path, sizeof(path), "/tmp/disk%d", id);
	lkl_sys_unlink(path);
	ok(lkl_sys_mknod(path, LKL_S_IFBLK | 0600, dev));
	return ok(lkl_sys_open(path, LKL_O_RDWR, 0));
}

/* A child that says with status 0 that all was well, within ten seconds. */
static pid_t forked(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		signal(SIGALRM, SIG_DFL);
		alarm(10);
	}
	return pid;
}

static void expect_child(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "status %x", status);
}

/* ---- the threads of engines --------------------------------------------------- */

static long nap(void *arg)
{
	struct lkl_timespec ts = { .tv_nsec = (long)arg * 1000000 };

	return lkl_sys_nanosleep(&ts, NULL);
}

/*
 * A thread of the parent sleeps inside, with the kernel's timer on its stack. The child's
 * engine starts a thread, which is not to have that stack.
 */
START_TEST(stacks_of_sleepers)
{
	static char buf[MIB];
	struct lkl_disk disk = file_disk(host_file("disk", 4 * MIB));
	struct job *job;
	pid_t pid;
	int fd;

	/* The one with a thread of its own, even for files in memory. */
	if (lkl_disk_set_engine("uring") && lkl_disk_set_engine("aio"))
		skip("no such engine");
	fd = open_disk(ok(lkl_disk_add(&disk)));
	job = run(nap, (void *)300);
	usleep(50000);
	pid = forked();
	if (!pid) {
		for (int i = 0; i < 4; i++)
			if (lkl_sys_pread64(fd, buf, MIB, i * MIB) != MIB)
				_exit(1);
		_exit(nap((void *)400) || lkl_sys_close(fd) || lkl_disk_remove(disk));
	}
	expect_child(pid);
	is(join(job), 0);
}
END_TEST

static int slow_ring, in_ring;

/* The library's calls come here first. */
int io_uring_queue_init(unsigned int entries, void *ring, unsigned int flags)
{
	int (*real)(unsigned int, void *, unsigned int) = dlsym(RTLD_NEXT, "io_uring_queue_init");

	if (slow_ring) {
		__atomic_store_n(&in_ring, 1, __ATOMIC_RELEASE);
		usleep(100000);
	}
	return real(entries, ring, flags);
}

static long start_disk(void *disk)
{
	return lkl_disk_start(*(struct lkl_disk *)disk);
}

/* The ring is just being made: the child has none to close, nor anything else instead. */
START_TEST(while_a_ring_is_made)
{
	struct lkl_disk disk = file_disk(host_file("disk", MIB));
	char buf[BLOCK];
	struct job *job;
	pid_t pid;
	int fd;

	if (lkl_disk_set_engine("uring"))
		skip("no such engine");
	fd = open_disk(ok(lkl_disk_add(&disk)));
	if (fcntl(STDIN_FILENO, F_GETFD) < 0)
		ck_assert_int_eq(open("/dev/null", O_RDONLY), STDIN_FILENO);
	slow_ring = 1;
	job = run(start_disk, &disk);
	while (!__atomic_load_n(&in_ring, __ATOMIC_ACQUIRE))
		usleep(1000);
	pid = forked();
	if (!pid)
		_exit(fcntl(STDIN_FILENO, F_GETFD) < 0 || lkl_disk_start(disk) ||
		      lkl_sys_pread64(fd, buf, BLOCK, 0) != BLOCK);
	expect_child(pid);
	is(join(job), 0);
	ok(lkl_sys_close(fd));
	ok(lkl_disk_remove(disk));
}
END_TEST

/* ---- whose data they are -------------------------------------------------------- */

/* What the process's kernel and library print; how often they say how to go on. */
static void (LKL_ABI *real_print)(const char *str, int len);
static int hints;

static void LKL_ABI count_hints(const char *str, int len)
{
	hints += memmem(str, len, "lkl_disk_take_over", strlen("lkl_disk_take_over")) != NULL;
	real_print(str, len);
}

static int write_block(int fd, char byte, uint64_t at)
{
	char buf[BLOCK];

	memset(buf, byte, sizeof(buf));
	if (lkl_sys_pwrite64(fd, buf, BLOCK, at) != BLOCK)
		return -LKL_EIO;
	return lkl_sys_fsync(fd);
}

/* From the disk, or the host's file itself. */
static int block_inside(int fd, uint64_t at)
{
	char buf[BLOCK];

	if (lkl_sys_fadvise64(fd, 0, 0, 4 /* POSIX_FADV_DONTNEED */) ||
	    lkl_sys_pread64(fd, buf, BLOCK, at) != BLOCK)
		return -1;
	return buf[0];
}

static int block_outside(const struct lkl_disk *disk, uint64_t at)
{
	char buf[BLOCK];

	return pread(disk->fd, buf, BLOCK, at) == BLOCK ? buf[0] : -1;
}

static int range(int fd, unsigned int op, uint64_t at)
{
	uint64_t r[2] = { at, BLOCK };

	return lkl_sys_ioctl(fd, op, (lkl_long)r);
}

/* In a child, with the parent's data at 0 and 1 MiB: nothing changes them, all else works. */
static int is_refused(int fd)
{
	real_print = lkl_host_ops.print;
	lkl_host_ops.print = count_hints;
	return block_inside(fd, 0) == 'p' && write_block(fd, 'c', 0) == -LKL_EIO &&
	       range(fd, BLKDISCARD_, MIB) < 0 && range(fd, BLKZEROOUT_, MIB) < 0 &&
	       write_block(fd, 'c', 0) == -LKL_EIO && !lkl_sys_fsync(fd) &&
	       block_inside(fd, MIB) == 'p' && hints == 1;
}

/* @disk is the child's now. Its own child has no more right to it. */
static int is_taken_over(struct lkl_disk disk, int fd)
{
	pid_t pid;
	int status;

	if (lkl_disk_take_over(disk) || write_block(fd, 'c', 2 * MIB) ||
	    range(fd, BLKZEROOUT_, 3 * MIB))
		return 0;
	pid = forked();
	if (!pid)
		_exit(write_block(fd, 'g', 2 * MIB) != -LKL_EIO);
	return waitpid(pid, &status, 0) == pid && !status && !write_block(fd, 'C', 4 * MIB);
}

static void share_disk(const char *engine)
{
	struct lkl_disk disk = file_disk(host_file("disk", 8 * MIB));
	pid_t pid;
	int fd;

	if (lkl_disk_set_engine(engine))
		return;
	fd = open_disk(ok(lkl_disk_add(&disk)));
	ok(write_block(fd, 'p', 0));
	ok(write_block(fd, 'p', MIB));
	ok(write_block(fd, 'p', 3 * MIB));
	pid = forked();
	if (!pid)
		_exit(!is_refused(fd) ? 1 : !is_taken_over(disk, fd) ? 2 : 0);
	expect_child(pid);
	is(block_outside(&disk, 0), 'p');
	is(block_outside(&disk, MIB), 'p');
	is(block_outside(&disk, 2 * MIB), 'c');
	is(block_outside(&disk, 3 * MIB), 0);
	is(block_outside(&disk, 4 * MIB), 'C');
	/* The parent's own right is not touched. */
	ok(write_block(fd, 'q', MIB));
	is(block_outside(&disk, MIB), 'q');
	ok(lkl_sys_close(fd));
	ok(lkl_disk_remove(disk));
	close(disk.fd);
}

START_TEST(only_one_writes)
{
	static const char *const engines[] = { NULL, "inline", "sync", "threads", "uring" };

	for (int i = 0; i < COUNT(engines); i++)
		share_disk(engines[i]);
}
END_TEST

/* Whether the child's disk, removed and added again, is one that it writes. */
START_TEST(added_anew)
{
	struct lkl_disk disk = file_disk(host_file("disk", MIB));
	int fd = open_disk(ok(lkl_disk_add(&disk)));
	pid_t pid = forked();

	if (!pid) {
		if (write_block(fd, 'c', 0) != -LKL_EIO || lkl_sys_close(fd) ||
		    lkl_disk_remove(disk))
			_exit(1);
		_exit(write_block(open_disk(lkl_disk_add(&disk)), 'c', BLOCK) ? 2 : 0);
	}
	expect_child(pid);
	is(block_outside(&disk, 0), 0);
	is(block_outside(&disk, BLOCK), 'c');
}
END_TEST

static char mnt[64];

#define FILES 50

static const char *in_mnt(const char *name, int i)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s%d", mnt, name, i);
	return path;
}

/* Makes files and takes others away; whatever comes of it. */
static void work(const char *name, const char *gone)
{
	static char buf[2 * BLOCK];

	memset(buf, *name, sizeof(buf));
	for (int i = 0; i < FILES; i++) {
		int fd = lkl_sys_open(in_mnt(name, i), LKL_O_RDWR | LKL_O_CREAT, 0600);

		lkl_sys_write(fd, buf, sizeof(buf));
		lkl_sys_close(fd);
		lkl_sys_unlink(in_mnt(gone, i));
	}
	lkl_sys_sync();
}

static int has_files(const char *name)
{
	static char buf[2 * BLOCK];
	int i, fd;

	for (i = 0; i < FILES; i++) {
		fd = lkl_sys_open(in_mnt(name, i), LKL_O_RDONLY, 0);
		if (fd < 0 || lkl_sys_read(fd, buf, sizeof(buf)) != sizeof(buf) ||
		    buf[0] != *name || memcmp(buf, buf + 1, sizeof(buf) - 1) ||
		    lkl_sys_close(fd))
			break;
	}
	return i == FILES;
}

static int mount_disk(struct lkl_disk *disk)
{
	int id = lkl_disk_add(disk);

	return id < 0 ? id : lkl_mount_dev(id, 0, "ext4", 0, NULL, mnt, sizeof(mnt));
}

/* With a kernel that knows what is on the disk and nothing else. */
static int mount_again(struct lkl_disk *disk)
{
	return lkl_sys_halt() || lkl_disk_remove(*disk) || lkl_start_kernel("loglevel=4") ||
	       mount_disk(disk);
}

static char image[4200];

static int run_on_image(const char *program)
{
	char command[4400];

	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin %s %s >/dev/null 2>&1",
		 program, image);
	return host_shell(command);
}

/* 0 where there is no mkfs. */
static int make_ext4(struct lkl_disk *disk)
{
	snprintf(image, sizeof(image), "%s", host_file("ext4", 32 * MIB));
	if (run_on_image("mkfs.ext4 -q"))
		return 0;
	*disk = file_disk(image);
	ok(mount_disk(disk));
	work("base", "none");
	return 1;
}

/*
 * Both go on with a file system that is mounted. The child's comes to its end, without a hang
 * or a panic, and nothing of it gets to the parent's.
 */
START_TEST(mounted)
{
	struct lkl_disk disk;
	pid_t pid;

	if (!make_ext4(&disk))
		skip("no mkfs.ext4");
	pid = forked();
	if (!pid) {
		work("child", "base");
		_exit(lkl_sys_mkdir(in_mnt("dir", 0), 0700) != -LKL_EROFS ? 1 :
		      lkl_sys_mkdir("/tmp/dir", 0700) ? 2 : lkl_sys_halt() ? 3 : 0);
	}
	work("parent", "base");
	expect_child(pid);
	is(mount_again(&disk), 0);
	ck_assert(has_files("parent"));
	fails(lkl_sys_access(in_mnt("base", 0), 0), LKL_ENOENT);
	fails(lkl_sys_access(in_mnt("child", 0), 0), LKL_ENOENT);
	ok(lkl_umount_dev(0, 0, 0, 5000));
	is(run_on_image("e2fsck -fn"), 0);
}
END_TEST

/* As a program that becomes a daemon: the child goes on, the parent does nothing more. */
START_TEST(taken_over)
{
	struct lkl_disk disk;
	pid_t pid;

	if (!make_ext4(&disk))
		skip("no mkfs.ext4");
	pid = forked();
	if (!pid) {
		if (lkl_disk_take_over(disk))
			_exit(1);
		work("child", "base");
		_exit(mount_again(&disk) ? 2 : !has_files("child") ? 3 : lkl_sys_halt() ? 4 : 0);
	}
	expect_child(pid);
	is(run_on_image("e2fsck -fn"), 0);
}
END_TEST

/* ---- operations of the application ----------------------------------------------- */

#define STORE_BLOCKS 256

/* Two disks. While @inner is an open device of the other one, requests read from that. */
static char store[2][STORE_BLOCKS * BLOCK];
static struct {
	int number, inner, is_slow, forks;
} app[2] = { { .number = 0, .inner = -1 }, { .number = 1, .inner = -1 } };
static int in_request, child_status = -1;

static int app_capacity(struct lkl_disk disk, unsigned long long *res)
{
	(void)disk;
	*res = sizeof(store[0]);
	return 0;
}

/* A fork() out of a request: the child has no kernel. */
static void fork_inside(void)
{
	pid_t pid = forked();

	if (!pid)
		_exit(lkl_is_running());
	waitpid(pid, &child_status, 0);
}

static int app_request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	typeof(&app[0]) a = disk.handle;
	char *at = store[a->number] + req->sector * 512;

	if (req->type != LKL_DEV_BLK_TYPE_READ && req->type != LKL_DEV_BLK_TYPE_WRITE)
		return LKL_DEV_BLK_STATUS_UNSUP;
	__atomic_store_n(&in_request, 1, __ATOMIC_RELEASE);
	if (a->is_slow) {
		usleep(100000);
		lkl_sys_getpid();
	}
	if (a->forks)
		fork_inside();
	if (a->inner >= 0 && block_inside(a->inner, 0) != 'i')
		return LKL_DEV_BLK_STATUS_IOERR;
	for (int i = 0; i < req->count; i++) {
		if (req->type == LKL_DEV_BLK_TYPE_READ)
			memcpy(req->buf[i].iov_base, at, req->buf[i].iov_len);
		else
			memcpy(at, req->buf[i].iov_base, req->buf[i].iov_len);
		at += req->buf[i].iov_len;
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static struct lkl_dev_blk_ops app_ops = {
	.get_capacity = app_capacity,
	.request = app_request,
};

static int app_disk(int i)
{
	struct lkl_disk disk = { .handle = &app[i], .ops = &app_ops };

	return open_disk(ok(lkl_disk_add(&disk)));
}

/* Writes to @fd that nobody waits for, the first of them in the middle of its request. */
static void write_behind(int fd, char byte)
{
	char buf[BLOCK];

	memset(buf, byte, sizeof(buf));
	for (int i = 0; i < STORE_BLOCKS; i += 64)
		is(lkl_sys_pwrite64(fd, buf, BLOCK, i * BLOCK), BLOCK);
	__atomic_store_n(&in_request, 0, __ATOMIC_RELEASE);
	ok(lkl_sys_sync_file_range(fd, 0, 0, 2 /* SYNC_FILE_RANGE_WRITE */));
	while (!__atomic_load_n(&in_request, __ATOMIC_ACQUIRE))
		usleep(1000);
}

static int has_written(int fd, const char *to, char byte)
{
	if (lkl_sys_fsync(fd))
		return 0;
	for (int i = 0; i < STORE_BLOCKS; i += 64)
		if (to[i * BLOCK] != byte)
			return 0;
	return 1;
}

/* The request under way makes a system call, others wait their turn: each side ends them. */
START_TEST(requests_that_call)
{
	int fd = app_disk(0);
	pid_t pid;

	app[0].is_slow = 1;
	write_behind(fd, 'b');
	pid = forked();
	if (!pid)
		_exit(!has_written(fd, store[0], 'b') || write_block(fd, 'c', 0) ||
		      store[0][0] != 'c');
	expect_child(pid);
	ck_assert(has_written(fd, store[0], 'b'));
	ok(write_block(fd, 'p', 0));
	ck_assert(store[0][0] == 'p');
}
END_TEST

/* The call is one that needs another disk of the application, added before it or after it. */
static void nest(int outer)
{
	int fds[2], inner = !outer;
	pid_t pid;

	memset(store[inner], 'i', BLOCK);
	fds[0] = app_disk(0);
	fds[1] = app_disk(1);
	app[outer].is_slow = 1;
	app[outer].inner = fds[inner];
	write_behind(fds[outer], 'n');
	pid = forked();
	if (!pid)
		_exit(!has_written(fds[outer], store[outer], 'n'));
	expect_child(pid);
	ck_assert(has_written(fds[outer], store[outer], 'n'));
}

START_TEST(requests_that_read_elsewhere)
{
	nest(1);
}
END_TEST

START_TEST(requests_that_read_elsewhere_2)
{
	nest(0);
}
END_TEST

START_TEST(fork_in_a_request)
{
	int fd = app_disk(0);

	app[0].forks = 1;
	ok(write_block(fd, 'b', 0));
	app[0].forks = 0;
	is(child_status, 0);
	ok(write_block(fd, 'c', 0));
	ck_assert(store[0][0] == 'c');
}
END_TEST

/* One that is waited for by another fork(). */
START_TEST(fork_in_a_request_meanwhile)
{
	int fd = app_disk(0);
	pid_t pid;

	app[0].is_slow = app[0].forks = 1;
	write_behind(fd, 'b');
	pid = forked();
	if (!pid)
		_exit(!lkl_is_running());
	app[0].forks = 0;
	expect_child(pid);
	ck_assert(has_written(fd, store[0], 'b'));
	is(child_status, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		stacks_of_sleepers, while_a_ring_is_made, only_one_writes, added_anew, mounted, taken_over,
		requests_that_call, requests_that_read_elsewhere, requests_that_read_elsewhere_2,
		fork_in_a_request, fork_in_a_request_meanwhile,
	};

	return run_tests("fork_disk", LIST(tests), NULL, 0, 30);
}

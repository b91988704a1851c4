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

int main(void)
{
	const TTest *const tests[] = {
		stacks_of_sleepers, while_a_ring_is_made,
	};

	return run_tests("fork_disk", LIST(tests), NULL, 0, 30);
}

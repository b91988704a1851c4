// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel that ends by itself: what it says, whom it tells, and what becomes of those who
 * have called it. time limit: 120 s
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "test.h"

#define MIB (1ULL << 20)

static char said[1 << 16];
static size_t said_len;
static atomic_int panics;

static void LKL_ABI note(const char *str, int len)
{
	if (said_len + len >= sizeof(said))
		len = sizeof(said) - 1 - said_len;
	memcpy(said + said_len, str, len);
	said_len += len;
}

static void LKL_ABI count(void)
{
	panics++;
}

static void expect_said(const char *words)
{
	ck_assert_msg(strstr(said, words) != NULL, "nothing of \"%s\" in:\n%s", words, said);
}

/* A kernel that talks to us. */
static void start_noted(void)
{
	said_len = 0;
	memset(said, 0, sizeof(said));
	panics = 0;
	lkl_host_ops.print = note;
	lkl_host_ops.panic = count;
	start_kernel_with("loglevel=4");
}

static long sleep_long(void *arg)
{
	struct lkl_timespec ts = { .tv_sec = 60 };

	return lkl_sys_nanosleep(&ts, NULL);
}

/* Two sources at addresses where nothing is: that call checks none. */
static long oops(void *arg)
{
	void *const nowhere = (void *)0x1000, *buffers[4] = { nowhere, nowhere, nowhere, nowhere };
	lkl_long params[6] = { 4, 4096, (lkl_long)buffers };

	return lkl_syscall(LKL_CALL_RAID6_SYNDROME, params);
}

/* Nothing works any more, nobody hangs; the next kernel knows nothing of it. */
static void expect_dead(struct job *sleeper)
{
	lkl_host_ops.print = NULL;
	is(panics, 1);
	is(lkl_is_running(), 1);
	fails(lkl_sys_getpid(), LKL_EIO);
	fails(lkl_start_kernel("loglevel=4"), LKL_EBUSY);
	fails(join(sleeper), LKL_EIO);
	fails(join(run(oops, NULL)), LKL_EIO);
	is(panics, 1);
	is(lkl_sys_halt(), 0);
	is(lkl_is_running(), 0);
	lkl_cleanup();
}

static void expect_fresh(void)
{
	start_kernel();
	is(lkl_sys_getpid(), 1);
	halt_kernel();
}

START_TEST(oops_of_a_caller)
{
	struct job *sleeper;

	start_noted();
	sleeper = run(sleep_long, NULL);
	usleep(20000);
	fails(oops(NULL), LKL_EIO);
	expect_said("BUG: unable to handle a load at 0000000000001000, from raid6_");
	expect_said("Call Trace:");
	expect_said("lkl_raid6_syndrome+0x");
	expect_said("lkl_image_syscall+0x");
	expect_said("Kernel panic - not syncing: Oops in init (pid 1)");
	expect_dead(sleeper);
	expect_fresh();
}
END_TEST

START_TEST(oops_of_another_thread)
{
	struct job *sleeper;

	start_noted();
	sleeper = run(sleep_long, NULL);
	usleep(20000);
	fails(join(run(oops, NULL)), LKL_EIO);
	expect_said("Kernel panic - not syncing: Oops in ");
	expect_dead(sleeper);
	expect_fresh();
}
END_TEST

/* One that Linux decides upon, with a disk that is in use. */
START_TEST(panic_of_a_file_system)
{
	struct lkl_disk disk = { .ops = NULL };
	struct job *sleeper;
	char command[5000], mnt[64];
	const char *path;
	int fd, id;

	path = host_file("ext4", 16 * MIB);
	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -F %s", path);
	if (host_shell(command))
		skip("no mkfs.ext4");
	disk.fd = open(path, O_RDWR);
	ck_assert_int_ge(disk.fd, 0);
	start_noted();
	id = ok(lkl_disk_add(&disk));
	ok(lkl_mount_dev(id, 0, "ext4", 0, "errors=panic", mnt, sizeof(mnt)));
	sleeper = run(sleep_long, NULL);
	usleep(20000);
	fd = ok(lkl_sys_open("/sysfs/fs/ext4/vda/trigger_fs_error", LKL_O_WRONLY, 0));
	fails(lkl_sys_write(fd, "a test", 6), LKL_EIO);
	expect_said("Kernel panic - not syncing: EXT4-fs (device vda): panic forced after error");
	expect_said("Call Trace:");
	expect_said("__ext4_error+0x");
	expect_dead(sleeper);
	ok(lkl_disk_remove(disk));
	expect_fresh();
	close(disk.fd);
}
END_TEST

/* One that comes before there is memory to speak of: no zone can be made of that. */
START_TEST(panic_at_the_start)
{
	said_len = 0;
	memset(said, 0, sizeof(said));
	lkl_host_ops.print = note;
	lkl_host_ops.panic = count;
	fails(lkl_start_kernel("loglevel=4 kernelcore=10M"), LKL_EIO);
	is(panics, 1);
	expect_said("Kernel panic - not syncing: ");
	expect_said("Call Trace:");
	is(lkl_is_running(), 0);
	fails(lkl_sys_getpid(), LKL_ENODEV);
	fails(lkl_sys_halt(), LKL_ENODEV);
	/* Later ones. */
	said_len = panics = 0;
	fails(lkl_start_kernel("loglevel=4 rdinit=/nothing"), LKL_EIO);
	is(panics, 1);
	expect_said("Kernel panic - not syncing: ");
	lkl_cleanup();
	lkl_host_ops.print = NULL;
	expect_fresh();
}
END_TEST

/* An oops without anybody to tell. */
START_TEST(nobody_is_told)
{
	start_noted();
	lkl_host_ops.panic = NULL;
	fails(oops(NULL), LKL_EIO);
	fails(lkl_sys_getpid(), LKL_EIO);
	is(lkl_sys_halt(), 0);
	lkl_cleanup();
	expect_fresh();
}
END_TEST

/* Who says nothing about it is not left with half a kernel. */
static void on_abort(int sig)
{
	_exit(42);
}

static void oops_by_default(void)
{
	lkl_host_ops.print = NULL;
	signal(SIGABRT, on_abort);
	start_kernel();
	oops(NULL);
}

START_TEST(ends_the_process_by_default)
{
	ck_assert_int_eq(host_exit_status(oops_by_default), 42);
}
END_TEST

/* It must not return even if panic() does. */
static void bug_said(int sig)
{
	_exit(panics == 1 && !strcmp(said, "a message of 4 words") ? 42 : 1);
}

static void bug(void)
{
	lkl_host_ops.print = note;
	lkl_host_ops.panic = count;
	signal(SIGABRT, bug_said);
	lkl_bug("a %s of %d words", "message", 4);
}

START_TEST(bug_ends_the_process)
{
	ck_assert_int_eq(host_exit_status(bug), 42);
}
END_TEST

int main(void)
{
	const TTest *const bare[] = {
		oops_of_a_caller, oops_of_another_thread, panic_of_a_file_system,
		panic_at_the_start, nobody_is_told,
		ends_the_process_by_default, bug_ends_the_process,
	};

	return run_tests("panic", NULL, 0, LIST(bare), 20);
}

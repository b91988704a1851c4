// SPDX-License-Identifier: GPL-2.0
/*
 * What programs for the existing library call, but for the network: entry points, the table
 * of the host, older system calls, folders, mounting, errors. Each is assigned to a pointer
 * of the type that such a program would call it by, and then used. time limit: 120 s
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "test.h"

#define MIB (1ULL << 20)

/* ---- entry points ---------------------------------------------------------------- */

static char said[4096];

static void LKL_ABI note(const char *str, int len)
{
	size_t have = strlen(said);

	if (have + len < sizeof(said))
		memcpy(said + have, str, len);
}

START_TEST(entry_points)
{
	int (*init)(struct lkl_host_operations *) = lkl_init;
	int (*start)(const char *, ...) = lkl_start_kernel;
	int (*get_irq)(const char *) = lkl_get_free_irq;
	void (*put_irq)(int, const char *) = lkl_put_irq;
	int (*trigger)(int) = lkl_trigger_irq;
	int (*running)(void) = lkl_is_running;
	long (*halt)(void) = lkl_sys_halt;
	int (*print)(const char *, ...) = lkl_printf;
	lkl_long params[6] = { 0 };
	int irq;

	fails(init(NULL), LKL_EINVAL);
	fails(get_irq("test"), LKL_ENODEV);
	fails(trigger(1), LKL_ENODEV);
	put_irq(1, "test");
	ok(init(&lkl_host_ops));
	fails(init(&lkl_host_ops), LKL_EBUSY);
	ok(start("mem=%dM loglevel=%d", 64, 4));
	is(running(), 1);
	is(lkl_syscall(__lkl__NR_getpid, params), 1);
	irq = ok(get_irq("test"));
	ck_assert_int_gt(irq, 0);
	is(trigger(irq), 0);
	fails(trigger(-1), LKL_EINVAL);
	fails(trigger(1000), LKL_EINVAL);
	put_irq(irq, "test");
	lkl_host_ops.print = note;
	is(print("%d and %s", 7, "words"), 11);
	ck_assert_str_eq(said, "7 and words");
	ok(halt());
	is(running(), 0);
	lkl_cleanup();
	lkl_cleanup();
}
END_TEST

/* The older form, by the name that its headers give it; and without lkl_init(). */
START_TEST(operations_first)
{
	int (*start)(struct lkl_host_operations *, const char *, ...) = lkl_start_kernel_ops;
	struct lkl_host_operations other = lkl_host_ops;

	ok(start(&lkl_host_ops, "mem=%dM loglevel=4", 64));
	fails(start(&lkl_host_ops, "loglevel=4"), LKL_EBUSY);
	is(lkl_sys_getpid(), 1);
	ok(lkl_sys_halt());
	fails(start(&other, "loglevel=4"), LKL_EBUSY);
	lkl_cleanup();

	other.version++;
	fails(start(&other, "loglevel=4"), LKL_EINVAL);
	other = lkl_host_ops;
	other.size -= 8;
	fails(start(&other, "loglevel=4"), LKL_EINVAL);
	/* A table of the program's own. */
	other = lkl_host_ops;
	ok(start(&other, "loglevel=4"));
	is(lkl_sys_getpid(), 1);
	ok(lkl_sys_halt());
	lkl_cleanup();
	ok(lkl_start_kernel("loglevel=4"));
	ok(lkl_sys_halt());
	lkl_cleanup();
}
END_TEST

/* ---- the table of the host ------------------------------------------------------- */

static struct lkl_tls_key *key;
static struct lkl_sem *sem;
static atomic_int destroyed;

static void LKL_ABI destroy(void *data)
{
	destroyed += *(int *)data;
}

static void LKL_ABI use_thread(void *arg)
{
	const struct lkl_host_operations *ops = &lkl_host_ops;
	static int five = 5;
	unsigned long long size = 0;
	char *stack = ops->thread_stack(&size);

	if (stack && (char *)&size > stack && (char *)&size < stack + size &&
	    ops->thread_equal(ops->thread_self(), ops->thread_self()) &&
	    ops->gettid() != *(long long *)arg && !ops->tls_get(key) &&
	    !ops->tls_set(key, &five) && ops->tls_get(key) == &five)
		ops->sem_up(sem);
	ops->thread_exit();
	abort();
}

START_TEST(table_of_the_host)
{
	const struct lkl_host_operations *ops = &lkl_host_ops;
	struct lkl_mutex *mutex = ops->mutex_alloc(1);
	long long me = ops->gettid();
	unsigned long long start;
	lkl_thread_t thread;
	char *memory;

	ops->mutex_lock(mutex);
	ops->mutex_lock(mutex);
	ops->mutex_unlock(mutex);
	ops->mutex_unlock(mutex);
	ops->mutex_free(mutex);

	sem = ops->sem_alloc(1);
	ops->sem_down(sem);
	start = ops->time();
	is(ops->sem_down_until(sem, start + 20000000), 0);
	ck_assert_uint_ge(ops->time() - start, 20000000);
	key = ops->tls_alloc(destroy);
	thread = ops->thread_create(use_thread, &me);
	ck_assert(thread);
	ops->sem_down(sem);
	is(ops->thread_join(thread), 0);
	is(destroyed, 5);
	ck_assert_ptr_null(ops->tls_get(key));
	ops->tls_free(key);
	ops->sem_free(sem);

	memory = ops->mem_alloc(100);
	ck_assert_ptr_nonnull(memory);
	memset(memory, 1, 100);
	ops->mem_free(memory);
	memory = ops->page_alloc(8192);
	is((lkl_long)memory % 4096, 0);
	is(memory[0] | memory[8191], 0);
	ops->page_free(memory, 8192);
	ck_assert_uint_gt(ops->wall_time(), 1600000000ULL * 1000000000);
	ck_assert_ptr_null(ops->ioremap(0x1000, 4));
	ck_assert_ptr_null(ops->pci_ops);
	ck_assert_ptr_null(ops->virtio_devices);
}
END_TEST

/* ---- older system calls ------------------------------------------------------------ */

START_TEST(older_calls)
{
	struct lkl_epoll_event event = { .events = LKL_EPOLLIN };
	struct lkl_timespec ts = { .tv_nsec = 1 };
	struct lkl_statfs sfs;
	struct lkl_stat st;
	char buf[8] = "";
	int fd, epoll, s[2];

	fd = ok(lkl_sys_creat("/tmp/f", 0640));
	fails(lkl_sys_read(fd, buf, 1), LKL_EBADF);
	is(lkl_sys_write(fd, "12345", 5), 5);
	is(lkl_sys_lseek(fd, -2, LKL_SEEK_END), 3);
	ok(lkl_sys_fstatfs(fd, &sfs));
	is(sfs.f_type, LKL_TMPFS_MAGIC);
	ok(lkl_sys_close(fd));
	fd = ok(lkl_sys_open("/tmp", LKL_O_RDONLY, 0));
	ok(lkl_sys_fstatat(fd, "f", &st, 0));
	is(st.st_size, 5);
	is(st.st_mode, LKL_S_IFREG | 0640);
	fails(lkl_sys_fstatat(LKL_AT_FDCWD, "f", &st, 0), LKL_ENOENT);
	/* What there was is gone. */
	ok(lkl_sys_close(ok(lkl_sys_creat("/tmp/f", 0640))));
	ok(lkl_sys_lstat("/tmp/f", &st));
	is(st.st_size, 0);
	ok(lkl_sys_socketpair(LKL_AF_UNIX, LKL_SOCK_STREAM, 0, s));
	fails(lkl_sys_recv(s[1], buf, sizeof(buf), LKL_MSG_DONTWAIT), LKL_EAGAIN);
	is(lkl_sys_send(s[0], "word", 4, 0), 4);
	epoll = ok(lkl_sys_epoll_create(1));
	fails(lkl_sys_epoll_create(0), LKL_EINVAL);
	ok(lkl_sys_epoll_ctl(epoll, LKL_EPOLL_CTL_ADD, s[1], &event));
	is(lkl_sys_epoll_wait(epoll, &event, 1, -1), 1);
	is(lkl_sys_recv(s[1], buf, sizeof(buf), 0), 4);
	ck_assert_str_eq(buf, "word");
	is(lkl_sys_epoll_wait(epoll, &event, 1, 0), 0);
	is(lkl_sys_nanosleep(&ts, NULL), 0);
}
END_TEST

/* ---- folders ------------------------------------------------------------------------ */

START_TEST(folders)
{
	struct lkl_linux_dirent64 *entry;
	struct lkl_dir *dir;
	int fd, err = 1, seen = 0;

	ok(lkl_sys_mkdir("/tmp/d", 0700));
	write_inside("/tmp/d/one", "1");
	fd = ok(lkl_sys_open("/tmp/d", LKL_O_RDONLY, 0));
	dir = lkl_fdopendir(fd, &err);
	ck_assert_ptr_nonnull(dir);
	is(err, 0);
	is(lkl_dirfd(dir), fd);
	while ((entry = lkl_readdir(dir)))
		seen += !strcmp(entry->d_name, "one") && entry->d_type == LKL_DT_REG;
	is(seen, 1);
	is(lkl_errdir(dir), 0);
	/* What is new is seen after a rewind. */
	write_inside("/tmp/d/two", "2");
	lkl_rewinddir(dir);
	for (seen = 0; lkl_readdir(dir); seen++)
		;
	is(seen, 4);
	ok(lkl_closedir(dir));
	fails(lkl_sys_close(fd), LKL_EBADF);

	ck_assert_ptr_null(lkl_fdopendir(fd, &err));
	is(err, -LKL_EBADF);
	fd = ok(lkl_sys_open("/tmp/d/one", LKL_O_RDONLY, 0));
	ck_assert_ptr_null(lkl_fdopendir(fd, &err));
	is(err, -LKL_ENOTDIR);
	ok(lkl_sys_close(fd));
	ck_assert_ptr_null(lkl_opendir("/tmp/d/one", &err));
	is(err, -LKL_ENOTDIR);

	/* An error on the way is no end. */
	dir = lkl_opendir("/tmp/d", &err);
	ok(lkl_sys_close(lkl_dirfd(dir)));
	ck_assert_ptr_null(lkl_readdir(dir));
	is(lkl_errdir(dir), -LKL_EBADF);
	fails(lkl_closedir(dir), LKL_EBADF);
}
END_TEST

/* ---- mounting ---------------------------------------------------------------------- */

static int ext4_disk(struct lkl_disk *disk)
{
	const char *path = host_file("ext4", 16 * MIB);
	char command[5000];

	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -F %s", path);
	ck_assert_int_eq(host_shell(command), 0);
	disk->ops = NULL;
	disk->fd = open(path, O_RDWR);
	ck_assert_int_ge(disk->fd, 0);
	return ok(lkl_disk_add(disk));
}

START_TEST(mounts)
{
	long (*mount)(unsigned int, unsigned int, const char *, int, const char *, char *,
		      unsigned int) = lkl_mount_dev;
	long (*umount)(unsigned int, unsigned int, int, long) = lkl_umount_dev;
	char mnt[64] = "untouched", path[100];
	struct lkl_disk disk;
	struct lkl_stat st;
	uint32_t dev, same;
	uint64_t start;
	int fd, id = ext4_disk(&disk);

	/* What is not there; nothing is left behind. */
	fails(mount(id + 1, 0, "ext4", 0, NULL, mnt, sizeof(mnt)), LKL_ENOENT);
	fails(mount(77, 0, "ext4", 0, NULL, mnt, sizeof(mnt)), LKL_ENOENT);
	fails(mount(-1, 0, "ext4", 0, NULL, mnt, sizeof(mnt)), LKL_ENOENT);
	fails(mount(id, 1, "ext4", 0, NULL, mnt, sizeof(mnt)), LKL_ENOENT);
	fails(mount(id, 0, "ext4", 0, NULL, mnt, 13), LKL_ERANGE);
	fails(mount(id, 0, "nosuchfs", 0, NULL, mnt, sizeof(mnt)), LKL_ENODEV);
	fails(mount(id, 0, "vfat", 0, NULL, mnt, sizeof(mnt)), LKL_EINVAL);
	fails(mount(id, 0, "ext4", 0, "no_such_option", mnt, sizeof(mnt)), LKL_EINVAL);
	ck_assert_str_eq(mnt, "untouched");
	ok(lkl_get_virtio_blkdev(id, 0, &dev));
	snprintf(path, sizeof(path), "/mnt/%08x", dev);
	fails(lkl_sys_stat(path, &st), LKL_ENOENT);
	fails(umount(id, 0, 0, 0), LKL_ENOENT);

	ok(mount(id, 0, "ext4", 0, NULL, mnt, 14));
	ck_assert_str_eq(mnt, path);
	snprintf(path, sizeof(path), "%s/f", mnt);
	fd = ok(lkl_sys_creat(path, 0600));
	/* In use: at once, after a while, when it is free. */
	fails(umount(id, 0, 0, 0), LKL_EBUSY);
	start = host_ns();
	fails(umount(id, 0, 0, 100), LKL_EBUSY);
	ck_assert_uint_ge(host_ns() - start, 99000000);
	fails(lkl_disk_remove(disk), LKL_EBUSY);
	ok(lkl_sys_close(fd));
	ok(umount(id, 0, 0, 1000));
	fails(umount(id, 0, 0, 0), LKL_ENOENT);

	/* By the number of the device, and of whatever type it is. */
	ok(lkl_mount_fs("sysfs"));
	ok(lkl_encode_dev_from_sysfs("/sysfs/block/vda/dev", &same));
	is(same, dev);
	fails(lkl_encode_dev_from_sysfs("/sysfs/block/vdz/dev", &same), LKL_ENOENT);
	fails(lkl_encode_dev_from_sysfs("/sysfs/block/vda/size", &same), LKL_EINVAL);
	ok(lkl_mount_blkdev(dev, NULL, LKL_MS_RDONLY, NULL, mnt, sizeof(mnt)));
	ok(lkl_sys_stat(path, &st));
	fails(lkl_sys_unlink(path), LKL_EROFS);
	ok(lkl_umount_blkdev(dev, 0, 1000));
	fails(lkl_mount_blkdev(0x12345, "ext4", 0, NULL, mnt, sizeof(mnt)), LKL_ENXIO);

	is(lkl_mount_fs("proc"), 1);
	ok(lkl_mount_fs("tmpfs"));
	is(lkl_mount_fs("tmpfs"), 1);
	ok(lkl_umount_timeout("/tmpfs", 0, 0));
	fails(lkl_umount_timeout("/tmpfs", 0, 0), LKL_EINVAL);
	fails(lkl_umount_timeout("/nowhere", 0, 10), LKL_ENOENT);
	fails(lkl_mount_fs("nosuchfs"), LKL_ENODEV);
	fails(lkl_sys_stat("/nosuchfs", &st), LKL_ENOENT);
	is(lkl_disk_take_over(disk), 0);
	ok(lkl_disk_remove(disk));
	fails(lkl_disk_remove(disk), LKL_ENOENT);
	fails(lkl_disk_start(disk), LKL_ENOENT);
	fails(lkl_disk_take_over(disk), LKL_ENOENT);
	fails(mount(id, 0, "ext4", 0, NULL, mnt, sizeof(mnt)), LKL_ENOENT);
	close(disk.fd);
}
END_TEST

/* ---- errors and debugging ------------------------------------------------------------- */

START_TEST(errors)
{
	const char *(*words)(int) = lkl_strerror;

	ck_assert_str_eq(words(-LKL_EIO), "Input/output error");
	ck_assert_str_eq(words(LKL_EIO), words(-LKL_EIO));
	for (int i = -5000; i < 5000; i++)
		ck_assert(words(i) && *words(i));
	lkl_host_ops.print = note;
	lkl_perror("what", -LKL_EIO);
	ck_assert_str_eq(said, "what: Input/output error\n");
}
END_TEST

/* Ctrl-Z opens the shell, on standard input and output. */
START_TEST(debugging_shell)
{
	static const char input[] = "cd /tmp\npwd\nls\ncat f\ncat nothing\nnonsense\nexit\n";
	char output[4096] = "";
	int to[2], from[2];
	size_t len = 0;
	ssize_t n;

	write_inside("/tmp/f", "what is in f\n");
	lkl_register_dbg_handler();
	lkl_register_dbg_handler();
	ck_assert_int_eq(pipe(to) | pipe(from), 0);
	ck_assert_int_ge(dup2(to[0], 0), 0);
	fflush(stdout);
	ck_assert_int_ge(dup2(from[1], 1), 0);
	ck_assert_int_eq(write(to[1], input, sizeof(input) - 1), sizeof(input) - 1);
	raise(SIGTSTP);
	while (!strstr(output, "cat cd") && len < sizeof(output) - 1) {
		n = read(from[0], output + len, sizeof(output) - 1 - len);
		ck_assert_int_gt(n, 0);
		len += n;
	}
	ck_assert_ptr_nonnull(strstr(output, "lkl> /tmp\n"));
	ck_assert_ptr_nonnull(strstr(output, "what is in f\n"));
	ck_assert_ptr_nonnull(strstr(output, "cat: No such file or directory\n"));
	is(lkl_sys_getpid(), 1);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = { older_calls, folders, mounts, errors, debugging_shell };
	const TTest *const bare[] = { entry_points, operations_first, table_of_the_host };

	return run_tests("api_base", LIST(inside), LIST(bare), 20);
}

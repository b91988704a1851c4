// SPDX-License-Identifier: GPL-2.0
/* At least one test for each family of system calls. time limit: 300 s */
#include <unistd.h>

#include "test.h"

#define SIZE 65536

static int create(const char *path)
{
	return ok(lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT | LKL_O_TRUNC, 0644));
}

/* ---- files -------------------------------------------------------------- */

START_TEST(files)
{
	char out[] = "hello", in[8] = "";
	struct lkl_stat st;
	int fd = create("/tmp/f");

	is(lkl_sys_write(fd, out, 5), 5);
	is(lkl_sys_lseek(fd, 0, LKL_SEEK_SET), 0);
	is(lkl_sys_read(fd, in, sizeof(in)), 5);
	ck_assert_str_eq(in, out);
	is(lkl_sys_pwrite64(fd, "J", 1, 0), 1);
	is(lkl_sys_pread64(fd, in, 5, 0), 5);
	ck_assert_str_eq(in, "Jello");
	ok(lkl_sys_ftruncate(fd, 3));
	ok(lkl_sys_fstat(fd, &st));
	is(st.st_size, 3);
	is(st.st_nlink, 1);
	ok(lkl_sys_fsync(fd));
	ok(lkl_sys_fdatasync(fd));
	ok(lkl_sys_fallocate(fd, 0, 0, 8192));
	ok(lkl_sys_close(fd));
	fails(lkl_sys_close(fd), LKL_EBADF);

	ok(lkl_sys_stat("/tmp/f", &st));
	is(st.st_size, 8192);
	ok(lkl_sys_chmod("/tmp/f", 0600));
	ok(lkl_sys_chown("/tmp/f", 12, 34));
	ok(lkl_sys_lstat("/tmp/f", &st));
	is(st.st_mode & 07777, 0600);
	is(st.st_uid, 12);
	is(st.st_gid, 34);
	ok(lkl_sys_access("/tmp/f", 0));
	ok(lkl_sys_unlink("/tmp/f"));
	fails(lkl_sys_stat("/tmp/f", &st), LKL_ENOENT);
}
END_TEST

START_TEST(names)
{
	struct lkl_stat st;
	char buf[64] = "";

	ok(lkl_sys_mkdir("/tmp/d", 0755));
	write_inside("/tmp/d/a", "x");
	ok(lkl_sys_link("/tmp/d/a", "/tmp/d/b"));
	ok(lkl_sys_stat("/tmp/d/b", &st));
	is(st.st_nlink, 2);
	ok(lkl_sys_symlink("a", "/tmp/d/s"));
	is(lkl_sys_readlink("/tmp/d/s", buf, sizeof(buf)), 1);
	ck_assert_str_eq(buf, "a");
	ok(lkl_sys_rename("/tmp/d/b", "/tmp/d/c"));
	ok(lkl_sys_mknod("/tmp/d/fifo", LKL_S_IFIFO | 0600, 0));
	fails(lkl_sys_rmdir("/tmp/d"), LKL_ENOTEMPTY);
	ok(lkl_sys_unlink("/tmp/d/a"));
	ok(lkl_sys_unlink("/tmp/d/c"));
	ok(lkl_sys_unlink("/tmp/d/s"));
	ok(lkl_sys_unlink("/tmp/d/fifo"));
	ok(lkl_sys_chdir("/tmp/d"));
	ok(lkl_sys_getcwd(buf, sizeof(buf)));
	ck_assert_str_eq(buf, "/tmp/d");
	ok(lkl_sys_chdir("/"));
	ok(lkl_sys_rmdir("/tmp/d"));
}
END_TEST

START_TEST(directories)
{
	struct lkl_linux_dirent64 *de;
	struct lkl_dir *dir;
	int i, err = 0, seen = 0;
	char path[32];

	ok(lkl_sys_mkdir("/tmp/many", 0755));
	for (i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/tmp/many/%d", i);
		ok(lkl_sys_mknod(path, LKL_S_IFREG | 0644, 0));
	}
	dir = lkl_opendir("/tmp/many", &err);
	ck_assert_ptr_nonnull(dir);
	while ((de = lkl_readdir(dir)))
		seen += de->d_name[0] != '.';
	is(lkl_errdir(dir), 0);
	is(seen, 1000);
	lkl_rewinddir(dir);
	ck_assert_ptr_nonnull(lkl_readdir(dir));
	ok(lkl_dirfd(dir));
	ok(lkl_closedir(dir));

	ck_assert_ptr_null(lkl_opendir("/nowhere", &err));
	is(err, -LKL_ENOENT);
}
END_TEST

START_TEST(file_system_of)
{
	struct lkl_statfs sfs;

	ok(lkl_sys_statfs("/tmp", &sfs));
	is(sfs.f_type, LKL_TMPFS_MAGIC);
	ok(lkl_sys_statfs("/proc", &sfs));
	is(sfs.f_type, LKL_PROC_SUPER_MAGIC);
}
END_TEST

START_TEST(extended_stat)
{
	struct lkl_statx stx;

	write_inside("/tmp/f", "12345");
	ok(lkl_sys_statx(LKL_AT_FDCWD, "/tmp/f", 0, LKL_STATX_BASIC_STATS, &stx));
	is(stx.stx_size, 5);
}
END_TEST

START_TEST(vectors)
{
	char a[4] = "abc", b[4] = "def", c[3], d[3];
	struct lkl_iovec out[] = { { a, 3 }, { b, 3 } };
	struct lkl_iovec in[] = { { c, 3 }, { d, 3 } };
	int fd = create("/tmp/v");

	is(lkl_sys_writev(fd, out, 2), 6);
	ok(lkl_sys_lseek(fd, 0, LKL_SEEK_SET));
	is(lkl_sys_readv(fd, in, 2), 6);
	ck_assert(!memcmp(c, "abc", 3) && !memcmp(d, "def", 3));
	is(lkl_sys_preadv(fd, in, 2, 3, 0), 3);
	ck_assert(!memcmp(c, "def", 3));
}
END_TEST

START_TEST(xattrs)
{
	char buf[64] = "";

	write_inside("/tmp/x", "");
	ok(lkl_sys_setxattr("/tmp/x", "user.colour", "blue", 4, 0));
	is(lkl_sys_getxattr("/tmp/x", "user.colour", buf, sizeof(buf)), 4);
	ck_assert_str_eq(buf, "blue");
	is(lkl_sys_listxattr("/tmp/x", buf, sizeof(buf)), sizeof("user.colour"));
	fails(lkl_sys_setxattr("/tmp/x", "user.colour", "red", 3, LKL_XATTR_CREATE),
	      LKL_EEXIST);
	ok(lkl_sys_removexattr("/tmp/x", "user.colour"));
	fails(lkl_sys_getxattr("/tmp/x", "user.colour", buf, sizeof(buf)), LKL_ENODATA);
}
END_TEST

START_TEST(sparse)
{
	int fd = create("/tmp/s");

	is(lkl_sys_pwrite64(fd, "x", 1, 5ULL << 30), 1);
	is(lkl_sys_lseek(fd, 0, LKL_SEEK_DATA), 5LL << 30);
	is(lkl_sys_lseek(fd, 0, LKL_SEEK_HOLE), 0);
}
END_TEST

/* ---- locking -------------------------------------------------------------- */

START_TEST(file_locks)
{
	struct lkl_flock fl = { .l_type = LKL_F_WRLCK, .l_whence = LKL_SEEK_SET, .l_len = 10 };
	int a = create("/tmp/l"), b = ok(lkl_sys_open("/tmp/l", LKL_O_RDWR, 0));

	ok(lkl_sys_flock(a, LKL_LOCK_EX));
	fails(lkl_sys_flock(b, LKL_LOCK_EX | LKL_LOCK_NB), LKL_EAGAIN);
	ok(lkl_sys_flock(a, LKL_LOCK_UN));
	ok(lkl_sys_flock(b, LKL_LOCK_EX | LKL_LOCK_NB));

	ok(lkl_sys_fcntl(a, LKL_F_OFD_SETLK, (lkl_long)&fl));
	fails(lkl_sys_fcntl(b, LKL_F_OFD_SETLK, (lkl_long)&fl), LKL_EAGAIN);
	fl.l_start = 10;
	ok(lkl_sys_fcntl(b, LKL_F_OFD_SETLK, (lkl_long)&fl));
}
END_TEST

static long lock_and_close(void *arg)
{
	int fd = (lkl_long)arg;
	long ret = lkl_sys_flock(fd, LKL_LOCK_EX);

	lkl_sys_close(fd);
	return ret;
}

/* A waiter gets the lock when its holder lets go. */
START_TEST(lock_wait)
{
	int a = create("/tmp/l"), b = ok(lkl_sys_open("/tmp/l", LKL_O_RDWR, 0));
	struct job *job;

	ok(lkl_sys_flock(a, LKL_LOCK_EX));
	job = run(lock_and_close, (void *)(lkl_long)b);
	usleep(20000);
	ok(lkl_sys_close(a));
	is(join(job), 0);
}
END_TEST

/* ---- pipes ---------------------------------------------------------------- */

START_TEST(pipes)
{
	char buf[8] = "";
	int p[2];

	ok(lkl_sys_pipe2(p, 0));
	is(lkl_sys_write(p[1], "ping", 4), 4);
	is(lkl_sys_read(p[0], buf, sizeof(buf)), 4);
	ck_assert_str_eq(buf, "ping");
	ok(lkl_sys_fcntl(p[0], LKL_F_SETFL, LKL_O_NONBLOCK));
	fails(lkl_sys_read(p[0], buf, 1), LKL_EAGAIN);
	ok(lkl_sys_close(p[1]));
	is(lkl_sys_read(p[0], buf, 1), 0);
}
END_TEST

/* A write with nobody to read is an errno, and SIGPIPE harms nobody. */
START_TEST(broken_pipe)
{
	int p[2];

	ok(lkl_sys_pipe2(p, 0));
	ok(lkl_sys_close(p[0]));
	fails(lkl_sys_write(p[1], "x", 1), LKL_EPIPE);
	ok(lkl_sys_getpid());
}
END_TEST

/* ---- moving data without copying it ------------------------------------ */

START_TEST(splices)
{
	char buf[SIZE], pattern[SIZE];
	struct lkl_iovec iov = { pattern, 4096 };
	int p[2], in = create("/tmp/in"), out = create("/tmp/out");
	long long offset = 0;

	needs_pins();
	memset(pattern, 'p', sizeof(pattern));
	is(lkl_sys_write(in, pattern, 8192), 8192);
	ok(lkl_sys_pipe2(p, 0));
	is(lkl_sys_splice(in, (void *)&offset, p[1], NULL, 8192, 0), 8192);
	is(lkl_sys_splice(p[0], NULL, out, NULL, 8192, 0), 8192);
	is(lkl_sys_pread64(out, buf, SIZE, 0), 8192);
	ck_assert(!memcmp(buf, pattern, 8192));

	is(lkl_sys_vmsplice(p[1], &iov, 1, 0), 4096);
	is(lkl_sys_read(p[0], buf, SIZE), 4096);
	ck_assert(!memcmp(buf, pattern, 4096));
	ok(lkl_sys_close(p[1]));
	is(lkl_sys_read(p[0], buf, 1), 0);
}
END_TEST

START_TEST(send_file)
{
	char buf[SIZE], pattern[SIZE];
	int in = create("/tmp/in"), out = create("/tmp/out");

	memset(pattern, 'q', sizeof(pattern));
	is(lkl_sys_write(in, pattern, SIZE), SIZE);
	ok(lkl_sys_lseek(in, 0, LKL_SEEK_SET));
	is(lkl_sys_sendfile(out, in, NULL, SIZE), SIZE);
	is(lkl_sys_pread64(out, buf, SIZE, 0), SIZE);
	ck_assert(!memcmp(buf, pattern, SIZE));
}
END_TEST

START_TEST(copy_range)
{
	int in = create("/tmp/in"), out = create("/tmp/out");
	char buf[8] = "";

	is(lkl_sys_write(in, "copied", 6), 6);
	ok(lkl_sys_lseek(in, 0, LKL_SEEK_SET));
	is(lkl_sys_copy_file_range(in, NULL, out, NULL, 6, 0), 6);
	is(lkl_sys_pread64(out, buf, sizeof(buf), 0), 6);
	ck_assert_str_eq(buf, "copied");
}
END_TEST

/* ---- memory ------------------------------------------------------------- */

START_TEST(mmap_anonymous)
{
	char *p = (char *)lkl_sys_mmap(NULL, SIZE, LKL_PROT_READ | LKL_PROT_WRITE,
			       LKL_MAP_PRIVATE | LKL_MAP_ANONYMOUS, -1, 0);

	/* An address, or an errno where documented as impossible. */
	if ((lkl_long)p < 0 && (lkl_long)p > -4096)
		skip("%s", lkl_strerror((lkl_long)p));
	memset(p, 1, SIZE);
	ok(lkl_sys_munmap(p, SIZE));
}
END_TEST

START_TEST(mmap_file)
{
	int fd = create("/tmp/m");
	char buf[5] = "", *p;

	is(lkl_sys_write(fd, "mapped", 6), 6);
	p = (char *)lkl_sys_mmap(NULL, 4096, LKL_PROT_READ | LKL_PROT_WRITE, LKL_MAP_SHARED, fd, 0);
	if ((lkl_long)p < 0 && (lkl_long)p > -4096)
		skip("%s", lkl_strerror((lkl_long)p));
	ck_assert(!memcmp(p, "mapped", 6));
	memcpy(p, "MAPP", 4);
	ok(lkl_sys_msync((lkl_long)p, 4096, LKL_MS_SYNC));
	is(lkl_sys_pread64(fd, buf, 4, 0), 4);
	ck_assert_str_eq(buf, "MAPP");
	ok(lkl_sys_munmap(p, 4096));
}
END_TEST

START_TEST(memfd)
{
	int fd = ok(lkl_sys_memfd_create("name", LKL_MFD_ALLOW_SEALING));

	is(lkl_sys_write(fd, "sealed", 6), 6);
	ok(lkl_sys_fcntl(fd, LKL_F_ADD_SEALS, LKL_F_SEAL_WRITE));
	fails(lkl_sys_write(fd, "x", 1), LKL_EPERM);
}
END_TEST

/* ---- waiting for several things --------------------------------------- */

START_TEST(poll_pipe)
{
	struct lkl_pollfd pfd;
	int p[2];

	ok(lkl_sys_pipe2(p, 0));
	pfd = (struct lkl_pollfd){ .fd = p[0], .events = LKL_POLLIN };
	is(lkl_sys_poll(&pfd, 1, 10), 0);
	is(lkl_sys_write(p[1], "x", 1), 1);
	is(lkl_sys_poll(&pfd, 1, 1000), 1);
	is(pfd.revents, LKL_POLLIN);
}
END_TEST

START_TEST(select_pipe)
{
	struct lkl_timeval tv = { .tv_usec = 10000 };
	lkl_fd_set set = { 0 };
	int p[2];

	ok(lkl_sys_pipe2(p, 0));
	set.fds_bits[p[0] / 64] |= 1UL << (p[0] % 64);
	is(lkl_sys_select(p[0] + 1, &set, NULL, NULL, &tv), 0);
	is(lkl_sys_write(p[1], "x", 1), 1);
	set.fds_bits[p[0] / 64] |= 1UL << (p[0] % 64);
	is(lkl_sys_select(p[0] + 1, &set, NULL, NULL, NULL), 1);
}
END_TEST

static long write_soon(void *arg)
{
	usleep(30000);
	return lkl_sys_write((lkl_long)arg, "x", 1);
}

START_TEST(epoll)
{
	struct lkl_epoll_event ev = { .events = LKL_EPOLLIN, .data = 42 }, got[4];
	int p[2], ep = ok(lkl_sys_epoll_create1(0));
	struct job *job;

	ok(lkl_sys_pipe2(p, 0));
	ok(lkl_sys_epoll_ctl(ep, LKL_EPOLL_CTL_ADD, p[0], &ev));
	is(lkl_sys_epoll_wait(ep, got, 4, 10), 0);
	job = run(write_soon, (void *)(lkl_long)p[1]);
	is(lkl_sys_epoll_wait(ep, got, 4, 5000), 1);
	is(got[0].data, 42);
	is(join(job), 1);
}
END_TEST

START_TEST(eventfd)
{
	uint64_t value = 3;
	int fd = ok(lkl_sys_eventfd2(1, 0));

	is(lkl_sys_write(fd, (void *)&value, 8), 8);
	is(lkl_sys_read(fd, (void *)&value, 8), 8);
	is(value, 4);
}
END_TEST

START_TEST(timerfd)
{
	struct lkl_itimerspec its = {
		.it_value.tv_nsec = 5000000, .it_interval.tv_nsec = 5000000,
	};
	int fd = ok(lkl_sys_timerfd_create(LKL_CLOCK_MONOTONIC, 0));
	uint64_t n = 0, start = host_ns();

	ok(lkl_sys_timerfd_settime(fd, 0, &its, NULL));
	is(lkl_sys_read(fd, (void *)&n, 8), 8);
	ck_assert_uint_ge(n, 1);
	ck_assert_uint_ge(host_ns() - start, 5000000);
}
END_TEST

START_TEST(signalfd)
{
	struct lkl_signalfd_siginfo info = { 0 };
	lkl_sigset_t set = { { 1UL << (LKL_SIGUSR1 - 1) } };
	int fd;

	ok(lkl_sys_rt_sigprocmask(LKL_SIG_BLOCK, &set, NULL, sizeof(set)));
	fd = ok(lkl_sys_signalfd4(-1, &set, sizeof(set), 0));
	ok(lkl_sys_tgkill(lkl_sys_getpid(), lkl_sys_gettid(), LKL_SIGUSR1));
	is(lkl_sys_read(fd, (void *)&info, sizeof(info)), sizeof(info));
	is(info.ssi_signo, LKL_SIGUSR1);
}
END_TEST

START_TEST(inotify)
{
	char buf[512];
	struct lkl_inotify_event *ev = (void *)buf;
	int fd = ok(lkl_sys_inotify_init1(0));
	int wd = ok(lkl_sys_inotify_add_watch(fd, "/tmp", LKL_IN_CREATE));

	write_inside("/tmp/new", "");
	ok(lkl_sys_read(fd, buf, sizeof(buf)));
	is(ev->wd, wd);
	is(ev->mask, LKL_IN_CREATE);
	ck_assert_str_eq(ev->name, "new");
}
END_TEST

START_TEST(fanotify)
{
	char buf[512];
	struct lkl_fanotify_event_metadata *ev = (void *)buf;
	int fd = ok(lkl_sys_fanotify_init(LKL_FAN_CLASS_NOTIF, LKL_O_RDONLY));

	ok(lkl_sys_fanotify_mark(fd, LKL_FAN_MARK_ADD | LKL_FAN_MARK_MOUNT,
				 LKL_FAN_CLOSE_WRITE, LKL_AT_FDCWD, "/tmp"));
	write_inside("/tmp/watched", "x");
	ok(lkl_sys_read(fd, buf, sizeof(buf)));
	ck_assert(ev->mask & LKL_FAN_CLOSE_WRITE);
	ok(ev->fd);
}
END_TEST

/* Some hosts cannot show a page at a second address, which rings need. */
static int has_mmap(void)
{
	lkl_long p = lkl_sys_mmap(NULL, 4096, LKL_PROT_READ, LKL_MAP_PRIVATE | LKL_MAP_ANONYMOUS,
				  -1, 0);

	if (p == -LKL_ENODEV)
		return 0;
	ok(lkl_sys_munmap((void *)p, 4096));
	return 1;
}

/* ---- futex ------------------------------------------------------------------ */

static uint32_t futex_word;

static long futex_waiter(void *arg)
{
	(void)arg;
	return lkl_sys_futex(&futex_word, LKL_FUTEX_WAIT | LKL_FUTEX_PRIVATE_FLAG, 0,
			     NULL, NULL, 0);
}

START_TEST(futex)
{
	struct lkl_timespec ts = { .tv_nsec = 10000000 };
	struct job *job;
	long woken = 0;
	int i;

	needs_pins();
	fails(lkl_sys_futex(&futex_word, LKL_FUTEX_WAIT, 1, NULL, NULL, 0), LKL_EAGAIN);
	fails(lkl_sys_futex(&futex_word, LKL_FUTEX_WAIT, 0, &ts, NULL, 0), LKL_ETIMEDOUT);
	job = run(futex_waiter, NULL);
	for (i = 0; i < 1000 && !woken; i++) {
		usleep(1000);
		woken = ok(lkl_sys_futex(&futex_word, LKL_FUTEX_WAKE | LKL_FUTEX_PRIVATE_FLAG,
					 1, NULL, NULL, 0));
	}
	is(woken, 1);
	is(join(job), 0);
}
END_TEST

/*
 * Changes words by FUTEX_WAKE_OP while another thread changes them too. A store that is not
 * atomic would take some of that back.
 */
#define FUTEX_ROUNDS 300000

static uint32_t futex_counter;
static int futex_stop;

static long futex_add(void *arg)
{
	long n;

	(void)arg;
	for (n = 0; !__atomic_load_n(&futex_stop, __ATOMIC_RELAXED); n++)
		__atomic_fetch_add(&futex_counter, 1, __ATOMIC_SEQ_CST);
	return n;
}

static long wake_op(uint32_t *word, int op, int argument)
{
	return lkl_sys_futex(&futex_word, LKL_FUTEX_WAKE_OP, 0, NULL, word,
			     LKL_FUTEX_OP(op, argument, LKL_FUTEX_OP_CMP_EQ, 0));
}

START_TEST(futex_words)
{
	static const struct {
		int op, argument;
		uint32_t result;
	} ops[] = {
		{ LKL_FUTEX_OP_SET, 5, 5 },
		{ LKL_FUTEX_OP_ADD, 4, 9 },
		{ LKL_FUTEX_OP_OR, 6, 15 },
		{ LKL_FUTEX_OP_ANDN, 1, 14 },
		{ LKL_FUTEX_OP_XOR, 2, 12 },
	};
	uint32_t word = 77;
	struct job *job;
	unsigned int i;
	long added;

	needs_pins();
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		is(wake_op(&word, ops[i].op, ops[i].argument), 0);
		is(word, ops[i].result);
	}
	fails(wake_op(&word, 7, 0), LKL_ENOSYS);
	fails(wake_op((uint32_t *)4096, LKL_FUTEX_OP_ADD, 1), LKL_EFAULT);
	job = run(futex_add, NULL);
	for (i = 0; i < FUTEX_ROUNDS; i++)
		is(wake_op(&futex_counter, LKL_FUTEX_OP_ADD, 1), 0);
	__atomic_store_n(&futex_stop, 1, __ATOMIC_RELAXED);
	added = join(job);
	is(futex_counter, (uint32_t)(FUTEX_ROUNDS + added));
}
END_TEST

/* Locks whose word the kernel itself sets, in pages that nobody has touched yet. */
START_TEST(futex_pi)
{
	static uint32_t word;
	uint32_t *mapped;
	lkl_long tid = ok(lkl_sys_gettid()), p;

	needs_pins();
	is(lkl_sys_futex(&word, LKL_FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	is(word, tid);
	fails(lkl_sys_futex(&word, LKL_FUTEX_LOCK_PI, 0, NULL, NULL, 0), LKL_EDEADLK);
	is(lkl_sys_futex(&word, LKL_FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	is(word, 0);
	fails(lkl_sys_futex((uint32_t *)4096, LKL_FUTEX_LOCK_PI, 0, NULL, NULL, 0),
	      LKL_EFAULT);
	if (!has_mmap())
		return;
	p = ok(lkl_sys_mmap(NULL, 4096, LKL_PROT_READ | LKL_PROT_WRITE,
			    LKL_MAP_PRIVATE | LKL_MAP_ANONYMOUS, -1, 0));
	mapped = (uint32_t *)p;
	is(lkl_sys_futex(mapped, LKL_FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	is(*mapped, tid);
	is(lkl_sys_futex(mapped, LKL_FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	is(wake_op(mapped + 1, LKL_FUTEX_OP_SET, 3), 0);
	is(mapped[1], 3);
	ok(lkl_sys_munmap(mapped, 4096));
}
END_TEST

/* ---- asynchronous I/O ------------------------------------------------------- */

START_TEST(aio)
{
	lkl_aio_context_t ctx = 0;
	char data[4096];
	int fd = create("/tmp/aio");
	struct lkl_iocb cb = {
		.aio_lio_opcode = LKL_IOCB_CMD_PWRITE, .aio_fildes = fd,
		.aio_buf = (uintptr_t)data, .aio_nbytes = sizeof(data), .aio_data = 7,
	}, *list[] = { &cb };
	struct lkl_io_event ev;

	if (!has_mmap())
		skip("the host shows no memory twice");
	memset(data, 'a', sizeof(data));
	ok(lkl_sys_io_setup(8, &ctx));
	is(lkl_sys_io_submit(ctx, 1, list), 1);
	is(lkl_sys_io_getevents(ctx, 1, 1, &ev, NULL), 1);
	is(ev.data, 7);
	is(ev.res, sizeof(data));
	ok(lkl_sys_io_destroy(ctx));
}
END_TEST

/* Writes 4 KiB to @fd through a ring whose parts are at @rings and @sqes. */
static void ring_write(int ring, const struct lkl_io_uring_params *params, char *rings,
		       struct lkl_io_uring_sqe *sqes, int fd)
{
	static char data[4096], back[4096];
	unsigned int *array = (void *)(rings + params->sq_off.array);
	unsigned int *tail = (void *)(rings + params->sq_off.tail);
	struct lkl_io_uring_cqe *cqe = (void *)(rings + params->cq_off.cqes);

	memset(data, 'u', sizeof(data));
	sqes[0] = (struct lkl_io_uring_sqe){
		.opcode = LKL_IORING_OP_WRITE, .fd = fd, .addr = (uintptr_t)data,
		.len = sizeof(data), .user_data = 9,
	};
	if (!(params->flags & LKL_IORING_SETUP_NO_SQARRAY))
		array[0] = 0;
	__atomic_store_n(tail, 1, __ATOMIC_RELEASE);
	is(lkl_sys_io_uring_enter(ring, 1, 1, LKL_IORING_ENTER_GETEVENTS, NULL, 0), 1);
	is(cqe->user_data, 9);
	is(cqe->res, sizeof(data));
	is(lkl_sys_pread64(fd, back, sizeof(back), 0), sizeof(back));
	ck_assert(!memcmp(data, back, sizeof(data)));
}

static void *map_ring(int ring, size_t size, uint64_t offset)
{
	return (void *)ok(lkl_sys_mmap(NULL, size, LKL_PROT_READ | LKL_PROT_WRITE,
				       LKL_MAP_SHARED | LKL_MAP_POPULATE, ring, offset));
}

START_TEST(io_uring)
{
	struct lkl_io_uring_params params = { 0 };
	int ring = ok(lkl_sys_io_uring_setup(8, &params)), fd = create("/tmp/ring");

	if (!has_mmap())
		skip("the host shows no memory twice");
	ck_assert(params.features & LKL_IORING_FEAT_SINGLE_MMAP);
	ring_write(ring, &params, map_ring(ring, 4096, LKL_IORING_OFF_SQ_RING),
		   map_ring(ring, 4096, LKL_IORING_OFF_SQES), fd);
	ok(lkl_sys_close(ring));
}
END_TEST

/* A ring in the application's own memory. */
START_TEST(io_uring_own_memory)
{
	struct lkl_io_uring_params params = {
		.flags = LKL_IORING_SETUP_NO_MMAP | LKL_IORING_SETUP_NO_SQARRAY,
	};
	static char rings[4096] __attribute__((aligned(4096)));
	static char sqes[4096] __attribute__((aligned(4096)));
	int ring, fd = create("/tmp/ring");

	needs_pins();
	if (small_kernel())
		skip("a kernel that watches itself warns of it");
	params.cq_off.user_addr = (uintptr_t)rings;
	params.sq_off.user_addr = (uintptr_t)sqes;
	ring = lkl_sys_io_uring_setup(8, &params);
	/* The kernel cannot show the application's pages a second time, and says so. */
	if (ring < 0) {
		is(ring, -LKL_ENOMEM);
		skip("not possible here, see the README: %s", lkl_strerror(ring));
	}
	ring_write(ring, &params, rings, (void *)sqes, fd);
	ok(lkl_sys_close(ring));
}
END_TEST

/* ---- BPF, namespaces ---------------------------------------------------- */

START_TEST(bpf)
{
	const struct lkl_bpf_insn program[] = {
		{ .code = LKL_BPF_ALU64 | LKL_BPF_MOV | LKL_BPF_K, .dst_reg = 0, .imm = 40 },
		{ .code = LKL_BPF_ALU64 | LKL_BPF_ADD | LKL_BPF_K, .dst_reg = 0, .imm = 2 },
		{ .code = LKL_BPF_JMP | LKL_BPF_EXIT },
	};
	char packet[64] = "", log[4096] = "";
	union lkl_bpf_attr attr = {
		.prog_type = LKL_BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)program, .insn_cnt = COUNT(program),
		.license = (uintptr_t)"GPL",
		.log_buf = (uintptr_t)log, .log_size = sizeof(log), .log_level = 1,
	};
	long prog = lkl_sys_bpf(LKL_BPF_PROG_LOAD, &attr, sizeof(attr));

	if (small_kernel() && prog == -LKL_ENOSYS)
		skip("not in the small configuration");
	ok(prog);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	ok(lkl_sys_bpf(LKL_BPF_PROG_TEST_RUN, &attr, sizeof(attr)));
	is(attr.test.retval, 42);
}
END_TEST

static long host_name_elsewhere(void *arg)
{
	struct lkl_new_utsname uts;

	(void)arg;
	return lkl_sys_newuname(&uts) ?: strcmp(uts.nodename, "inner") == 0;
}

static long change_own_name(void *arg)
{
	struct lkl_new_utsname uts;
	long ret;

	(void)arg;
	ret = lkl_sys_unshare(LKL_CLONE_NEWUTS);
	if (!ret)
		ret = lkl_sys_sethostname("inner", 5);
	if (!ret)
		ret = lkl_sys_newuname(&uts);
	return ret ?: strcmp(uts.nodename, "inner");
}

/* A namespace belongs to the thread that made it. */
START_TEST(namespaces)
{
	is(join(run(change_own_name, NULL)), 0);
	is(join(run(host_name_elsewhere, NULL)), 0);
}
END_TEST

static long own_mounts(void *arg)
{
	struct lkl_stat st;
	long ret = lkl_sys_unshare(LKL_CLONE_NEWNS);

	(void)arg;
	if (!ret)
		ret = lkl_sys_mount("own", "/tmp", "tmpfs", 0, NULL);
	if (!ret)
		write_inside("/tmp/private", "x");
	return ret ?: lkl_sys_stat("/tmp/private", &st);
}

START_TEST(mount_namespace)
{
	struct lkl_stat st;

	is(join(run(own_mounts, NULL)), 0);
	fails(lkl_sys_stat("/tmp/private", &st), LKL_ENOENT);
}
END_TEST

START_TEST(network_namespace)
{
	int before = ok(lkl_sys_open("/proc/self/ns/net", LKL_O_RDONLY, 0));

	ok(lkl_sys_unshare(LKL_CLONE_NEWNET));
	ok(lkl_sys_setns(before, LKL_CLONE_NEWNET));
}
END_TEST

/* ---- sockets ---------------------------------------------------------------- */

static void loopback_up(void)
{
	struct lkl_ifreq ifr = { 0 };
	int fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));

	strcpy(ifr.ifr_ifrn.ifrn_name, "lo");
	ok(lkl_sys_ioctl(fd, LKL_SIOCGIFFLAGS, (lkl_long)&ifr));
	ifr.ifr_ifru.ifru_flags |= LKL_IFF_UP;
	ok(lkl_sys_ioctl(fd, LKL_SIOCSIFFLAGS, (lkl_long)&ifr));
	ok(lkl_sys_close(fd));
}

static struct lkl_sockaddr_in local(int port)
{
	struct lkl_sockaddr_in addr = {
		.sin_family = LKL_AF_INET,
		.sin_port = __builtin_bswap16(port),
		.sin_addr.s_addr = __builtin_bswap32(0x7f000001),
	};

	return addr;
}

static long accept_and_count(void *arg)
{
	int fd = lkl_sys_accept((lkl_long)arg, NULL, NULL);
	static char buf[SIZE];
	long n, total = 0;

	if (fd < 0)
		return fd;
	while ((n = lkl_sys_read(fd, buf, sizeof(buf))) > 0)
		total += n;
	lkl_sys_close(fd);
	return n < 0 ? n : total;
}

/* Sends @total bytes over the loopback device, @chunk at a time. */
static void stream(int protocol, long total, long chunk)
{
	struct lkl_sockaddr_in addr = local(1234);
	int server, client;
	struct job *job;
	char *buf = calloc(1, chunk);
	long sent;

	loopback_up();
	server = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, protocol));
	ok(lkl_sys_bind(server, (void *)&addr, sizeof(addr)));
	ok(lkl_sys_listen(server, 1));
	client = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, protocol));
	job = run(accept_and_count, (void *)(lkl_long)server);
	ok(lkl_sys_connect(client, (void *)&addr, sizeof(addr)));
	for (sent = 0; sent < total;)
		sent += ok(lkl_sys_write(client, buf, chunk));
	ok(lkl_sys_close(client));
	is(join(job), total);
	free(buf);
}

START_TEST(tcp)
{
	stream(0, 8 << 20, SIZE);
}
END_TEST

static int lacks(int protocol)
{
	long fd = lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, protocol);

	if (fd >= 0)
		lkl_sys_close(fd);
	return small_kernel() && fd == -LKL_EPROTONOSUPPORT;
}

START_TEST(mptcp)
{
	if (lacks(LKL_IPPROTO_MPTCP))
		skip("not in the small configuration");
	stream(LKL_IPPROTO_MPTCP, 8 << 20, SIZE);
}
END_TEST

START_TEST(sctp)
{
	if (lacks(LKL_IPPROTO_SCTP))
		skip("not in the small configuration");
	/* Large messages make it wait for acknowledgements. */
	stream(LKL_IPPROTO_SCTP, 256 << 10, 4096);
}
END_TEST

START_TEST(udp)
{
	struct lkl_sockaddr_in addr = local(2345);
	int a, b;
	char buf[8] = "";

	loopback_up();
	a = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	b = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));
	ok(lkl_sys_bind(a, (void *)&addr, sizeof(addr)));
	is(lkl_sys_sendto(b, "hello", 5, 0, (void *)&addr, sizeof(addr)), 5);
	is(lkl_sys_recvfrom(a, buf, sizeof(buf), 0, NULL, NULL), 5);
	ck_assert_str_eq(buf, "hello");
}
END_TEST

/* Passing a descriptor is the hardest that AF_UNIX does. */
START_TEST(unix_sockets)
{
	char byte = 'x', control[64] = { 0 }, buf[8] = "";
	struct lkl_iovec iov = { &byte, 1 };
	struct lkl_cmsghdr *cm = (void *)control;
	struct lkl_user_msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = 24,
	};
	int s[2], fd = create("/tmp/passed"), got;

	is(lkl_sys_write(fd, "content", 7), 7);
	ok(lkl_sys_socketpair(LKL_AF_UNIX, LKL_SOCK_STREAM, 0, s));
	cm->cmsg_len = 20;
	cm->cmsg_level = LKL_SOL_SOCKET;
	cm->cmsg_type = LKL_SCM_RIGHTS;
	memcpy(control + 16, &fd, sizeof(fd));
	is(lkl_sys_sendmsg(s[0], &msg, 0), 1);
	memset(control, 0, sizeof(control));
	is(lkl_sys_recvmsg(s[1], &msg, 0), 1);
	memcpy(&got, control + 16, sizeof(got));
	ck_assert_int_ne(got, fd);
	is(lkl_sys_pread64(got, buf, 7, 0), 7);
	ck_assert_str_eq(buf, "content");
}
END_TEST

START_TEST(netlink)
{
	struct {
		struct lkl_nlmsghdr head;
		struct lkl_ifinfomsg info;
	} req = {
		.head = {
			.nlmsg_len = sizeof(req), .nlmsg_type = LKL_RTM_GETLINK,
			.nlmsg_flags = LKL_NLM_F_REQUEST | LKL_NLM_F_DUMP,
		},
	};
	static char buf[SIZE];
	struct lkl_nlmsghdr *answer = (void *)buf;
	int fd = ok(lkl_sys_socket(LKL_AF_NETLINK, LKL_SOCK_RAW, LKL_NETLINK_ROUTE));

	is(lkl_sys_sendto(fd, &req, sizeof(req), 0, NULL, 0), sizeof(req));
	ok(lkl_sys_recvfrom(fd, buf, sizeof(buf), 0, NULL, NULL));
	is(answer->nlmsg_type, LKL_RTM_NEWLINK);
}
END_TEST

/* ---- the rest --------------------------------------------------------------- */

START_TEST(random_numbers)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };

	is(lkl_sys_getrandom((void *)a, sizeof(a), 0), sizeof(a));
	is(lkl_sys_getrandom((void *)b, sizeof(b), 0), sizeof(b));
	ck_assert(memcmp(a, b, sizeof(a)));
}
END_TEST

START_TEST(identity)
{
	is(lkl_sys_getuid(), 0);
	ok(lkl_sys_getpid());
	ok(lkl_sys_gettid());
	ok(lkl_sys_umask(022));
	is(lkl_sys_umask(0), 022);
}
END_TEST

START_TEST(limits)
{
	struct lkl_rlimit64 limit;

	ok(lkl_sys_prlimit64(0, LKL_RLIMIT_NOFILE, NULL, &limit));
	ck_assert_uint_ge(limit.rlim_cur, 1024);
}
END_TEST

START_TEST(no_such_call)
{
	lkl_long params[6] = { 0 };

	fails(lkl_syscall(4000, params), LKL_ENOSYS);
	fails(lkl_syscall(-1, params), LKL_ENOSYS);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		files, names, directories, file_system_of, extended_stat, vectors, xattrs, sparse,
		file_locks, lock_wait, pipes, broken_pipe, splices, send_file,
		copy_range, mmap_anonymous, mmap_file, memfd, poll_pipe, select_pipe,
		epoll, eventfd, timerfd, signalfd, inotify, fanotify, futex, futex_words, futex_pi, aio,
		io_uring, io_uring_own_memory, bpf, namespaces, mount_namespace, network_namespace,
		tcp, mptcp, sctp, udp, unix_sockets, netlink, random_numbers,
		identity, limits, no_such_call,
	};

	return run_tests("syscalls", LIST(tests), NULL, 0, 20);
}

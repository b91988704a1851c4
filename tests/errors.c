// SPDX-License-Identifier: GPL-2.0
/* Bad pointers, bad descriptors, and what the kernel says to them. time limit: 120 s */
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

/* syslog(2) */
#define SYSLOG_READ_ALL	3

/* Pointers that an application may pass by mistake. */
static void *const bad[] = {
	NULL, (void *)1, (void *)0x1000, (void *)0xdead0000beef0000UL,
	(void *)-1, (void *)-4096, (void *)0x7fffffffffffUL,
};

static int open_file(void)
{
	int fd = ok(lkl_sys_open("/tmp/f", LKL_O_RDWR | LKL_O_CREAT, 0644));
	char data[8192] = "data";

	is(lkl_sys_pwrite64(fd, data, sizeof(data), 0), sizeof(data));
	return fd;
}

START_TEST(read_write)
{
	int i, fd = open_file();

	for (i = 0; i < COUNT(bad); i++) {
		fails(lkl_sys_pread64(fd, bad[i], 4096, 0), LKL_EFAULT);
		fails(lkl_sys_pwrite64(fd, bad[i], 4096, 0), LKL_EFAULT);
	}
	ok(lkl_sys_getpid());
}
END_TEST

START_TEST(vectors)
{
	char good[16];
	int i, fd = open_file();

	for (i = 0; i < COUNT(bad); i++) {
		struct lkl_iovec iov[2] = { { bad[i], 16 }, { good, 16 } };

		fails(lkl_sys_readv(fd, bad[i], 2), LKL_EFAULT);
		fails(lkl_sys_readv(fd, iov, 2), LKL_EFAULT);
		fails(lkl_sys_writev(fd, iov, 2), LKL_EFAULT);
	}
}
END_TEST

START_TEST(strings)
{
	int i;

	for (i = 0; i < COUNT(bad); i++) {
		fails(lkl_sys_open(bad[i], LKL_O_RDONLY, 0), LKL_EFAULT);
		fails(lkl_sys_unlink(bad[i]), LKL_EFAULT);
		fails(lkl_sys_mount("x", bad[i], "tmpfs", 0, NULL), LKL_EFAULT);
	}
}
END_TEST

START_TEST(structures)
{
	int i, p[2], fd = open_file();

	ok(lkl_sys_pipe2(p, 0));
	for (i = 0; i < COUNT(bad); i++) {
		fails(lkl_sys_newuname(bad[i]), LKL_EFAULT);
		fails(lkl_sys_fstat(fd, bad[i]), LKL_EFAULT);
		fails(lkl_sys_pipe2(bad[i], 0), LKL_EFAULT);
		fails(lkl_sys_ioctl(p[0], LKL_FIONREAD, (lkl_long)bad[i]), LKL_EFAULT);
		fails(lkl_sys_clock_gettime(LKL_CLOCK_REALTIME, bad[i]), LKL_EFAULT);
		fails(lkl_sys_poll(bad[i], 1, 0), LKL_EFAULT);
	}
}
END_TEST

START_TEST(sockets)
{
	int i, fd = ok(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_DGRAM, 0));

	for (i = 0; i < COUNT(bad); i++)
		fails(lkl_sys_bind(fd, bad[i], 16), LKL_EFAULT);
	fails(lkl_sys_recvmsg(fd, (void *)1, 0), LKL_EFAULT);
	fails(lkl_sys_sendmsg(fd, (void *)1, 0), LKL_EFAULT);
}
END_TEST

/* A buffer whose second page is missing: a short transfer or -EFAULT. */
START_TEST(half_a_buffer)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	int fd = open_file();
	long n;

	ck_assert(p != MAP_FAILED);
	ck_assert_int_eq(munmap(p + 4096, 4096), 0);
	n = lkl_sys_pread64(fd, p, 8192, 0);
	ck_assert_msg(n == 4096 || n == -LKL_EFAULT, "%ld", n);
	n = lkl_sys_pwrite64(fd, p, 8192, 0);
	ck_assert_msg(n == 4096 || n == -LKL_EFAULT, "%ld", n);
	/* A name that runs into the hole. */
	memset(p, 'x', 4096);
	fails(lkl_sys_open(p + 4000, LKL_O_RDONLY, 0), LKL_EFAULT);
}
END_TEST

/* Short ones are copied by words: what is before the hole counts, to the byte. */
START_TEST(to_the_byte)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0), back[400];
	int fd = open_file(), from[2];

	ck_assert(p != MAP_FAILED);
	ck_assert_int_eq(munmap(p + 4096, 4096), 0);
	ck_assert_int_eq(lkl_sys_pipe2(from, 0), 0);
	for (int len = 1; len < 300; len++) {
		char *end = p + 4096 - len;

		for (int i = 0; i < len; i++)
			end[i] = len + i;
		memset(back, 0, sizeof(back));
		is(lkl_sys_pwrite64(fd, end, len + 50, 0), len);
		is(lkl_sys_pread64(fd, back, len, 0), len);
		ck_assert_int_eq(memcmp(back, end, len), 0);

		is(lkl_sys_write(from[1], back, len + 50), len + 50);
		memset(end, 0, len);
		fails(lkl_sys_read(from[0], end, len + 50), LKL_EFAULT);
		ck_assert_int_eq(memcmp(back, end, len), 0);
		is(lkl_sys_read(from[0], back, len + 50), len + 50);
	}
	is(lkl_sys_close(from[0]), 0);
	is(lkl_sys_close(from[1]), 0);
}
END_TEST

/* Read-only memory is no place to read into. */
START_TEST(read_only_memory)
{
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open_file();

	ck_assert(p != MAP_FAILED);
	fails(lkl_sys_pread64(fd, p, 4096, 0), LKL_EFAULT);
	is(lkl_sys_pwrite64(fd, p, 4096, 0), 4096);
}
END_TEST

/* By what the kernel says of itself when it starts; the last range, the first is the image. */
static void guest_memory(unsigned long long *start, unsigned long long *end)
{
	static char log[1 << 18];
	char *line = log;

	ok(lkl_sys_syslog(SYSLOG_READ_ALL, log, sizeof(log) - 1));
	*end = 0;
	while ((line = strstr(line, "node   0: [mem "))) {
		ck_assert_int_eq(sscanf(line, "node 0: [mem %llx-%llx]", start, end), 2);
		line++;
	}
	ck_assert_uint_ne(*end, 0);
}

/* The kernel's own memory, which an application has no business to name. */
START_TEST(kernel_memory)
{
	struct lkl_io_uring_params params = { 0 };
	unsigned long long start, end;
	int fd = open_file(), ring = ok(lkl_sys_io_uring_setup(4, &params));

	guest_memory(&start, &end);
	for (int i = 0; i < 3; i++) {
		char *p = (char *)(uintptr_t)(i == 0 ? start : i == 1 ? (start + end) / 2 : end - 7);
		struct lkl_iovec iov = { p, 8 };

		fails(lkl_sys_pwrite64(fd, p, 8, 0), LKL_EFAULT);
		fails(lkl_sys_pread64(fd, p, 8, 0), LKL_EFAULT);
		fails(lkl_sys_readv(fd, &iov, 1), LKL_EFAULT);
		fails(lkl_sys_open(p, LKL_O_RDONLY, 0), LKL_EFAULT);
		fails(lkl_sys_clock_gettime(LKL_CLOCK_REALTIME, (void *)p), LKL_EFAULT);
		fails(lkl_sys_io_uring_register(ring, LKL_IORING_REGISTER_BUFFERS, &iov, 1),
		      LKL_EFAULT);
	}
	is(lkl_sys_close(ring), 0);
}
END_TEST

static long fault_in_thread(void *arg)
{
	int i;
	long fd = (lkl_long)arg, ret = 0;

	for (i = 0; i < 1000; i++)
		if (lkl_sys_pread64(fd, (void *)8, 100, 0) != -LKL_EFAULT)
			ret--;
	return ret;
}

START_TEST(many_threads)
{
	struct job *jobs[16];
	int i, fd = open_file();

	for (i = 0; i < COUNT(jobs); i++)
		jobs[i] = run(fault_in_thread, (void *)(lkl_long)fd);
	for (i = 0; i < COUNT(jobs); i++)
		is(join(jobs[i]), 0);
}
END_TEST

START_TEST(descriptors)
{
	static const int fds[] = { -1, 500, 1 << 20, 0x7fffffff };
	struct lkl_stat st;
	char c;
	int i;

	for (i = 0; i < COUNT(fds); i++) {
		fails(lkl_sys_read(fds[i], &c, 1), LKL_EBADF);
		fails(lkl_sys_write(fds[i], &c, 1), LKL_EBADF);
		fails(lkl_sys_close(fds[i]), LKL_EBADF);
		fails(lkl_sys_fstat(fds[i], &st), LKL_EBADF);
		fails(lkl_sys_fsync(fds[i]), LKL_EBADF);
		fails(lkl_sys_ioctl(fds[i], 0, 0), LKL_EBADF);
		fails(lkl_sys_fcntl(fds[i], LKL_F_GETFL, 0), LKL_EBADF);
	}
}
END_TEST

START_TEST(arguments)
{
	char name[300];
	int fd = open_file();

	memset(name, 'n', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = 0;
	fails(lkl_sys_open(name, LKL_O_RDONLY, 0), LKL_ENAMETOOLONG);
	fails(lkl_sys_open("", LKL_O_RDONLY, 0), LKL_ENOENT);
	fails(lkl_sys_open("/tmp/f/g", LKL_O_RDONLY, 0), LKL_ENOTDIR);
	fails(lkl_sys_lseek(fd, -1, LKL_SEEK_SET), LKL_EINVAL);
	fails(lkl_sys_pread64(fd, name, 1, -1), LKL_EINVAL);
	fails(lkl_sys_mount("none", "/tmp", "nosuchfs", 0, NULL), LKL_ENODEV);
	fails(lkl_sys_umount("/", 0) ?: -LKL_EINVAL, LKL_EINVAL);
}
END_TEST

/* A fault of the application's own reaches the handler that it had before. */
START_TEST(own_faults)
{
	ck_assert(host_handles_fault());
	fails(lkl_sys_pread64(open_file(), (void *)8, 100, 0), LKL_EFAULT);
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(lkl_strerror(-LKL_ENOENT), "No such file or directory");
	ck_assert_ptr_nonnull(lkl_strerror(-100000));
	ck_assert_ptr_nonnull(lkl_strerror(0));
	lkl_perror("a test", -LKL_EIO);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = {
		read_write, vectors, strings, structures, sockets, half_a_buffer, to_the_byte,
		read_only_memory, kernel_memory, many_threads, descriptors, arguments, own_faults,
		words,
	};

	return run_tests("errors", LIST(inside), NULL, 0, 20);
}

// SPDX-License-Identifier: GPL-2.0
/* Start, halt, start again; calls at the wrong time. time limit: 300 s */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "test.h"

START_TEST(before_start)
{
	ck_assert_int_lt(lkl_sys_getpid(), 0);
	is(lkl_is_running(), 0);
	ok(lkl_init(&lkl_host_ops));
	ck_assert_int_lt(lkl_sys_getpid(), 0);
	lkl_cleanup();
}
END_TEST

START_TEST(start_uname_halt)
{
	struct lkl_new_utsname uts;

	start_kernel();
	is(lkl_is_running(), 1);
	ok(lkl_sys_newuname(&uts));
	ck_assert_str_eq(uts.sysname, "Linux");
	ck_assert_msg(!strncmp(uts.release, "6.12.", 5), "release %s", uts.release);
	halt_kernel();
	is(lkl_is_running(), 0);
}
END_TEST

START_TEST(after_halt)
{
	start_kernel();
	halt_kernel();
	ck_assert_int_lt(lkl_sys_getpid(), 0);
	ck_assert_int_lt(lkl_sys_halt(), 0);
}
END_TEST

START_TEST(start_twice)
{
	start_kernel();
	ck_assert_int_lt(lkl_start_kernel("loglevel=4"), 0);
	ok(lkl_sys_getpid());
	halt_kernel();
}
END_TEST

/* The console: what the kernel prints arrives, at the level asked for. */
static atomic_int printed;

static void LKL_ABI count_print(const char *str, int len)
{
	(void)str;
	printed += len;
}

START_TEST(console)
{
	int loud;

	lkl_host_ops.print = count_print;
	start_kernel_with("loglevel=8");
	halt_kernel();
	loud = printed;
	ck_assert_int_gt(loud, 1000);

	printed = 0;
	start_kernel_with("loglevel=0");
	halt_kernel();
	ck_assert_int_lt(printed, loud / 2);

	lkl_host_ops.print = NULL;
	start_kernel_with("loglevel=8");
	halt_kernel();
}
END_TEST

START_TEST(command_line)
{
	char buf[512] = "";
	int fd;

	start_kernel_with("mem=48M loglevel=4 lkl_test=1");
	fd = ok(lkl_sys_open("/proc/cmdline", LKL_O_RDONLY, 0));
	ok(lkl_sys_read(fd, buf, sizeof(buf) - 1));
	ck_assert_ptr_nonnull(strstr(buf, "lkl_test=1"));
	ck_assert_ptr_nonnull(strstr(buf, "mem=48M"));
	halt_kernel();
}
END_TEST

START_TEST(memory_size)
{
	struct lkl_sysinfo info;
	unsigned long mib;

	start_kernel_with("mem=96M loglevel=4");
	ok(lkl_sys_sysinfo(&info));
	mib = info.totalram * info.mem_unit >> 20;
	ck_assert_int_gt(mib, 60);
	/* Memory is given in whole sections, and the image is on top. */
	ck_assert_int_le(mib, 112);
	halt_kernel();
}
END_TEST

/* Whoever runs our programs keeps what he has translated: the emulator, valgrind. */
static int is_translated(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return emulated() || (preload && strstr(preload, "vgpreload"));
}

/* What a hundred runs leave behind. The first ones warm up the allocators. */
START_TEST(restart)
{
	const int warm = 10, rounds = emulated() ? 5 : 100;
	int i, threads = 0, fds = 0;
	long rss = 0, grown;

	skip_sanitized();
	for (i = 0; i < warm + rounds; i++) {
		if (i == warm) {
			rss = host_rss_kib();
			threads = host_threads();
			fds = host_fds();
		}
		start_kernel();
		ok(lkl_sys_getpid());
		halt_kernel();
	}
	grown = host_rss_kib() - rss;
	ck_assert_int_eq(host_threads(), threads);
	ck_assert_int_eq(host_fds(), fds);
	ck_assert_msg(is_translated() || grown < HOST_RESTARTS_KIB, "%ld KiB more after %d restarts", grown, rounds);
}
END_TEST

START_TEST(resident_memory)
{
	long before = host_rss_kib(), after;

	skip_foreign_memory();
	start_kernel();
	after = host_rss_kib();
	halt_kernel();
	ck_assert_msg(after - before <= HOST_RESIDENT_KIB, "%ld KiB resident", after - before);
}
END_TEST

/* What the kernel has freed is the host's again some seconds later. */
START_TEST(memory_goes_back)
{
	const int size = 64;
	static char buf[1 << 20];
	long fd, full, left;

	skip_foreign_memory();
	start_kernel();
	ok(lkl_sys_mkdir("/mem", 0700));
	ok(lkl_sys_mount("mem", "/mem", "tmpfs", 0, NULL));
	fd = ok(lkl_sys_open("/mem/file", LKL_O_RDWR | LKL_O_CREAT, 0600));
	memset(buf, 1, sizeof(buf));
	for (int i = 0; i < size; i++)
		ck_assert_int_eq(lkl_sys_write(fd, buf, sizeof(buf)), sizeof(buf));
	full = host_rss_kib();
	ok(lkl_sys_close(fd));
	ok(lkl_sys_unlink("/mem/file"));
	for (int i = 0; i < 100; i++) {
		left = full - host_rss_kib();
		if (left > size * 1024 * 3 / 4)
			break;
		usleep(100000);
	}
	ck_assert_msg(left > size * 1024 * 3 / 4, "%ld of %d KiB given back", left,
		      size * 1024);
	/* It reads as new. */
	fd = ok(lkl_sys_open("/mem/file", LKL_O_RDWR | LKL_O_CREAT, 0600));
	ok(lkl_sys_ftruncate(fd, sizeof(buf)));
	ck_assert_int_eq(lkl_sys_read(fd, buf, sizeof(buf)), sizeof(buf));
	for (size_t i = 0; i < sizeof(buf); i++)
		ck_assert_int_eq(buf[i], 0);
	ok(lkl_sys_close(fd));
	halt_kernel();
}
END_TEST

/* Where the address space is small, so are the kernel's windows; it runs all the same. */
START_TEST(few_addresses)
{
	const rlim_t max = 4ULL << 30;
	struct rlimit limit = { max, max };
	const size_t size = 8 << 20;
	char *map;
	int fd;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip("the sanitizer needs terabytes");
#endif
	/* The limit would be the emulator's own. */
	if (emulated())
		skip("the emulator's address space is a small one as it is");
	if (getenv("LKL_TEST_SMALL"))
		skip("KASAN needs terabytes");
	if (setrlimit(RLIMIT_AS, &limit))
		skip("the host limits nobody's addresses");
	start_kernel();
	fd = ok(lkl_sys_open("/tmp/file", LKL_O_RDWR | LKL_O_CREAT, 0600));
	ok(lkl_sys_ftruncate(fd, size));
	map = (char *)ok(lkl_sys_mmap(NULL, size, LKL_PROT_READ | LKL_PROT_WRITE,
				      LKL_MAP_SHARED, fd, 0));
	memset(map, 'x', size);
	ck_assert_int_eq(map[size - 1], 'x');
	ok(lkl_sys_munmap(map, size));
	halt_kernel();

	limit.rlim_cur = 256 << 20;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	fails(lkl_start_kernel("loglevel=4"), LKL_ENOMEM);
	lkl_cleanup();
	limit.rlim_cur = max;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	start_kernel();
	halt_kernel();
}
END_TEST

/* A limit on the size of files is one on memory that is shown twice; no reason to die. */
static atomic_int panics;

static void LKL_ABI count_panic(void)
{
	panics++;
}

START_TEST(small_files)
{
	struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY };

	if (small_kernel())
		skip("a small kernel shows no memory twice while it starts");
	if (setrlimit(RLIMIT_FSIZE, &limit))
		skip("the host limits nobody's files");
	lkl_host_ops.print = NULL;
	lkl_host_ops.panic = count_panic;
	fails(lkl_start_kernel("loglevel=4"), LKL_EIO);
	is(panics, 1);
	limit.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	lkl_cleanup();
	start_kernel();
	halt_kernel();
}
END_TEST

static long halt_elsewhere(void *arg)
{
	(void)arg;
	return lkl_sys_halt();
}

START_TEST(halt_from_another_thread)
{
	start_kernel();
	ok(join(run(halt_elsewhere, NULL)));
	lkl_cleanup();
	start_kernel();
	halt_kernel();
}
END_TEST

/* A thread that sleeps inside when the kernel halts comes out with an error. */
static long sleep_long(void *arg)
{
	struct lkl_timespec ts = { .tv_sec = 60 };

	(void)arg;
	return lkl_sys_nanosleep(&ts, NULL);
}

START_TEST(halt_with_sleeper)
{
	struct job *job;

	start_kernel();
	job = run(sleep_long, NULL);
	usleep(50000);
	ok(lkl_sys_halt());
	ck_assert_int_lt(join(job), 0);
	lkl_cleanup();
}
END_TEST

/* One for which the kernel can have no task does not halt it, and says so. */
START_TEST(halt_without_a_task)
{
	start_kernel();
	write_inside("/proc/sys/kernel/threads-max", "20");
	fails(join(run(halt_elsewhere, NULL)), LKL_EAGAIN);
	is(lkl_sys_getpid(), 1);
	write_inside("/proc/sys/kernel/threads-max", "30000");
	ok(join(run(halt_elsewhere, NULL)));
	lkl_cleanup();
}
END_TEST

/* Several threads start it, and halt it: each time one of them does, the others are told. */
#define RIVALS 4

static atomic_int started, halted, strange, over;
static pthread_barrier_t line;

static long start_and_halt(void *arg)
{
	for (int i = 0; i < 50; i++) {
		long ret;

		pthread_barrier_wait(&line);
		ret = lkl_start_kernel("mem=32M loglevel=4");
		if (!ret)
			started++;
		else if (ret != -LKL_EBUSY)
			strange = ret;
		pthread_barrier_wait(&line);
		ret = lkl_sys_halt();
		if (!ret)
			halted++;
		else if (ret != -LKL_ENODEV && ret != -LKL_ESHUTDOWN)
			strange = ret;
	}
	return 0;
}

START_TEST(rivals)
{
	struct job *jobs[RIVALS];

	pthread_barrier_init(&line, NULL, RIVALS);
	for (int i = 0; i < RIVALS; i++)
		jobs[i] = run(start_and_halt, NULL);
	for (int i = 0; i < RIVALS; i++)
		is(join(jobs[i]), 0);
	is(strange, 0);
	is(started, 50);
	is(halted, 50);
	is(lkl_is_running(), 0);
	lkl_cleanup();
}
END_TEST

/* Threads that call all the time, whatever becomes of the kernel. */
static long call_on(void *arg)
{
	while (!over) {
		long pid = lkl_sys_getpid(), fd;

		if (pid != 1 && pid != -LKL_ENODEV && pid != -LKL_ESHUTDOWN)
			strange = pid;
		fd = lkl_sys_open("/", LKL_O_RDONLY, 0);
		if (fd >= 0)
			lkl_sys_close(fd);
		else if (fd != -LKL_ENODEV && fd != -LKL_ESHUTDOWN)
			strange = fd;
	}
	return 0;
}

START_TEST(calls_during_restarts)
{
	struct job *jobs[6];

	for (int i = 0; i < COUNT(jobs); i++)
		jobs[i] = run(call_on, NULL);
	for (int i = 0; i < (emulated() ? 5 : 30); i++) {
		ok(lkl_start_kernel("mem=32M loglevel=4"));
		usleep(i % 5 * 1000);
		ok(lkl_sys_halt());
	}
	over = 1;
	for (int i = 0; i < COUNT(jobs); i++)
		is(join(jobs[i]), 0);
	is(strange, 0);
	lkl_cleanup();
}
END_TEST

/* A thread that has seen an earlier kernel leaves nothing behind in this one. */
static pthread_barrier_t steps;

static long call_in_two(void *arg)
{
	long first = lkl_sys_getpid(), second;

	pthread_barrier_wait(&steps);
	pthread_barrier_wait(&steps);
	second = lkl_sys_getpid();
	return first == 1 && second == 1 ? 0 : -LKL_EIO;
}

START_TEST(thread_of_two_kernels)
{
	struct lkl_sysinfo info;
	struct job *job;
	int before;

	pthread_barrier_init(&steps, NULL, 2);
	start_kernel();
	job = run(call_in_two, NULL);
	pthread_barrier_wait(&steps);
	halt_kernel();
	start_kernel();
	ok(lkl_sys_sysinfo(&info));
	before = info.procs;
	pthread_barrier_wait(&steps);
	is(join(job), 0);
	for (int i = 0; i < 200; i++) {
		ok(lkl_sys_sysinfo(&info));
		if (info.procs <= before)
			break;
		usleep(10000);
	}
	is(info.procs, before);
	halt_kernel();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		before_start, start_uname_halt, after_halt, start_twice, console,
		command_line, memory_size, few_addresses, small_files, restart, resident_memory,
		memory_goes_back,
		halt_from_another_thread, halt_with_sleeper, halt_without_a_task, rivals, calls_during_restarts,
		thread_of_two_kernels,
	};

	return run_tests("boot", NULL, 0, LIST(tests), 60);
}

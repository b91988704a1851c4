// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

struct job {
	pthread_t thread;
	long (*f)(void *arg);
	void *arg;
	long result;
};

void start_kernel_with(const char *cmdline)
{
	ok(lkl_init(&lkl_host_ops));
	ok(lkl_start_kernel("%s", cmdline));
	ok(lkl_mount_fs("proc"));
	ok(lkl_mount_fs("sysfs"));
	lkl_sys_mkdir("/tmp", 0777);
	ok(lkl_sys_mount("tmp", "/tmp", "tmpfs", 0, NULL));
}

void start_kernel(void)
{
	const char *cmdline = getenv("LKL_TEST_CMDLINE");

	start_kernel_with(cmdline ? cmdline : "loglevel=4");
}

void halt_kernel(void)
{
	ok(lkl_sys_halt());
	lkl_cleanup();
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

uint64_t host_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t host_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t host_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

const char *host_file(const char *name, uint64_t size)
{
	static char path[4096];
	const char *dir = getenv("LKL_TEST_TMP");
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "/tmp", name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	close(fd);
	return path;
}

void write_inside(const char *path, const char *data)
{
	int fd = ok(lkl_sys_open(path, LKL_O_WRONLY | LKL_O_CREAT | LKL_O_TRUNC, 0644));

	is(lkl_sys_write(fd, (void *)data, strlen(data)), strlen(data));
	ok(lkl_sys_close(fd));
}

static void *job_main(void *arg)
{
	struct job *job = arg;

	job->result = job->f(job->arg);
	return NULL;
}

struct job *run(long (*f)(void *), void *arg)
{
	struct job *job = calloc(1, sizeof(*job));
	pthread_attr_t attr;
	int err;

	ck_assert_ptr_nonnull(job);
	job->f = f;
	job->arg = arg;
	pthread_attr_init(&attr);
	/* A thousand stacks of 8 MiB would be all that programs in the emulator have. */
	if (emulated())
		pthread_attr_setstacksize(&attr, 1 << 20);
	err = pthread_create(&job->thread, &attr, job_main, job);
	/* It may fork; what asserts take a lock for is not to be in the child then. */
	if (err)
		ck_abort_msg("no thread: error %d", err);
	pthread_attr_destroy(&attr);
	return job;
}

long join(struct job *job)
{
	long result;

	pthread_join(job->thread, NULL);
	result = job->result;
	free(job);
	return result;
}

int test_all(void)
{
	const char *all = getenv("LKL_TEST_ALL");

	return all && *all;
}

int small_kernel(void)
{
	return emulated() || getenv("LKL_TEST_SMALL");
}

static TCase *make_case(const char *name, const TTest *const *tests, int count,
			int seconds)
{
	TCase *tcase = tcase_create(name);
	const char *only = getenv("LKL_TEST");
	int i;

	tcase_set_timeout(tcase, seconds * (test_all() ? 10 : 1) * (emulated() ? 5 : 1));
	/* LKL_TEST=NAME runs that one; with CK_FORK=no a debugger sees it. */
	for (i = 0; i < count; i++)
		if (!only || !strcmp(only, tests[i]->name))
			tcase_add_test(tcase, tests[i]);
	return tcase;
}

int run_tests(const char *name, const TTest *const *inside, int n_inside,
	      const TTest *const *bare, int n_bare, int seconds)
{
	Suite *suite = suite_create(name);
	TCase *tcase = make_case(name, inside, n_inside, seconds);
	SRunner *runner;
	int failed;

	host_maybe_run();
	tcase_add_checked_fixture(tcase, start_kernel, halt_kernel);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, make_case("bare", bare, n_bare, seconds));
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Host threads in the kernel: many, short-lived, blocked, at exit. time limit: 300 s
 * runs alone
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include <lkl/linux/membarrier.h>

#include "test.h"

/* Processes and threads that the kernel knows of. */
static int tasks_inside(void)
{
	struct lkl_sysinfo info;

	ok(lkl_sys_sysinfo(&info));
	return info.procs;
}

/* A thread's task goes away a moment after the thread. */
static int settled_tasks(int want)
{
	int i, tasks = 0;

	for (i = 0; i < 500; i++) {
		tasks = tasks_inside();
		if (tasks <= want)
			break;
		usleep(10000);
	}
	return tasks;
}

/* ---- a thousand at once ------------------------------------------------- */

#define MANY 1000

static pthread_barrier_t everybody;

static long work_among_many(void *arg)
{
	char path[32], data[64], back[64] = "";
	long fd, ret;

	pthread_barrier_wait(&everybody);
	snprintf(path, sizeof(path), "/tmp/t%ld", (long)(lkl_long)arg);
	snprintf(data, sizeof(data), "thread %ld", (long)(lkl_long)arg);
	fd = lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT, 0644);
	if (fd < 0)
		return fd;
	ret = lkl_sys_write(fd, data, sizeof(data));
	if (ret == sizeof(data))
		ret = lkl_sys_pread64(fd, back, sizeof(back), 0);
	lkl_sys_close(fd);
	if (ret >= 0 && strcmp(data, back))
		ret = -LKL_EIO;
	/* Everybody is in the kernel's books until everybody is done. */
	pthread_barrier_wait(&everybody);
	return ret;
}

START_TEST(thousand_threads)
{
	static struct job *jobs[MANY];
	int i, before = tasks_inside();

	/* A thousand descriptors may be open at once. */
	pthread_barrier_init(&everybody, NULL, MANY + 1);
	for (i = 0; i < MANY; i++)
		jobs[i] = run(work_among_many, (void *)(lkl_long)i);
	pthread_barrier_wait(&everybody);
	pthread_barrier_wait(&everybody);
	for (i = 0; i < MANY; i++)
		is(join(jobs[i]), 64);
	ck_assert_int_le(settled_tasks(before), before);
}
END_TEST

/* ---- come and go -------------------------------------------------------- */

static long one_call(void *arg)
{
	(void)arg;
	return lkl_sys_gettid();
}

START_TEST(come_and_go)
{
	int i, before = tasks_inside(), threads;
	long rss;

	skip_sanitized();
	for (i = 0; i < 200; i++)
		ok(join(run(one_call, NULL)));
	rss = host_rss_kib();
	threads = host_threads();
	for (i = 0; i < 3000; i++)
		ok(join(run(one_call, NULL)));
	ck_assert_int_le(settled_tasks(before), before);
	/* One that was joined may be listed a moment longer. */
	for (i = 0; i < 1000 && host_threads() > threads; i++)
		usleep(1000);
	ck_assert_int_le(host_threads(), threads);
	/* An emulator keeps something of each, as KASAN does. */
	ck_assert_msg(small_kernel() || host_rss_kib() - rss < 2048, "%ld KiB more", host_rss_kib() - rss);
}
END_TEST

/* Two threads have two identities, in one process. */
START_TEST(identities)
{
	long me = ok(lkl_sys_gettid()), other = ok(join(run(one_call, NULL)));

	ck_assert_int_ne(me, other);
}
END_TEST

/* Threads that the kernel has no tasks for get an errno, one by one and many at once. */
static long call_after_others(void *arg)
{
	pthread_barrier_wait(&everybody);
	return lkl_sys_gettid();
}

START_TEST(no_more_tasks)
{
	struct lkl_timespec ts = { .tv_nsec = 1000000 };
	struct job *jobs[20];

	write_inside("/proc/sys/kernel/threads-max", "20");
	for (int i = 0; i < 10; i++)
		fails(join(run(one_call, NULL)), LKL_EAGAIN);
	for (int round = 0; round < 10; round++) {
		pthread_barrier_init(&everybody, NULL, COUNT(jobs));
		for (int i = 0; i < COUNT(jobs); i++)
			jobs[i] = run(call_after_others, NULL);
		/* Now and then somebody else is in the kernel. */
		for (int i = 0; i < 10; i++)
			is(lkl_sys_nanosleep(&ts, NULL), 0);
		for (int i = 0; i < COUNT(jobs); i++)
			fails(join(jobs[i]), LKL_EAGAIN);
	}
	write_inside("/proc/sys/kernel/threads-max", "30000");
	ok(join(run(one_call, NULL)));
}
END_TEST

/* ---- blocking ----------------------------------------------------------- */

static long poll_a_while(void *arg)
{
	struct lkl_pollfd pfd = { .fd = (lkl_long)arg, .events = LKL_POLLIN };
	uint64_t start = host_ns();
	long ret = lkl_sys_poll(&pfd, 1, 100);

	if (ret)
		return ret;
	return (host_ns() - start) / 1000000;
}

/* Fifty that wait a tenth of a second each wait a tenth of a second in all. */
START_TEST(blocking_with_timeout)
{
	struct job *jobs[50];
	uint64_t start = host_ns();
	int i, p[2];
	long ms;

	ok(lkl_sys_pipe2(p, 0));
	for (i = 0; i < COUNT(jobs); i++)
		jobs[i] = run(poll_a_while, (void *)(lkl_long)p[0]);
	for (i = 0; i < COUNT(jobs); i++) {
		ms = join(jobs[i]);
		ck_assert_int_ge(ms, 99);
		ck_assert_int_lt(ms, 2000);
	}
	ck_assert_uint_lt(host_ns() - start, 3000000000ULL);
}
END_TEST

struct pipes {
	int to[2], from[2];
	int rounds;
};

static long echo(void *arg)
{
	struct pipes *p = arg;
	char byte;
	int i;

	for (i = 0; i < p->rounds; i++)
		if (lkl_sys_read(p->to[0], &byte, 1) != 1 ||
		    lkl_sys_write(p->from[1], &byte, 1) != 1)
			return -LKL_EIO;
	return 0;
}

START_TEST(ping_pong)
{
	struct pipes p = { .rounds = 20000 };
	struct job *job;
	char byte = 'x';
	int i;

	ok(lkl_sys_pipe2(p.to, 0));
	ok(lkl_sys_pipe2(p.from, 0));
	job = run(echo, &p);
	for (i = 0; i < p.rounds; i++) {
		is(lkl_sys_write(p.to[1], &byte, 1), 1);
		is(lkl_sys_read(p.from[0], &byte, 1), 1);
	}
	is(join(job), 0);
}
END_TEST

/* A chain of threads, each reading from the one before. */
#define CHAIN 20

static int chain[CHAIN + 1][2];

static long pass_on(void *arg)
{
	long i = (lkl_long)arg, n, total = 0;
	char buf[4096];

	while ((n = lkl_sys_read(chain[i][0], buf, sizeof(buf))) > 0) {
		if (lkl_sys_write(chain[i + 1][1], buf, n) != n)
			return -LKL_EIO;
		total += n;
	}
	lkl_sys_close(chain[i + 1][1]);
	return n < 0 ? n : total;
}

static long feed(void *arg)
{
	static char buf[4096];
	long i;

	for (i = 0; i < (lkl_long)arg; i++)
		if (lkl_sys_write(chain[0][1], buf, sizeof(buf)) != sizeof(buf))
			return -LKL_EIO;
	return lkl_sys_close(chain[0][1]);
}

START_TEST(pipe_chain)
{
	const long blocks = 1000;
	struct job *jobs[CHAIN], *feeder;
	char buf[4096];
	long n, total = 0;
	int i;

	for (i = 0; i <= CHAIN; i++)
		ok(lkl_sys_pipe2(chain[i], 0));
	for (i = 0; i < CHAIN; i++)
		jobs[i] = run(pass_on, (void *)(lkl_long)i);
	feeder = run(feed, (void *)(lkl_long)blocks);
	while ((n = ok(lkl_sys_read(chain[CHAIN][0], buf, sizeof(buf)))) > 0)
		total += n;
	is(total, blocks * 4096);
	is(join(feeder), 0);
	for (i = 0; i < CHAIN; i++)
		is(join(jobs[i]), blocks * 4096);
}
END_TEST

/* One that computes in the kernel must not keep the others out. */
static atomic_int stop;

static long read_zeroes(void *arg)
{
	static char buf[1 << 20];
	int fd = (lkl_long)arg;

	while (!stop)
		if (lkl_sys_pread64(fd, buf, sizeof(buf), 0) < 0)
			return -LKL_EIO;
	return 0;
}

START_TEST(no_starvation)
{
	int i, fd = ok(lkl_sys_open("/tmp/big", LKL_O_RDWR | LKL_O_CREAT, 0644));
	struct job *jobs[4];
	uint64_t start;

	ok(lkl_sys_ftruncate(fd, 1 << 20));
	for (i = 0; i < COUNT(jobs); i++)
		jobs[i] = run(read_zeroes, (void *)(lkl_long)fd);
	start = host_ns();
	for (i = 0; i < 1000; i++)
		ok(lkl_sys_getpid());
	ck_assert_uint_lt(host_ns() - start, 20000000000ULL);
	stop = 1;
	for (i = 0; i < COUNT(jobs); i++)
		is(join(jobs[i]), 0);
}
END_TEST

/* ---- ends --------------------------------------------------------------- */

/* A thread that ends by pthread_exit() in the middle of nowhere leaves no task. */
static void *exits(void *arg)
{
	ok(lkl_sys_getpid());
	pthread_exit(arg);
	return NULL;
}

START_TEST(pthread_exit_leaves_nothing)
{
	int i, before = tasks_inside();
	pthread_t t;

	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(pthread_create(&t, NULL, exits, NULL), 0);
		pthread_join(t, NULL);
	}
	ck_assert_int_le(settled_tasks(before), before);
}
END_TEST

/* Calls from a thread-specific destructor, after the thread's own code is over. */
static pthread_key_t late;
static atomic_long late_result;

static void call_late(void *arg)
{
	(void)arg;
	late_result = lkl_sys_getpid();
}

static void *with_destructor(void *arg)
{
	pthread_setspecific(late, (void *)1);
	ok(lkl_sys_getpid());
	return arg;
}

START_TEST(call_from_destructor)
{
	int before = tasks_inside();
	pthread_t t;

	pthread_key_create(&late, call_late);
	ck_assert_int_eq(pthread_create(&t, NULL, with_destructor, NULL), 0);
	pthread_join(t, NULL);
	ok(late_result);
	ck_assert_int_le(settled_tasks(before), before);
}
END_TEST

static void at_exit(void)
{
	int fd = lkl_sys_open("/tmp/exit", LKL_O_RDWR | LKL_O_CREAT, 0644);

	if (fd < 0 || lkl_sys_write(fd, "x", 1) != 1 || lkl_sys_halt())
		_exit(1);
	_exit(42);
}

static void end_with_calls(void)
{
	start_kernel();
	atexit(at_exit);
	exit(0);
}

START_TEST(call_from_atexit)
{
	ck_assert_int_eq(host_exit_status(end_with_calls), 42);
}
END_TEST

/* The process may end with threads inside and the kernel running. */
static long sleep_inside(void *arg)
{
	struct lkl_timespec ts = { .tv_sec = 100 };

	(void)arg;
	return lkl_sys_nanosleep(&ts, NULL);
}

static void end_with_sleepers(void)
{
	start_kernel();
	run(sleep_inside, NULL);
	run(sleep_inside, NULL);
	usleep(20000);
	exit(42);
}

START_TEST(exit_with_sleepers)
{
	ck_assert_int_eq(host_exit_status(end_with_sleepers), 42);
}
END_TEST

/* ---- memory of the application ------------------------------------------ */

#define BARRIERS 20000

/* What two threads tell each other, on lines of their own. */
static struct {
	_Alignas(128) atomic_int go;
	_Alignas(128) atomic_int ours;
	_Alignas(128) atomic_int theirs;
	_Alignas(128) atomic_int seen;
	_Alignas(128) atomic_int done;
} told;

/* No more than a load and a store. */
static int get(atomic_int *p)
{
	return atomic_load_explicit(p, memory_order_relaxed);
}

static void set(atomic_int *p, int value)
{
	atomic_store_explicit(p, value, memory_order_relaxed);
}

/* Stores, then loads, and leaves it to the other thread that this is the order. */
static long store_and_load(void *arg)
{
	int i, go;

	(void)arg;
	for (i = 1;; i++) {
		while ((go = get(&told.go)) != i) {
			if (go < 0)
				return 0;
			get(&told.ours);
		}
		set(&told.theirs, i);
		atomic_signal_fence(memory_order_seq_cst);
		set(&told.seen, get(&told.ours));
		atomic_store_explicit(&told.done, i, memory_order_release);
	}
}

/* One of two threads that store, and then load what the other one stores, sees it. */
START_TEST(memory_barriers)
{
	/* Hosts without such barriers wait 20 ms each time. */
	uint64_t end = host_ns() + 2000000000;
	struct job *job;
	int i, theirs;

	ok(lkl_sys_membarrier(LKL_MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
	job = run(store_and_load, NULL);
	for (i = 1; i <= BARRIERS && host_ns() < end; i++) {
		set(&told.go, i);
		for (volatile int pause = i % 100; pause; pause--)
			;
		set(&told.ours, i);
		ok(lkl_sys_membarrier(LKL_MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
		theirs = get(&told.theirs);
		while (atomic_load_explicit(&told.done, memory_order_acquire) != i)
			;
		ck_assert_msg(theirs == i || get(&told.seen) == i,
			      "neither saw the other, round %d", i);
	}
	set(&told.go, -1);
	is(join(job), 0);
}
END_TEST

int main(void)
{
	const TTest *const inside[] = {
		thousand_threads, come_and_go, identities, no_more_tasks, blocking_with_timeout,
		ping_pong, pipe_chain, no_starvation, pthread_exit_leaves_nothing,
		call_from_destructor, memory_barriers,
	};
	const TTest *const bare[] = { call_from_atexit, exit_with_sleepers };

	return run_tests("threads", LIST(inside), LIST(bare), 60);
}

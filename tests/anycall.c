// SPDX-License-Identifier: GPL-2.0
/*
 * Every system call, with arguments that make no sense, or nearly make some: a result or an
 * errno, or it waits; never a crash, an oops or a panic. Each has a process and a kernel of
 * its own, by fork(). LKL_TEST_ALL tries more of them. time limit: 300 s
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define CALLS_MAX	500
#define SCRATCH		65536
/* More than any number says that a call may write. */
#define GUARD		(1UL << 33)
#define WAIT_US		150000
#define SANE		0
#define INSANE		43
#define PANIC		44

/* Memory that calls may write to. */
static char *scratch;

static unsigned int state;

static unsigned int roll(unsigned int below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static lkl_long any_number(void)
{
	static const lkl_long numbers[] = {
		0, 1, 2, 3, 4, 5, 8, 16, 100, 511, 512, 4095, 4096, 4097, 65535, 65536,
		-1, -2, -4096, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, (lkl_long)0x8000000000000000ULL, LKL_AT_FDCWD,
	};

	/* Not where the kernel may be: there all is memory that it may access. */
	return roll(4) ? numbers[roll(COUNT(numbers))] : (lkl_long)1 << (roll(2) ? roll(33) : 48 + roll(16));
}

static lkl_long any_address(void)
{
	static const lkl_long bad[] = {
		0, 1, 8, 0x1000, 0x7fffffffffffL, 0x7ffffffff000L, -1, -8, -4096,
		(lkl_long)0xdead0000beef0000ULL, (lkl_long)0xffff800000000000ULL,
	};

	switch (roll(4)) {
	case 0:
		return bad[roll(COUNT(bad))];
	case 1:
		/* Its end is the end of memory. */
		return (lkl_long)scratch + SCRATCH - roll(64);
	default:
		return (lkl_long)scratch + roll(16) * 1000;
	}
}

/* Words, names and pointers to them, by chance. */
static void fill_scratch(void)
{
	static const char *const names[] = {
		"/", "/tmp", "/tmp/f", "/tmp/d", "/proc/self/mem", "/proc/self/maps", ".", "",
		"ext4", "tmpfs", "proc", "user.x", "security.x", "lo", "name",
	};
	lkl_long *words = (lkl_long *)scratch;

	for (int i = 0; i < SCRATCH / 8; i++)
		words[i] = roll(3) ? any_number() : any_address();
	for (int i = 0; i < 16; i++)
		if (roll(2))
			strcpy(scratch + i * 1000, names[roll(COUNT(names))]);
}

static void LKL_ABI panicked(void)
{
	_exit(PANIC);
}

/* What there is to be named by small numbers. */
static void open_things(void)
{
	int p[2];

	lkl_sys_open("/", LKL_O_RDONLY, 0);
	lkl_sys_open("/tmp/f", LKL_O_RDWR | LKL_O_CREAT, 0600);
	lkl_sys_open("/proc/self/status", LKL_O_RDONLY, 0);
	lkl_sys_pipe2(p, LKL_O_NONBLOCK);
	lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM | LKL_SOCK_NONBLOCK, 0);
	lkl_sys_socketpair(LKL_AF_UNIX, LKL_SOCK_STREAM | LKL_SOCK_NONBLOCK, 0, p);
	lkl_sys_epoll_create1(0);
	lkl_sys_eventfd2(1, LKL_O_NONBLOCK);
	lkl_sys_timerfd_create(LKL_CLOCK_MONOTONIC, LKL_O_NONBLOCK);
	lkl_sys_inotify_init1(LKL_O_NONBLOCK);
	lkl_sys_memfd_create("name", 0);
	lkl_sys_io_uring_setup(8, &(struct lkl_io_uring_params){ 0 });
	lkl_sys_socket(LKL_AF_NETLINK, LKL_SOCK_RAW | LKL_SOCK_NONBLOCK, 0);
	lkl_sys_mkdir("/tmp/d", 0700);
}

static void child(int nr, unsigned int seed, int times)
{
	struct itimerval limit = { .it_value.tv_usec = WAIT_US };

	state = (seed * 1000 + nr) * 2654435761u;
	lkl_host_ops.panic = panicked;
	lkl_host_ops.print = NULL;
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &limit, NULL);
	for (int i = 0; i < times; i++) {
		lkl_long params[6], ret;

		fill_scratch();
		for (int j = 0; j < 6; j++)
			params[j] = roll(2) ? any_number() : any_address();
		ret = lkl_syscall(nr, params);
		if (ret < -4095 && ret > -8192)
			_exit(INSANE);
	}
	lkl_sys_getpid();
	_exit(SANE);
}

/* Of @seed; call @only, or all. Returns how many waited. */
static int call_all(unsigned int seed, int only)
{
	int waited = 0;

	for (int nr = 0; nr < CALLS_MAX; nr++) {
		pid_t pid;
		int status;

		if (only >= 0 && nr != only)
			continue;
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (!pid)
			child(nr, seed, 40);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		waited += WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
		ck_assert_msg((WIFEXITED(status) && WEXITSTATUS(status) == SANE) ||
			      (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM),
			      "call %d, seed %u: status %x", nr, seed, status);
	}
	return waited;
}

/* CALL and SEED in the environment are the only ones. */
START_TEST(every_call)
{
	const char *call = getenv("CALL"), *only = getenv("SEED");
	unsigned int seed = only ? atoi(only) : 0;
	unsigned int end = seed + (only ? 1 : test_all() ? 100 : 2);

	scratch = mmap(NULL, SCRATCH + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(scratch != MAP_FAILED);
	scratch += GUARD;
	ck_assert_int_eq(mprotect(scratch, SCRATCH, PROT_READ | PROT_WRITE), 0);
	open_things();
	for (; seed < end; seed++)
		printf("# seed %u: %d calls waited\n", seed, call_all(seed, call ? atoi(call) : -1));
	is(lkl_sys_getpid(), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { every_call };

	return run_tests("anycall", LIST(tests), NULL, 0, 250);
}

// SPDX-License-Identifier: GPL-2.0
/* Handlers of signals: when they are called, in which thread, and what they may do. */
#include <stdatomic.h>
#include <stdbool.h>

#include "test.h"

#define BIT(signal)	(1ULL << ((signal) - 1))

/* Of handlers: all, and those of this thread. */
static atomic_int calls;
static atomic_int last;
static lkl_siginfo_t last_info;
static _Thread_local int calls_here;

static void count(int signal)
{
	last = signal;
	calls_here++;
	calls++;
}

static void count_info(int signal, lkl_siginfo_t *info, void *context)
{
	ck_assert_ptr_null(context);
	last_info = *info;
	count(signal);
}

static void handle_with(int signal, void *handler, unsigned long flags, uint64_t mask)
{
	struct lkl_sigaction action = { .sa_flags = flags };

	action.lkl_sa_handler = handler;
	action.sa_mask.sig[0] = mask;
	ok(lkl_sys_rt_sigaction(signal, &action, NULL, sizeof(lkl_sigset_t)));
}

static void handle(int signal, unsigned long flags)
{
	handle_with(signal, count, flags, 0);
}

static uint64_t mask(int how, uint64_t bits)
{
	lkl_sigset_t set = { { bits } }, old;

	ok(lkl_sys_rt_sigprocmask(how, &set, &old, sizeof(set)));
	return old.sig[0];
}

static void raise_here(int signal)
{
	ok(lkl_sys_tgkill(lkl_sys_getpid(), lkl_sys_gettid(), signal));
}

static void pause_ms(int ms)
{
	struct lkl_timespec t = { .tv_nsec = ms * 1000000L };

	lkl_sys_nanosleep(&t, NULL);
}

START_TEST(called)
{
	handle_with(LKL_SIGUSR1, count_info, LKL_SA_SIGINFO, 0);
	ok(lkl_sys_kill(lkl_sys_getpid(), LKL_SIGUSR1));
	is(calls, 1);
	is(last, LKL_SIGUSR1);
	is(last_info.si_signo, LKL_SIGUSR1);
	is(last_info.si_code, LKL_SI_USER);
	is(last_info.lkl_si_pid, lkl_sys_getpid());
	/* Default and ignored ones do nothing to process 1. */
	handle_with(LKL_SIGUSR1, NULL, 0, 0);
	ok(lkl_sys_kill(lkl_sys_getpid(), LKL_SIGUSR1));
	handle_with(LKL_SIGUSR1, LKL_SIG_IGN, 0, 0);
	ok(lkl_sys_kill(lkl_sys_getpid(), LKL_SIGUSR1));
	is(calls, 1);
}
END_TEST

START_TEST(once)
{
	handle(LKL_SIGUSR1, LKL_SA_RESETHAND);
	raise_here(LKL_SIGUSR1);
	raise_here(LKL_SIGUSR1);
	is(calls, 1);
}
END_TEST

START_TEST(blocked)
{
	handle(LKL_SIGUSR1, 0);
	handle(LKL_SIGUSR2, 0);
	is(mask(LKL_SIG_BLOCK, BIT(LKL_SIGUSR1)), 0);
	raise_here(LKL_SIGUSR1);
	is(calls, 0);
	raise_here(LKL_SIGUSR2);
	is(calls, 1);
	is(mask(LKL_SIG_UNBLOCK, BIT(LKL_SIGUSR1)), BIT(LKL_SIGUSR1));
	is(calls, 2);
	is(last, LKL_SIGUSR1);
	is(mask(LKL_SIG_BLOCK, 0), 0);
}
END_TEST

static int depth, deepest;
static uint64_t mask_inside;

static void nest(int signal)
{
	if (++depth > deepest)
		deepest = depth;
	mask_inside = mask(LKL_SIG_BLOCK, 0);
	if (++calls < 5)
		raise_here(signal);
	depth--;
}

START_TEST(masks)
{
	/* Blocked meanwhile, with those that sa_mask names, and one after the other. */
	handle_with(LKL_SIGUSR1, nest, 0, BIT(LKL_SIGUSR2));
	raise_here(LKL_SIGUSR1);
	is(calls, 5);
	is(deepest, 1);
	is(mask_inside, BIT(LKL_SIGUSR1) | BIT(LKL_SIGUSR2));
	is(mask(LKL_SIG_BLOCK, 0), 0);
	/* In each other. */
	calls = 0;
	handle_with(LKL_SIGUSR1, nest, LKL_SA_NODEFER, 0);
	raise_here(LKL_SIGUSR1);
	is(calls, 5);
	is(deepest, 5);
	is(mask_inside, 0);
}
END_TEST

/* A thread that blocks, and what became of its call. */
struct blocked {
	struct job *job;
	int fds[2];
	atomic_int tid;
	atomic_bool done;
	long ret;
	int handled;
};

static long reader(void *arg)
{
	struct blocked *b = arg;
	char byte;

	b->tid = lkl_sys_gettid();
	b->ret = lkl_sys_read(b->fds[0], &byte, 1);
	b->handled = calls_here;
	b->done = true;
	return 0;
}

static void start_reader(struct blocked *b)
{
	*b = (struct blocked){ .tid = 0 };
	ok(lkl_sys_pipe2(b->fds, 0));
	b->job = run(reader, b);
	while (!b->tid)
		pause_ms(1);
	pause_ms(20);
}

static void end_reader(struct blocked *b)
{
	join(b->job);
	ok(lkl_sys_close(b->fds[0]));
	ok(lkl_sys_close(b->fds[1]));
}

START_TEST(interrupts)
{
	struct blocked b;

	handle(LKL_SIGUSR1, 0);
	start_reader(&b);
	ok(lkl_sys_tgkill(lkl_sys_getpid(), b.tid, LKL_SIGUSR1));
	end_reader(&b);
	is(b.ret, -LKL_EINTR);
	is(b.handled, 1);
	is(calls, 1);
}
END_TEST

START_TEST(restarts)
{
	struct blocked b;

	handle(LKL_SIGUSR1, LKL_SA_RESTART);
	start_reader(&b);
	for (int i = 1; i <= 3; i++) {
		ok(lkl_sys_tgkill(lkl_sys_getpid(), b.tid, LKL_SIGUSR1));
		while (calls < i)
			pause_ms(1);
	}
	pause_ms(20);
	ck_assert(!b.done);
	is(lkl_sys_write(b.fds[1], "x", 1), 1);
	end_reader(&b);
	is(b.ret, 1);
	is(b.handled, 3);
}
END_TEST

/* A pause goes on to its end where there is no handler, and ends where there is one. */
START_TEST(sleeps)
{
	struct lkl_timespec t = { .tv_sec = 0, .tv_nsec = 200000000 }, left = { 0 };
	struct __lkl__kernel_old_itimerval alarm = { .it_value.tv_usec = 20000 };
	uint64_t start = host_ns();

	handle_with(LKL_SIGALRM, NULL, 0, 0);
	ok(lkl_sys_setitimer(LKL_ITIMER_REAL, &alarm, NULL));
	ok(lkl_sys_nanosleep(&t, NULL));
	ck_assert_uint_ge(host_ns() - start, 200000000);
	handle(LKL_SIGALRM, LKL_SA_RESTART);
	ok(lkl_sys_setitimer(LKL_ITIMER_REAL, &alarm, NULL));
	is(lkl_sys_nanosleep(&t, &left), -LKL_EINTR);
	is(calls, 1);
	is(last, LKL_SIGALRM);
	ck_assert_int_gt(left.tv_nsec, 0);
}
END_TEST

START_TEST(waits_for_signal)
{
	lkl_sigset_t none = { { 0 } };
	struct lkl_timespec t = { .tv_sec = 10 };

	handle(LKL_SIGUSR1, 0);
	mask(LKL_SIG_BLOCK, BIT(LKL_SIGUSR1));
	raise_here(LKL_SIGUSR1);
	is(calls, 0);
	is(lkl_sys_rt_sigsuspend(&none, sizeof(none)), -LKL_EINTR);
	is(calls, 1);
	is(mask(LKL_SIG_BLOCK, 0), BIT(LKL_SIGUSR1));
	raise_here(LKL_SIGUSR1);
	is(lkl_sys_ppoll(NULL, 0, &t, &none, sizeof(none)), -LKL_EINTR);
	is(calls, 2);
	is(mask(LKL_SIG_BLOCK, 0), BIT(LKL_SIGUSR1));
}
END_TEST

/* RLIMIT_SIGPENDING is 455 with the default memory. */
#define QUEUED	400

static int values[QUEUED];
static char *lowest, *highest;

static void note(int signal, lkl_siginfo_t *info, void *context)
{
	char here;

	if (!lowest || &here < lowest)
		lowest = &here;
	if (&here > highest)
		highest = &here;
	values[calls++] = info->lkl_si_int;
}

/* All of those that queue, in order, and without using up the stack. */
START_TEST(queued)
{
	lkl_siginfo_t info = { .si_code = LKL_SI_QUEUE };

	handle_with(LKL_SIGRTMIN, note, LKL_SA_SIGINFO, 0);
	mask(LKL_SIG_BLOCK, BIT(LKL_SIGRTMIN));
	for (int i = 0; i < QUEUED; i++) {
		info.lkl_si_int = i;
		ok(lkl_sys_rt_sigqueueinfo(lkl_sys_getpid(), LKL_SIGRTMIN, &info));
	}
	mask(LKL_SIG_UNBLOCK, BIT(LKL_SIGRTMIN));
	is(calls, QUEUED);
	for (int i = 0; i < QUEUED; i++)
		is(values[i], i);
	ck_assert_int_lt(highest - lowest, 1024);
}
END_TEST

static long in_handler;

static void works(int signal)
{
	struct blocked b;
	char byte;

	ok(lkl_sys_pipe2(b.fds, 0));
	pause_ms(5);
	is(lkl_sys_write(b.fds[1], "x", 1), 1);
	in_handler = lkl_sys_read(b.fds[0], &byte, 1);
	lkl_sys_close(b.fds[0]);
	lkl_sys_close(b.fds[1]);
}

START_TEST(calls_from_handlers)
{
	int fds[2];

	handle_with(LKL_SIGPIPE, works, 0, 0);
	ok(lkl_sys_pipe2(fds, 0));
	ok(lkl_sys_close(fds[0]));
	fails(lkl_sys_write(fds[1], "x", 1), LKL_EPIPE);
	is(in_handler, 1);
}
END_TEST

static void halt(int signal)
{
	calls++;
	lkl_sys_halt();
	lkl_cleanup();
}

/* Another kernel, which knows nothing of the signals of the first. */
static void restart(int signal)
{
	halt(signal);
	start_kernel();
	mask(LKL_SIG_BLOCK, BIT(LKL_SIGUSR2));
}

START_TEST(halts)
{
	start_kernel();
	handle_with(LKL_SIGUSR1, halt, 0, 0);
	lkl_sys_kill(lkl_sys_getpid(), LKL_SIGUSR1);
	is(calls, 1);
	fails(lkl_sys_getpid(), LKL_ENODEV);
	start_kernel();
	handle_with(LKL_SIGUSR1, restart, 0, 0);
	lkl_sys_kill(lkl_sys_getpid(), LKL_SIGUSR1);
	is(calls, 2);
	is(mask(LKL_SIG_BLOCK, 0), BIT(LKL_SIGUSR2));
	halt_kernel();
}
END_TEST

/* Many threads that get signals while they call, block and count. */
static atomic_bool stop;

static long busy(void *arg)
{
	struct blocked *b = arg;
	char byte;
	long ret;

	b->tid = lkl_sys_gettid();
	while (!stop) {
		ret = lkl_sys_read(b->fds[0], &byte, 1);
		ck_assert(ret == 1 || ret == -LKL_EINTR);
		lkl_sys_getppid();
	}
	b->handled = calls_here;
	return 0;
}

START_TEST(storm)
{
	enum { THREADS = 8, ROUNDS = 500 };
	struct blocked b[THREADS] = { 0 };
	int handled = 0;

	handle(LKL_SIGRTMIN, 0);
	for (int i = 0; i < THREADS; i++) {
		ok(lkl_sys_pipe2(b[i].fds, 0));
		b[i].job = run(busy, &b[i]);
		while (!b[i].tid)
			pause_ms(1);
	}
	for (int n = 0; n < ROUNDS; n++)
		for (int i = 0; i < THREADS; i++) {
			while (lkl_sys_tgkill(lkl_sys_getpid(), b[i].tid, LKL_SIGRTMIN) ==
			       -LKL_EAGAIN)
				pause_ms(1);	/* too many are waiting */
			if (n % 3 == 0)
				is(lkl_sys_write(b[i].fds[1], "x", 1), 1);
		}
	while (calls < THREADS * ROUNDS)
		pause_ms(1);
	stop = true;
	for (int i = 0; i < THREADS; i++) {
		lkl_sys_write(b[i].fds[1], "x", 1);
		join(b[i].job);
		handled += b[i].handled;
	}
	is(handled, THREADS * ROUNDS);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		called, once, blocked, masks, interrupts, restarts, sleeps, waits_for_signal,
		queued, calls_from_handlers, storm,
	};
	const TTest *const bare[] = { halts };

	return run_tests("signals", LIST(tests), LIST(bare), 30);
}

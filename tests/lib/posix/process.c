// SPDX-License-Identifier: GPL-2.0
/* Processes, faults, files. */
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

int host_exit_status(void (*f)(void))
{
	pid_t pid = fork();
	int status;

	/* Another thread may have been in libcheck just then, and its lock be taken for ever. */
	if (!pid) {
		f();
		_exit(255);
	}
	ck_assert_int_ge(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "status %x", status);
	return WEXITSTATUS(status);
}

void host_maybe_run(void)
{
}

static sigjmp_buf out;

static void on_segv(int sig)
{
	siglongjmp(out, sig);
}

int host_handles_fault(void)
{
	struct sigaction action = { .sa_handler = on_segv };
	struct sigaction before;
	volatile int *volatile nowhere = (void *)8;
	int handled;

	/* Whoever installs a handler later may hand faults of the kernel on. */
	ck_assert_int_eq(sigaction(SIGSEGV, NULL, &before), 0);
	ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
	handled = sigsetjmp(out, 1);
	if (!handled)
		*nowhere = 1;
	ck_assert_int_eq(sigaction(SIGSEGV, &before, NULL), 0);
	return handled;
}

uint64_t host_allocated(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_blocks * 512ULL;
}

int host_shell(const char *command)
{
	return system(command);
}

int host_punches_holes(void)
{
	return 1;
}

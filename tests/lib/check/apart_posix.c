// SPDX-License-Identifier: GPL-2.0
/* Tests in processes made by fork(), with a pipe for the reason of a failure. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "apart.h"

#define LOOK_AGAIN_US 2000

static int reason_fd = -1;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void check_maybe_child(void)
{
}

void check_give_up(const char *why)
{
	if (write(reason_fd, why, strlen(why)) < 0)
		perror("the reason of the failure");
	_exit(1);
}

static void child(int index, int fd)
{
	/* With what it starts, so that all of it can be ended. */
	setpgid(0, 0);
	reason_fd = fd;
	check_run_here(index);
	fflush(NULL);
	_exit(0);
}

/* Its status; -1 if it had to be ended. */
static int wait_for(pid_t pid, double deadline)
{
	pid_t found;
	int status;

	while (!(found = waitpid(pid, &status, WNOHANG)) && now() < deadline)
		usleep(LOOK_AGAIN_US);
	if (found == pid)
		return status;
	kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

int check_run_apart(int index, double seconds, char *why, size_t size)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(fds) || (pid = fork()) < 0) {
		snprintf(why, size, "no process for the test: %s", strerror(errno));
		return 0;
	}
	if (!pid)
		child(index, fds[1]);
	setpgid(pid, pid);
	close(fds[1]);
	status = wait_for(pid, now() + seconds);
	kill(-pid, SIGKILL);
	/* Who else may still hold the other end has nothing more to say. */
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	n = status && status != -1 && WIFEXITED(status) ? read(fds[0], why, size - 1) : 0;
	why[n > 0 ? n : 0] = 0;
	close(fds[0]);

	if (status == -1)
		snprintf(why, size, "not done after %.0f s", seconds);
	else if (WIFSIGNALED(status))
		snprintf(why, size, "ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) && !why[0])
		snprintf(why, size, "exit status %d", WEXITSTATUS(status));
	return !status;
}

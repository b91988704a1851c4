// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "server.h"

#define PROGRAM "qemu-nbd"
/* Where socket activation has the listening socket. */
#define LISTEN_FD 3

static int in_path(const char *program)
{
	const char *dir = getenv("PATH");
	char path[4096];

	while (dir && *dir) {
		int len = strcspn(dir, ":");

		snprintf(path, sizeof(path), "%.*s/%s", len, dir, program);
		if (!access(path, X_OK))
			return 1;
		dir += len + (dir[len] == ':');
	}
	return 0;
}

/* In the new process. */
static void __attribute__((noreturn)) run(const char *name, const char *format, int read_only,
					  int listener, pid_t parent)
{
	char *argv[] = {
		PROGRAM, "-f", (char *)format, "--discard=unmap", "--cache=writeback",
		read_only ? "--read-only" : "--detect-zeroes=off", "--", (char *)name, NULL,
	};
	char pid[32];
	int null;

	/* A Ctrl-C is for us: the server ends when we have taken leave of it. */
	setsid();
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	/* Nothing of ours is the server's, but the socket and standard error. */
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (listener == LISTEN_FD)
		fcntl(listener, F_SETFD, 0);
	else
		dup2(listener, LISTEN_FD);
	close_range(LISTEN_FD + 1, ~0U, 0);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	unsetenv("LISTEN_FDNAMES");
	execvp(PROGRAM, argv);
	_exit(127);
}

static int listen_at(struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && (bind(fd, (struct sockaddr *)address, sizeof(*address)) || listen(fd, 1))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int connect_to(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The socket exists under its name, in a folder of ours, for this moment only. */
static int connected_pair(int *listener)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *tmp = getenv("TMPDIR");
	char dir[80];
	int fd = -1;

	if (!tmp || strlen(tmp) > sizeof(dir) - 20)
		tmp = "/tmp";
	snprintf(dir, sizeof(dir), "%s/lkl-XXXXXX", tmp);
	if (!mkdtemp(dir))
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/nbd", dir);
	*listener = listen_at(&address);
	if (*listener >= 0) {
		fd = connect_to(&address);
		if (fd < 0)
			close(*listener);
		unlink(address.sun_path);
	}
	rmdir(dir);
	return fd;
}

int server_start(const char *name, const char *format, int read_only, pid_t *pid)
{
	pid_t parent = getpid();
	int fd, listener;

	if (!in_path(PROGRAM)) {
		error("%s is a disk in the format %s, for which " PROGRAM " is needed; on Debian: apt-get install qemu-utils",
		      name, format);
		return -1;
	}
	fd = connected_pair(&listener);
	if (fd < 0) {
		error("%s: no socket for " PROGRAM ": %s", name, strerror(errno));
		return -1;
	}
	*pid = fork();
	if (!*pid)
		run(name, format, read_only, listener, parent);
	close(listener);
	if (*pid > 0)
		return fd;
	error("%s: cannot start " PROGRAM ": %s", name, strerror(errno));
	close(fd);
	return -1;
}

int server_wait(const char *name, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;	/* somebody has waited for all children */
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFSIGNALED(status))
		error("%s: " PROGRAM " was ended by signal %d; not everything may be in the image",
		      name, WTERMSIG(status));
	else
		error("%s: " PROGRAM " failed; not everything may be in the image", name);
	return -1;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "stream.h"
#include "transfer.h"

static int open_stream(const char *name, int standard, int flags)
{
	int fd = standard;

	if (strcmp(name, "-")) {
		fd = open(name, flags | O_CLOEXEC, 0666);
		if (fd < 0)
			die("%s: %s", name, strerror(errno));
	} else if (isatty(fd)) {
		die("an archive is not for a terminal; name a file, or use a pipe");
	}
	return fd;
}

int stream_open_in(const char *name)
{
	return open_stream(name, STDIN_FILENO, O_RDONLY);
}

int stream_open_out(const char *name)
{
	return open_stream(name, STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
}

uint64_t stream_size(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) ? st.st_size : 0;
}

/* 0 after a signal. */
static int wait_for(int fd, short events)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = events },
		{ .fd = transfer_signal_fd(), .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return !fds[1].revents;
}

ssize_t stream_read(int fd, void *buf, size_t size)
{
	ssize_t got;

	do {
		if (!wait_for(fd, POLLIN))
			return -EINTR;
		got = read(fd, buf, size);
	} while (got < 0 && (errno == EINTR || errno == EAGAIN));
	return got < 0 ? -errno : got;
}

ssize_t stream_write(int fd, const void *buf, size_t size)
{
	ssize_t done;

	do {
		if (!wait_for(fd, POLLOUT))
			return -EINTR;
		done = write(fd, buf, size);
	} while (done < 0 && (errno == EINTR || errno == EAGAIN));
	return done < 0 ? -errno : done;
}

// SPDX-License-Identifier: GPL-2.0
/* tap(4): /dev/tap0 and /dev/tap1 are the ends of a cable. Others are missing, or not for us. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <fcntl.h>

#include "stand_in.h"

int stand_in_open(const char *path, int flags, ...);

static int open_tap(const char *name, int flags)
{
	static int ends[2] = { -1, -1 };
	int i = name[0] - '0', fd;

	errno = ENOENT;
	if (!strcmp(name, "8"))
		errno = EPERM;
	if (!strcmp(name, "9"))
		errno = EBUSY;
	if (i < 0 || i > 1 || name[1])
		return -1;
	if (flags != (O_RDWR | O_NONBLOCK | O_CLOEXEC))
		misuse("tap devices are opened with %x", flags);
	if (ends[i] < 0 && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		return -1;
	fd = ends[i];
	ends[i] = -1;
	stand_in_count(COUNT_TAP);
	return fd;
}

int stand_in_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (!strncmp(path, "/dev/tap", 8))
		return open_tap(path + 8, flags);
	va_start(args, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	return open(path, flags, mode);
}

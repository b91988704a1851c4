// SPDX-License-Identifier: GPL-2.0
/* What all of them use. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stand_in.h"

void stand_in_misuse(const char *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "FreeBSD's %s(): ", where);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

unsigned int stand_in_random(unsigned int n)
{
	static unsigned int state = 1;
	unsigned int x = __atomic_add_fetch(&state, 0x9e3779b9u, __ATOMIC_RELAXED);

	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return (x ^ x >> 16) % n;
}

void stand_in_count(enum stand_in_count what)
{
	static const char *const names[N_COUNTS] = {
		"queue\n", "timer\n", "user\n", "aio\n", "short\n", "refused\n", "interrupted\n",
		"sysctl\n", "hole\n", "umtx\n", "tap\n", "netmap\n",
	};
	static char told[N_COUNTS];
	const char *log = getenv("LKL_STAND_IN_LOG");
	int fd;

	if (!log || __atomic_exchange_n(&told[what], 1, __ATOMIC_RELAXED))
		return;
	fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, names[what], strlen(names[what])) < 0)
		perror(log);
	close(fd);
}

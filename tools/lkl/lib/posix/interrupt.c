// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "message.h"
#include "transfer.h"

static volatile sig_atomic_t caught;
static int caught_fd = -1;

/*
 * A broken image can keep the kernel busy for ever: then nobody heeds the first signal. A
 * second one ends the program, but not one that comes at the same time: timeout(1) sends two.
 */
static int is_second(void)
{
	static struct timespec first;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!caught)
		first = now;
	return now.tv_sec - first.tv_sec > 1;
}

static void on_signal(int number)
{
	static const uint64_t one = 1;
	int saved = errno;

	if (is_second()) {
		signal(number, SIG_DFL);
		raise(number);
	}
	caught = number;
	if (write(caught_fd, &one, sizeof(one)) < 0)
		caught = number;
	errno = saved;
}

void transfer_prepare(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct rlimit files;

	caught_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (caught_fd < 0)
		die("eventfd: %s", strerror(errno));
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	/* Who reads what we write may go: that is EPIPE, and a message. */
	signal(SIGPIPE, SIG_IGN);

	/* A folder is open for each level of a tree. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
#ifdef M_MMAP_THRESHOLD
	/* Entries come and go all the time; none is worth a mapping of its own. */
	mallopt(M_MMAP_THRESHOLD, 16 * ENTRY_DATA_MAX);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

int transfer_interrupted(void)
{
	return caught;
}

int transfer_signal_fd(void)
{
	return caught_fd;
}

int transfer_die(void)
{
	signal(caught, SIG_DFL);
	raise(caught);
	return 128 + caught;
}

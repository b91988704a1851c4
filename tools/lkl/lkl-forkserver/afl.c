// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <message.h>

#include "afl.h"

/* Descriptors that it leaves open for us: what it says, what we say. */
#define CONTROL	198
#define STATUS	199

/* The first word that we say. */
#define ENABLED		0x80000001U
#define HAS_MAP_SIZE	0x40000000U
#define MAP_SIZE(size)	(((size) - 1U) << 1)
#define HAS_SHARED_CASE	0x01000000U

/* Numbers of System V shared memory. */
#define ENV_MAP		"__AFL_SHM_ID"
#define ENV_CASE	"__AFL_SHM_FUZZ_ID"

/* How cases come: their length, then their bytes. */
struct shared_case {
	uint32_t len;
	unsigned char bytes[];
};

int afl_wanted(void)
{
	return !!getenv(ENV_MAP);
}

static void *attach(const char *variable)
{
	void *addr = shmat(atoi(getenv(variable)), NULL, 0);

	if (addr == (void *)-1)
		die("the shared memory that %s names: %s", variable, strerror(errno));
	return addr;
}

unsigned char *afl_map(void)
{
	return attach(ENV_MAP);
}

/* 0 if it is gone. */
static int hear(uint32_t *word)
{
	return read(CONTROL, word, sizeof(*word)) == sizeof(*word);
}

static int say(uint32_t word)
{
	return write(STATUS, &word, sizeof(word)) == sizeof(word);
}

/* Whether cases come through shared memory, -1 if nobody is there. */
static int greet(int may_share)
{
	uint32_t share = may_share ? HAS_SHARED_CASE : 0, answer;

	if (!say(ENABLED | HAS_MAP_SIZE | MAP_SIZE(COVERAGE_SIZE) | share))
		return -1;
	if (!share)
		return 0;
	return hear(&answer) ? !!(answer & HAS_SHARED_CASE) : -1;
}

/* What afl_serve() has for children. */
struct session {
	const struct job *job;
	const struct shared_case *shared;
	struct test_case *c;
};

/* The word that it says tells whether the last child was ended; it was waited for all the same. */
static const struct test_case *next(void *data)
{
	const struct session *s = data;
	uint32_t word;

	if (!hear(&word) || !say(getpid()))
		return NULL;
	if (s->shared)
		s->c->len = s->shared->len;
	s->job->coverage[0] = 1;
	return s->c;
}

/*
 * It ends a child that takes too long, which may just have told that all is well: then it has
 * read that, or will, and expects nothing more.
 */
static int was_told(void)
{
	struct pollfd more = { .fd = CONTROL, .events = POLLIN };
	int unread = 0;

	return (!ioctl(STATUS, FIONREAD, &unread) && unread) || poll(&more, 1, 20) > 0;
}

static void ended(void *data, const struct test_case *c, enum outcome outcome, int status)
{
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL || !was_told())
		say(status);
}

int afl_serve(const struct job *job, struct test_case *c)
{
	struct session s = {
		.job = job,
		.shared = getenv(ENV_CASE) ? attach(ENV_CASE) : NULL,
		.c = c,
	};
	const struct feed feed = { .next = next, .ended = ended, .data = &s };

	switch (greet(!!s.shared)) {
	case -1:
		error(ENV_MAP " is set, but no fuzzer listens");
		return -1;
	case 1:
		c->path = NULL;
		c->bytes = s.shared->bytes;
		break;
	default:
		s.shared = NULL;
		if (!c->path) {
			error("name the file with the case: @@ behind the options");
			return -1;
		}
	}
	return child_run_all(job, &feed);
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <message.h>

#include "boot.h"
#include "server.h"

static struct {
	/* Lengths of cases go there, outcomes come back. */
	int cases[2], outcomes[2];
	/* Shared with those who run it. */
	unsigned char *bytes;
	size_t max;
	struct test_case c;
	pid_t pid;
} server = { .c.name = "case" };

static const struct test_case *next(void *data)
{
	uint32_t len;

	if (read(server.cases[0], &len, sizeof(len)) != sizeof(len))
		return NULL;
	server.c.len = len;
	return &server.c;
}

static void ended(void *data, const struct test_case *c, enum outcome outcome, int status)
{
	uint32_t word = outcome;

	if (write(server.outcomes[1], &word, sizeof(word)) != sizeof(word))
		_exit(1);
}

static void __attribute__((noreturn)) serve(const struct job *job)
{
	const struct feed feed = { .next = next, .ended = ended };

	/* It ends when the other one does, which may have something to say at that. */
	signal(SIGINT, SIG_IGN);
	close(server.cases[1]);
	close(server.outcomes[0]);
	_exit(child_run_all(job, &feed) ? 1 : 0);
}

void server_start(const struct job *job, size_t max)
{
	server.pid = -1;
	server.max = max;
	server.bytes = shared_memory(max);
	server.c.bytes = server.bytes;
	if (!pipe2(server.cases, O_CLOEXEC) && !pipe2(server.outcomes, O_CLOEXEC))
		server.pid = fork();
	if (server.pid < 0)
		die("no process for the cases: %s", strerror(errno));
	if (!server.pid)
		serve(job);
	close(server.cases[0]);
	close(server.outcomes[1]);
}

/* It says itself why. This is no case that went wrong: whoever waits for those is left out. */
static void __attribute__((noreturn)) gone(void)
{
	error("the process for the cases is gone");
	_exit(1);
}

enum outcome server_run(const void *bytes, size_t len)
{
	uint32_t word = len < server.max ? len : server.max;
	ssize_t n;

	memcpy(server.bytes, bytes, word);
	if (write(server.cases[1], &word, sizeof(word)) != sizeof(word))
		gone();
	/* libFuzzer looks at the time by a signal. */
	do
		n = read(server.outcomes[0], &word, sizeof(word));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(word))
		gone();
	return word;
}

void server_stop(void)
{
	close(server.cases[1]);
	while (waitpid(server.pid, NULL, 0) < 0 && errno == EINTR)
		;
}

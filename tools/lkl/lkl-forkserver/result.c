// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl.h>

#include <entry.h>
#include <message.h>

#include "result.h"

/* Where the kernel was. Returns @buf. */
static const char *place(char *buf, size_t size, const struct job *job, const struct report *r)
{
	switch (r->stage) {
	case STAGE_SCRIPT:
		snprintf(buf, size, "in \"%s\"", script_text(&job->script,
							    r->progress.operation));
		break;
	case STAGE_UNMOUNT:
		snprintf(buf, size, "while it was unmounted");
		break;
	case STAGE_DONE:
		snprintf(buf, size, "after it was unmounted");
		break;
	default:
		snprintf(buf, size, "while it was mounted");
	}
	return buf;
}

/* The end of the log, in the right order. Writes to @f, each line behind @prefix. */
static void write_log(FILE *f, const struct report *r, const char *prefix)
{
	unsigned long at = r->log_len > LOG_SIZE ? r->log_len - LOG_SIZE : 0;
	char line[512], clean[1024];
	unsigned int n = 0;

	for (; at < r->log_len; at++) {
		char c = r->log[at % LOG_SIZE];

		if (c != '\n' && n < sizeof(line) - 1) {
			line[n++] = c;
			if (at + 1 < r->log_len)
				continue;
		}
		line[n] = 0;
		fprintf(f, "%s%s\n", prefix, message_clean(clean, sizeof(clean), line));
		n = 0;
	}
}

static int copy(const char *from, int to)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	char buf[65536];
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(to, buf, n) != n) {
			n = -1;
			break;
		}
	close(fd);
	return n ? -1 : 0;
}

static int put(const struct test_case *c, int fd)
{
	if (c->path)
		return copy(c->path, fd);
	return write(fd, c->bytes, c->len) == (ssize_t)c->len ? 0 : -1;
}

/* FOLDER/crash-NAME and FOLDER/crash-NAME.log; existing ones are not replaced. */
static void save(const struct results *results, const struct test_case *c, const char *kind,
		 const struct report *r)
{
	const char *slash = strrchr(c->name, '/');
	char path[4096 + 8];
	FILE *log;
	int fd = -1;

	if (mkdir(results->save, 0777) && errno != EEXIST) {
		error("%s cannot be made: %s", results->save, strerror(errno));
		return;
	}
	for (int i = 0; fd < 0 && i < 10000; i++) {
		snprintf(path, 4096, "%s/%s-%04d-%s", results->save, kind, i,
			 slash ? slash + 1 : c->name);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0 || put(c, fd) || close(fd)) {
		error("%s cannot be saved: %s", path, strerror(errno));
		return;
	}
	printf("%s: saved as %s\n", c->name, path);
	strcat(path, ".log");
	log = fopen(path, "we");
	if (log)
		write_log(log, r, "");
	if (!log || fclose(log))
		error("%s cannot be written: %s", path, strerror(errno));
}

static void tell(const struct results *results, const struct job *job, const struct test_case *c,
		 enum outcome outcome)
{
	const struct report *r = child_report();
	char where[256];

	switch (outcome) {
	case OUTCOME_MOUNTED:
		if (!results->quiet)
			printf("%s: mounted; %u calls, %u of them failed\n", c->name,
			       r->progress.calls, r->progress.errors);
		break;
	case OUTCOME_REFUSED:
		if (!results->quiet)
			printf("%s: not mounted: %s\n", c->name, lkl_strerror(r->error));
		break;
	case OUTCOME_FAILED:
		if (r->error == -EFBIG)
			error("%s is larger than the disk; --size makes it larger", c->name);
		else
			error("%s: %s", c->name, strerror(-r->error));
		break;
	case OUTCOME_CRASHED:
		printf("%s: the %s %s\n", c->name, r->panicked ? "kernel stopped" :
		       "process crashed", place(where, sizeof(where), job, r));
		write_log(stdout, r, "    ");
		break;
	case OUTCOME_HUNG:
		printf("%s: no end after %g s, %s\n", c->name, job->limit_ms / 1000.0,
		       place(where, sizeof(where), job, r));
		write_log(stdout, r, "    ");
		break;
	default:
		break;
	}
}

static void count_edges(struct results *results, const struct job *job)
{
	const uint64_t *words = (const uint64_t *)job->coverage;

	/* Most of it is zero. */
	for (int w = 0; w < COVERAGE_SIZE / 8; w++) {
		if (!words[w])
			continue;
		for (int i = 8 * w; i < 8 * w + 8; i++) {
			results->edges += job->coverage[i] && !results->seen[i];
			results->seen[i] |= job->coverage[i];
		}
	}
	memset(job->coverage, 0, COVERAGE_SIZE);
}

int result_count(struct results *results, const struct job *job, enum outcome outcome)
{
	unsigned int before = results->edges;

	results->counts[outcome]++;
	if (job->coverage)
		count_edges(results, job);
	return results->edges > before;
}

void result_tell(const struct results *results, const struct job *job, const struct test_case *c,
		 enum outcome outcome)
{
	tell(results, job, c, outcome);
	if (results->save && outcome == OUTCOME_CRASHED)
		save(results, c, "crash", child_report());
	if (results->save && outcome == OUTCOME_HUNG)
		save(results, c, "hang", child_report());
}

void result_add(struct results *results, const struct job *job, const struct test_case *c,
		enum outcome outcome)
{
	result_count(results, job, outcome);
	result_tell(results, job, c, outcome);
}

void result_summary(const struct results *results, const struct job *job, unsigned long long ns)
{
	const unsigned long *n = results->counts;
	unsigned long all = 0;

	for (int i = 0; i < OUTCOMES; i++)
		all += n[i];
	printf("%lu case%s in %.2f s, %.0f a second: %lu mounted, %lu refused, %lu crashed, %lu hung",
	       all, all == 1 ? "" : "s", ns / 1e9, all * 1e9 / ns, n[OUTCOME_MOUNTED],
	       n[OUTCOME_REFUSED], n[OUTCOME_CRASHED], n[OUTCOME_HUNG]);
	if (n[OUTCOME_FAILED])
		printf(", %lu unreadable", n[OUTCOME_FAILED]);
	if (job->coverage)
		printf("; %u edges", results->edges);
	printf("\n");
}

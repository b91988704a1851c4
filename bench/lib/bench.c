// SPDX-License-Identifier: GPL-2.0
/* The table that benchmark programs print. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lkl.h>

#include "bench.h"

#define RUNS_DEFAULT	5

static int runs = RUNS_DEFAULT;
static FILE *json;
static const char *program;
static char reason[200];

uint64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int bench_runs(void)
{
	return runs;
}

void bench_die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

long bench_lkl(long ret, const char *what)
{
	if (ret < 0)
		bench_die("%s: %s", what, lkl_strerror(ret));
	return ret;
}

long bench_os(long ret, const char *what)
{
	if (ret == -1)
		bench_die("%s: %s (host)", what, strerror(errno));
	return ret;
}

void bench_reason(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
}

void bench_note(const char *fmt, ...)
{
	va_list args;

	printf("    ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

void bench_init(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	program = slash ? slash + 1 : argv[0];
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--runs") && i + 1 < argc) {
			runs = atoi(argv[++i]);
			if (runs < 1 || runs > BENCH_RUNS_MAX)
				bench_die("--runs wants 1 to %d", BENCH_RUNS_MAX);
		} else if (!strcmp(argv[i], "--json") && i + 1 < argc) {
			json = fopen(argv[++i], "a");
			if (!json)
				bench_die("%s: %s", argv[i], strerror(errno));
		} else {
			bench_die("usage: %s [--runs N] [--json FILE]", argv[0]);
		}
	}
}

/* Three digits that matter. */
static const char *number(char *buf, size_t size, double val)
{
	int digits = fabs(val) >= 100 ? 0 : fabs(val) >= 10 ? 1 : 2;

	if (isnan(val))
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.*f", digits, val);
	return buf;
}

/* 1: reached, 0: not, -1: nothing to reach, or not known. */
static int is_reached(const struct bench_row *row, double ours, double host)
{
	int known = 0;

	if (isnan(ours))
		return -1;
	if (row->limit) {
		known = 1;
		if (row->order == LESS_IS_BETTER ? ours > row->limit : ours < row->limit)
			return 0;
	}
	if (row->ratio && !isnan(host)) {
		known = 1;
		if (row->order == LESS_IS_BETTER ? ours > row->ratio * host :
						   ours < row->ratio * host)
			return 0;
	}
	return known ? 1 : -1;
}

static const char *target(const struct bench_row *row, char *buf, size_t size)
{
	const char *sign = row->order == LESS_IS_BETTER ? "<=" : ">=";

	if (row->limit)
		snprintf(buf, size, "%s %g %s", sign, row->limit, row->unit);
	else if (row->ratio)
		snprintf(buf, size, "%s %g x host", sign, row->ratio);
	else
		buf[0] = 0;
	return buf;
}

static void print_heading(void)
{
	static int done;

	if (!done)
		printf("%-44s %9s %9s %-6s %7s  %s\n", "", "lkl", "host", "",
		       "ratio", "must reach");
	done = 1;
}

void bench_result(const struct bench_row *row, const struct bench_samples *s)
{
	double ours = bench_median(s->ours, s->n), host = bench_median(s->host, s->n);
	int reached = is_reached(row, ours, host);
	char a[32], b[32], c[32], t[64];

	print_heading();
	printf("%-44s %9s %9s %-6s %7s  %-16s %s\n", row->what,
	       number(a, sizeof(a), ours), number(b, sizeof(b), host), row->unit,
	       number(c, sizeof(c), ours / host), target(row, t, sizeof(t)),
	       reached < 0 ? "" : reached ? "yes" : "NO");
	fflush(stdout);
	if (row->beside)
		bench_note("host: %s", row->beside);
	if (json)
		bench_save(json, &(struct bench_labels) {
			program, row->what, row->unit, row->beside,
			row->order == LESS_IS_BETTER,
		}, s, reached);
}

static void measure(double (*fn)(void *), const struct bench_row *row, double *val,
		    char *why, size_t size)
{
	if (isnan(*val))
		return;
	reason[0] = 0;
	*val = fn(row->arg);
	if (isnan(*val))
		snprintf(why, size, "%s", reason);
}

void bench_run(const struct bench_row *row)
{
	int n = row->runs ? row->runs : runs;
	double ours[BENCH_RUNS_MAX], host[BENCH_RUNS_MAX];
	char our_why[200] = "", host_why[200] = "";

	for (int i = 0; i < n; i++) {
		ours[i] = i ? ours[i - 1] : 0;
		host[i] = i ? host[i - 1] : 0;
		measure(row->ours, row, &ours[i], our_why, sizeof(our_why));
		if (row->host)
			measure(row->host, row, &host[i], host_why, sizeof(host_why));
	}
	bench_result(row, &(struct bench_samples){ ours, row->host ? host : NULL, n });
	if (our_why[0])
		bench_note("lkl: skipped: %s", our_why);
	if (host_why[0])
		bench_note("host: skipped: %s", host_why);
}

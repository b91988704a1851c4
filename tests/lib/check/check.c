// SPDX-License-Identifier: GPL-2.0
/* Cases and their tests, the report. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "apart.h"
#include "check.h"

struct run {
	const TTest *test;
	const TCase *tcase;
	int i;
};

struct TCase {
	double seconds;
	void (*setup)(void);
	void (*teardown)(void);
	struct run *runs;
	int count;
	TCase *next;
};

struct Suite {
	const char *name;
	TCase *first, *last;
};

struct SRunner {
	const char *suite;
	struct run *runs;
	int count, failed;
};

/* The one whose tests check_run_here() counts. */
static const SRunner *running;
static int in_process;

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void append(struct run **runs, int *count, struct run run)
{
	*runs = must(realloc(*runs, (*count + 1) * sizeof(**runs)));
	(*runs)[(*count)++] = run;
}

Suite *suite_create(const char *name)
{
	Suite *suite = must(calloc(1, sizeof(*suite)));

	suite->name = name;
	return suite;
}

void suite_add_tcase(Suite *suite, TCase *tcase)
{
	if (suite->last)
		suite->last->next = tcase;
	else
		suite->first = tcase;
	suite->last = tcase;
}

TCase *tcase_create(const char *name)
{
	TCase *tcase = must(calloc(1, sizeof(*tcase)));

	tcase->seconds = 4;
	return tcase;
}

void tcase_set_timeout(TCase *tcase, double seconds)
{
	tcase->seconds = seconds;
}

void tcase_add_checked_fixture(TCase *tcase, void (*setup)(void), void (*teardown)(void))
{
	tcase->setup = setup;
	tcase->teardown = teardown;
}

void tcase_add_loop_test(TCase *tcase, const TTest *test, int start, int end)
{
	for (int i = start; i < end; i++)
		append(&tcase->runs, &tcase->count, (struct run){ test, tcase, i });
}

SRunner *srunner_create(Suite *suite)
{
	SRunner *runner = must(calloc(1, sizeof(*runner)));

	runner->suite = suite->name;
	for (TCase *t = suite->first; t; t = t->next)
		for (int i = 0; i < t->count; i++)
			append(&runner->runs, &runner->count, t->runs[i]);
	return runner;
}

void check_run_here(int index)
{
	const struct run *run = &running->runs[index];

	if (run->tcase->setup)
		run->tcase->setup();
	run->test->fn(run->i);
	if (run->tcase->teardown)
		run->tcase->teardown();
}

void check_fail(const char *file, int line, const char *format, ...)
{
	char why[2048];
	va_list args;
	int n = snprintf(why, sizeof(why), "%s:%d: ", file, line);

	va_start(args, format);
	vsnprintf(why + n, sizeof(why) - n, format, args);
	va_end(args);
	fprintf(stderr, "%s\n", why);
	if (in_process)
		exit(1);
	check_give_up(why);
}

static void report(FILE *tap, const SRunner *runner, int index, int passed, const char *why)
{
	const TTest *test = runner->runs[index].test;

	fprintf(tap, "%s %d - %s:%s:%s: %s\n", passed ? "ok" : "not ok", index + 1,
		test->file, runner->suite, test->name, passed ? "Passed" : why);
	fflush(tap);
}

void srunner_run_all(SRunner *runner, enum print_output mode)
{
	const char *name = getenv("CK_TAP_LOG_FILE_NAME");
	const char *fork = getenv("CK_FORK");
	FILE *tap;

	running = runner;
	check_maybe_child();
	tap = name ? must(fopen(name, "w")) : stdout;
	in_process = fork && !strcmp(fork, "no");
	fprintf(tap, "1..%d\n", runner->count);
	for (int i = 0; i < runner->count; i++) {
		char why[2048] = "";
		int passed = 1;

		/* What is in the buffers would be printed by both processes. */
		fflush(NULL);
		if (in_process)
			check_run_here(i);
		else
			passed = check_run_apart(i, runner->runs[i].tcase->seconds,
						 why, sizeof(why));
		runner->failed += !passed;
		report(tap, runner, i, passed, why);
	}
	if (name)
		fclose(tap);
}

int srunner_ntests_failed(SRunner *runner)
{
	return runner->failed;
}

void srunner_free(SRunner *runner)
{
	free(runner->runs);
	free(runner);
}

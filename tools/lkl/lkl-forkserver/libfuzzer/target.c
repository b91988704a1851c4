// SPDX-License-Identifier: GPL-2.0
/* lkl-fuzz: file systems as a target of libFuzzer, which has main(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <entry.h>
#include <message.h>

#include "boot.h"
#include "libfuzzer.h"
#include "mutate.h"
#include "options.h"
#include "result.h"
#include "server.h"

/*
 * What libFuzzer reads, and empties, beside the counters of programs that clang made: where
 * the kernel was. The compiler does not see that anybody reads it.
 */
static uint8_t __attribute__((section("__libfuzzer_extra_counters"), aligned(64), used))
	counters[COVERAGE_SIZE];

static struct options options;
static struct results results = { .quiet = 1 };
static unsigned int first_edges;
static unsigned long long start;

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void help(void)
{
	printf("Usage: %s --type=TYPE [--OPTION[=VALUE]]... [-LIBFUZZERS_OPTION=VALUE]... CORPUS...\n"
	       "libFuzzer, with file systems in a kernel as its target: each case is mounted and\n"
	       "worked on by a kernel of its own, and what that kernel ran is the feedback. CORPUS is\n"
	       "a folder where new cases are kept, or single cases to run again.\n"
	       "\n"
	       "Options of its own are those of lkl-forkserver, in their long form:\n",
	       message_program());
	options_help();
	printf("\n"
	       "libFuzzer's options are shown by -help=1. By default -max_len is the length of a case\n"
	       "with all of the base, or of the disk; and -entropic is 0.\n"
	       "\n"
	       "Operations; paths are of the file system in the image:\n");
	script_help();
}

static void parse(int argc, char **argv)
{
	char **own = must_alloc((argc + 1) * sizeof(*own));
	int n = 0;

	own[n++] = argv[0];
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "--", 2))
			own[n++] = argv[i];
	own[n] = NULL;
	options_parse(&options, n, own, help);
	if (options.runs > 1 || options.pack || options.quiet) {
		error("--runs, --pack and --quiet are lkl-forkserver's");
		options_usage();
	}
	options_check(&options);
}

static int is_given(char **argv, const char *option)
{
	for (; *argv; argv++)
		if (!strncmp(*argv, option, strlen(option)))
			return 1;
	return 0;
}

/*
 * Appends what libFuzzer is to do unless it was told otherwise. Our own options stay: it
 * leaves out what begins with two dashes, and hands it on to processes that it starts.
 */
static void set_defaults(int *argc, char ***argv, size_t max)
{
	char **args = must_alloc((*argc + 3) * sizeof(*args));
	char length[64];
	int n = *argc;

	memcpy(args, *argv, n * sizeof(*args));
	snprintf(length, sizeof(length), "-max_len=%zu", max);
	if (!is_given(*argv, "-max_len="))
		args[n++] = must_strdup(length);
	/* It would keep books of thousands of counters for each case: six times the time. */
	if (!is_given(*argv, "-entropic="))
		args[n++] = must_strdup("-entropic=0");
	args[n] = NULL;
	*argv = args;
	*argc = n;
}

static void finish(void)
{
	unsigned long all = 0;

	server_stop();
	for (int i = 0; i < OUTCOMES; i++)
		all += results.counts[i];
	/* Another process may have had the cases. */
	if (!all)
		return;
	printf("%u edges at first. ", first_edges);
	result_summary(&results, &options.job, now() - start);
	fflush(stdout);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct job *job = &options.job;
	size_t max;

	message_init((*argv)[0]);
	if (is_given(*argv, "-help=1"))
		return 0;
	parse(*argc, *argv);
	boot(&options, SIZE_DEFAULT);
	if (!boot_has_coverage())
		die("this kernel was built without coverage: make CONFIG=fuzz");
	job->coverage = shared_memory(COVERAGE_SIZE);
	results.save = options.save;
	max = job->base ? job->base->used : job->disk.size;
	set_defaults(argc, argv, max);
	mutate_init(job->base);
	server_start(job, max);
	start = now();
	atexit(finish);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct test_case c = { .name = "case", .bytes = data, .len = size };
	enum outcome outcome = server_run(data, size);
	int is_new;

	/* What has no end is nothing to go on from. */
	if (outcome != OUTCOME_HUNG)
		memcpy(counters, options.job.coverage, COVERAGE_SIZE);
	is_new = result_count(&results, &options.job, outcome);
	if (!first_edges)
		first_edges = results.edges;
	/* Many cases may come to the same end: those are told that were somewhere else before. */
	if (outcome != OUTCOME_HUNG || is_new)
		result_tell(&results, &options.job, &c, outcome);
	fflush(stdout);
	if (outcome != OUTCOME_CRASHED)
		return 0;
	finish();
	/* libFuzzer saves the case and ends. */
	abort();
}

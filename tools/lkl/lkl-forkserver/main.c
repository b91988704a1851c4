// SPDX-License-Identifier: GPL-2.0
/* lkl-forkserver: a fresh kernel for each of many disk images. */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include <message.h>

#include "afl.h"
#include "boot.h"
#include "options.h"
#include "result.h"

static void help(void)
{
	printf("Usage: %s -t TYPE [OPTION]... CASE...\n"
	       "Mounts disk images, each with a kernel of its own that is booted already, works on\n"
	       "them, and says which of them the kernel did not survive. CASE is an image, a folder\n"
	       "of images, or - for standard input. Images are not changed.\n"
	       "\n",
	       message_program());
	options_help();
	printf("\n"
	       "  -n, --runs=N             all cases N times\n"
	       "      --pack               write a case that changes nothing to standard output\n"
	       "  -q, --quiet              only the summary and what went wrong\n"
	       "\n"
	       "Operations; paths are of the file system in the image:\n");
	script_help();
	printf("\nStarted by afl-fuzz it is the target: see lkl-forkserver(1).\n");
}

static void check(struct options *o, int argc, char **argv)
{
	if (o->pack && !o->job.base) {
		error("--pack needs an image: --base");
		options_usage();
	}
	if (o->pack)
		return;
	options_check(o);
	if (optind == argc && !afl_wanted()) {
		error("no case is given");
		options_usage();
	}
	/* A fuzzer writes its file when it has a case. */
	for (; optind < argc; optind++)
		(afl_wanted() ? cases_expect : cases_add)(&o->cases, argv[optind]);
}

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* How far all cases are. */
struct progress {
	const struct options *o;
	unsigned long round;
	int next;
	struct results results;
};

static const struct test_case *next_case(void *data)
{
	struct progress *p = data;

	if (p->next == p->o->cases.n) {
		p->next = 0;
		p->round++;
	}
	return p->round < p->o->runs ? &p->o->cases.list[p->next++] : NULL;
}

static void case_ended(void *data, const struct test_case *c, enum outcome outcome, int status)
{
	struct progress *p = data;

	result_add(&p->results, &p->o->job, c, outcome);
}

static int run_all(struct options *o)
{
	struct progress *p = shared_memory(sizeof(*p));
	const struct feed feed = { .next = next_case, .ended = case_ended, .data = p };
	unsigned long long start = now();
	const unsigned long *n = p->results.counts;

	p->o = o;
	p->results.save = o->save;
	p->results.quiet = o->quiet || o->runs > 1;
	if (child_run_all(&o->job, &feed))
		return 1;
	result_summary(&p->results, &o->job, now() - start);
	return n[OUTCOME_CRASHED] || n[OUTCOME_HUNG] || n[OUTCOME_FAILED];
}

static int run_for_afl(struct options *o)
{
	struct test_case none = { .name = "case" };

	if (!boot_has_coverage())
		die("this kernel was built without coverage: make CONFIG=fuzz");
	/* The fuzzer has a limit of its own. */
	o->job.limit_ms = 0;
	return afl_serve(&o->job, o->cases.n ? o->cases.list : &none);
}

int main(int argc, char **argv)
{
	static struct options o;
	int ret;

	message_init(argv[0]);
	options_parse(&o, argc, argv, help);
	check(&o, argc, argv);
	if (o.pack)
		return base_pack(&o.base) ? 1 : 0;
	if (!afl_wanted() && !o.cases.n)
		die("there is no case in these folders");
	if (afl_wanted())
		o.job.coverage = afl_map();
	boot(&o, afl_wanted() || !o.cases.largest ? SIZE_DEFAULT : o.cases.largest);
	if (afl_wanted())
		return run_for_afl(&o) ? 1 : 0;
	if (boot_has_coverage())
		o.job.coverage = shared_memory(COVERAGE_SIZE);
	ret = run_all(&o);
	if (fflush(stdout) || ferror(stdout)) {
		error("the output cannot be written");
		ret = 1;
	}
	return ret;
}

// SPDX-License-Identifier: GPL-2.0
/* lkl-forkserver: a fresh kernel for each of many disk images. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <lkl.h>
#include <lkl_host.h>

#include <entry.h>
#include <message.h>

#include "afl.h"
#include "alone.h"
#include "child.h"
#include "entries.h"
#include "result.h"

/* Where nothing says how large the cases will be. */
#define SIZE_DEFAULT	(16UL << 20)
#define MB_DEFAULT	64
#define LIMIT_DEFAULT	10000

static const char default_script[] =
	"walk 200; statfs; mkdir lkl.d; write lkl.d/f 5000; setxattr lkl.d/f user.lkl x;"
	"rename lkl.d/f lkl.f; truncate lkl.f 100; fsync lkl.f; unlink lkl.f; rmdir lkl.d";
static const char reading_script[] = "walk 200; statfs";

struct options {
	struct job job;
	struct cases cases;
	struct base base;
	const char *save;
	const char *boot;
	unsigned int mb;
	size_t size;
	unsigned long runs;
	int pack;
	int warnings;
	int quiet;
};

enum {
	OPT_PACK = 256,
	OPT_SIZE,
	OPT_BOOT,
	OPT_WARNINGS,
	OPT_PROCESSES,
};

static void help(void)
{
	printf("Usage: %s -t TYPE [OPTION]... CASE...\n"
	       "Mounts disk images, each with a kernel of its own that is booted already, works on\n"
	       "them, and says which of them the kernel did not survive. CASE is an image, a folder\n"
	       "of images, or - for standard input. Images are not changed.\n"
	       "\n"
	       "  -t, --type=TYPE          file system: ext4, xfs, ...\n"
	       "  -o, --mount-options=OPTIONS\n"
	       "  -r, --read-only          mount read-only\n"
	       "  -s, --script=FILE        do what FILE says, instead of a little of everything\n"
	       "  -e, --do=OPERATIONS      the same, separated by semicolons\n"
	       "  -n, --runs=N             all cases N times\n"
	       "  -l, --limit=SECONDS      for each case; 10, 0 for none\n"
	       "  -d, --save=FOLDER        keep cases that crash or hang, and the kernel's log\n"
	       "      --warnings           a warning of the kernel's counts as a crash\n"
	       "  -b, --base=IMAGE         cases hold only what replaces the contents of IMAGE\n"
	       "      --pack               write such a case of IMAGE to standard output\n"
	       "  -c, --fix-checksums      put checksums right (btrfs, f2fs)\n"
	       "      --processes          a process for each case, also where that can be avoided\n"
	       "      --size=MIB           of the disk, for a fuzzer without a base\n"
	       "  -m, --mb=MIB             memory of the kernel\n"
	       "      --boot=ARGUMENTS     for the kernel's command line\n"
	       "  -q, --quiet              only the summary and what went wrong\n"
	       "  -v, --verbose            show each call, and the kernel's log\n"
	       "  -h, --help               this text\n"
	       "\n"
	       "Operations; paths are of the file system in the image:\n",
	       message_program());
	script_help();
	printf("\nStarted by afl-fuzz it is the target: see lkl-forkserver(1).\n");
}

static void __attribute__((noreturn)) usage(void)
{
	fprintf(stderr, "Try '%s --help'.\n", message_program());
	exit(2);
}

static unsigned long number(const char *text, unsigned long min, unsigned long max, const char *what)
{
	char *end;
	unsigned long val = strtoul(text, &end, 10);

	if (*end || end == text || *text == '-' || val < min || val > max) {
		error("%s: %s from %lu to %lu is expected", text, what, min, max);
		exit(2);
	}
	return val;
}

static unsigned int seconds(const char *text)
{
	char *end;
	double val = strtod(text, &end);

	if (*end || end == text || !(val >= 0 && val <= 86400)) {
		error("%s: a number of seconds up to 86400 is expected", text);
		exit(2);
	}
	return val > 0 && val < 0.001 ? 1 : val * 1000;
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{ "type", required_argument, NULL, 't' },
		{ "mount-options", required_argument, NULL, 'o' },
		{ "read-only", no_argument, NULL, 'r' },
		{ "script", required_argument, NULL, 's' },
		{ "do", required_argument, NULL, 'e' },
		{ "runs", required_argument, NULL, 'n' },
		{ "limit", required_argument, NULL, 'l' },
		{ "save", required_argument, NULL, 'd' },
		{ "warnings", no_argument, NULL, OPT_WARNINGS },
		{ "base", required_argument, NULL, 'b' },
		{ "pack", no_argument, NULL, OPT_PACK },
		{ "fix-checksums", no_argument, NULL, 'c' },
		{ "processes", no_argument, NULL, OPT_PROCESSES },
		{ "size", required_argument, NULL, OPT_SIZE },
		{ "mb", required_argument, NULL, 'm' },
		{ "boot", required_argument, NULL, OPT_BOOT },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct job *job = &o->job;
	int c;

	while ((c = getopt_long(argc, argv, "t:o:rs:e:n:l:d:b:cm:qvh", names, NULL)) != -1) {
		switch (c) {
		case 't': job->type = optarg; break;
		case 'o': job->mount_options = optarg; break;
		case 'r': job->mount_flags |= LKL_MS_RDONLY; break;
		case 's': script_add_file(&job->script, optarg); break;
		case 'e': script_add(&job->script, "--do", optarg); break;
		case 'n': o->runs = number(optarg, 1, 1000000000, "a number"); break;
		case 'l': job->limit_ms = seconds(optarg); break;
		case 'd': o->save = optarg; break;
		case OPT_WARNINGS: o->warnings = 1; break;
		case 'b': base_open(&o->base, optarg); job->base = &o->base; break;
		case OPT_PROCESSES: job->processes = 1; break;
		case OPT_PACK: o->pack = 1; break;
		case 'c': job->fix_checksums = 1; break;
		case OPT_SIZE: o->size = number(optarg, 1, 1 << 20, "MiB") << 20; break;
		case 'm': o->mb = number(optarg, 32, 1 << 20, "MiB"); break;
		case OPT_BOOT: o->boot = optarg; break;
		case 'q': o->quiet = 1; break;
		case 'v': job->verbose = 1; break;
		case 'h': help(); exit(0);
		default: usage();
		}
	}
}

static void check(struct options *o, int argc, char **argv)
{
	struct job *job = &o->job;

	if (o->pack && !job->base) {
		error("--pack needs an image: --base");
		usage();
	}
	if (job->fix_checksums && !job->base) {
		error("--fix-checksums needs an intact image, to find them: --base");
		usage();
	}
	if (o->pack)
		return;
	if (!job->type) {
		error("which file system is it? (--type)");
		usage();
	}
	if (optind == argc && !afl_wanted()) {
		error("no case is given");
		usage();
	}
	if (!job->script.n)
		script_add(&job->script, "built in", job->mount_flags & LKL_MS_RDONLY ?
			   reading_script : default_script);
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

/* Whether the kernel counts where it was. */
static int has_coverage(void)
{
	long params[6] = { 0 };

	return lkl_syscall(LKL_CALL_COVERAGE, params) != -LKL_ENOSYS;
}

static void boot(struct options *o)
{
	struct job *job = &o->job;
	size_t size = o->size ? o->size : job->base ? job->base->size :
		      afl_wanted() || !o->cases.largest ? SIZE_DEFAULT : o->cases.largest;
	const struct rlimit no_core = { 0, 0 };
	char arguments[4096];

	/* Single pages are written here and there, and are to be put back. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	/* A crash is what one is here for. */
	setrlimit(RLIMIT_CORE, &no_core);
	disk_init(&job->disk, size, !!(job->mount_flags & LKL_MS_RDONLY));
	if (job->base)
		base_load(job->base, &job->disk);
	if ((size_t)snprintf(arguments, sizeof(arguments), "mem=%uM %s %s", o->mb,
			     o->warnings ? "panic_on_warn=1" : "", o->boot) >= sizeof(arguments))
		die("--boot is too long");
	child_boot(job, arguments);
	if (job->base)
		child_warm_up(job);
	alone_booted();
	entries_keep();
}

/* Memory that children share. */
static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("out of memory");
	return p;
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
	struct progress *p = shared(sizeof(*p));
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

	if (!has_coverage())
		die("this kernel was built without coverage: make CONFIG=fuzz");
	/* The fuzzer has a limit of its own. */
	o->job.limit_ms = 0;
	return afl_serve(&o->job, o->cases.n ? o->cases.list : &none);
}

int main(int argc, char **argv)
{
	static struct options o = {
		.job.limit_ms = LIMIT_DEFAULT,
		.mb = MB_DEFAULT,
		.boot = "",
		.runs = 1,
	};
	int ret;

	message_init(argv[0]);
	parse(&o, argc, argv);
	check(&o, argc, argv);
	if (o.pack)
		return base_pack(&o.base) ? 1 : 0;
	if (!afl_wanted() && !o.cases.n)
		die("there is no case in these folders");
	if (afl_wanted())
		o.job.coverage = afl_map();
	boot(&o);
	if (afl_wanted())
		return run_for_afl(&o) ? 1 : 0;
	if (has_coverage())
		o.job.coverage = shared(COVERAGE_SIZE);
	ret = run_all(&o);
	if (fflush(stdout) || ferror(stdout)) {
		error("the output cannot be written");
		ret = 1;
	}
	return ret;
}

// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <lkl.h>

#include <message.h>

#include "options.h"

#define MB_DEFAULT	64
#define LIMIT_DEFAULT	10000

static const char default_script[] =
	"walk 200; statfs; mkdir lkl.d; write lkl.d/f 5000; setxattr lkl.d/f user.lkl x;"
	"rename lkl.d/f lkl.f; truncate lkl.f 100; fsync lkl.f; unlink lkl.f; rmdir lkl.d";
static const char reading_script[] = "walk 200; statfs";

enum {
	OPT_PACK = 256,
	OPT_SIZE,
	OPT_BOOT,
	OPT_WARNINGS,
	OPT_PROCESSES,
};

void options_help(void)
{
	printf("  -t, --type=TYPE          file system: ext4, xfs, ...\n"
	       "  -o, --mount-options=OPTIONS\n"
	       "  -r, --read-only          mount read-only\n"
	       "  -s, --script=FILE        do what FILE says, instead of a little of everything\n"
	       "  -e, --do=OPERATIONS      the same, separated by semicolons\n"
	       "  -l, --limit=SECONDS      for each case; 10, 0 for none\n"
	       "  -d, --save=FOLDER        keep cases that crash or hang, and the kernel's log\n"
	       "      --warnings           a warning of the kernel's counts as a crash\n"
	       "  -b, --base=IMAGE         cases hold only what replaces the contents of IMAGE\n"
	       "  -c, --fix-checksums      put checksums right (btrfs, f2fs)\n"
	       "      --processes          a process for each case, also where that can be avoided\n"
	       "      --size=MIB           of the disk, for a fuzzer without a base\n"
	       "  -m, --mb=MIB             memory of the kernel\n"
	       "      --boot=ARGUMENTS     for the kernel's command line\n"
	       "  -v, --verbose            show each call, and the kernel's log\n"
	       "  -h, --help               this text\n");
}

void options_usage(void)
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

void options_parse(struct options *o, int argc, char **argv, void (*help)(void))
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

	job->limit_ms = LIMIT_DEFAULT;
	o->mb = MB_DEFAULT;
	o->boot = "";
	o->runs = 1;
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
		default: options_usage();
		}
	}
}

void options_check(struct options *o)
{
	struct job *job = &o->job;

	if (job->fix_checksums && !job->base) {
		error("--fix-checksums needs an intact image, to find them: --base");
		options_usage();
	}
	if (!job->type) {
		error("which file system is it? (--type)");
		options_usage();
	}
	if (!job->script.n)
		script_add(&job->script, "built in", job->mount_flags & LKL_MS_RDONLY ?
			   reading_script : default_script);
}

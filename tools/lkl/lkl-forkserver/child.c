// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include <message.h>
#include <mount_options.h>

#include "alone.h"
#include "child.h"
#include "snapshot.h"

#define DEVICE	"/disk"
#define MNT	"/mnt"
/* The most children that do without what was in vain. */
#define REST_MAX	128

static struct report *report;
static int verbose;
static void (LKL_ABI *default_panic)(void);

static void LKL_ABI keep(const char *text, int len)
{
	if (verbose && write(STDERR_FILENO, text, len) < 0)
		return;
	for (int i = 0; i < len; i++)
		report->log[report->log_len++ % LOG_SIZE] = text[i];
}

static void LKL_ABI panic(void)
{
	report->panicked = 1;
	default_panic();
}

static void must(long ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, lkl_strerror(ret));
}

/*
 * Parts of the kernel that no case needs, but that have memory of vmalloc from the start:
 * each fork() would copy it.
 */
static const struct {
	const char *type, *init;
} unused[] = {
	{ "jfs", "init_jfs_fs" },
	{ "cramfs", "init_cramfs_fs" },
	{ "iso9660", "init_iso9660_fs" },
};

static const char *leave_out(char *buf, size_t size, const char *type)
{
	size_t n = 0;

	buf[0] = 0;
	for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++)
		if (strcmp(type, unused[i].type))
			n += snprintf(buf + n, size - n, "%s%s", n ? "," : "initcall_blacklist=",
				      unused[i].init);
	return buf;
}

void child_boot(struct job *job, const char *arguments)
{
	char without[256];
	long ret;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (report == MAP_FAILED)
		die("out of memory");
	verbose = job->verbose;
	lkl_host_ops.print = keep;
	default_panic = lkl_host_ops.panic;
	lkl_host_ops.panic = panic;
	alone_init();
	ret = lkl_start_kernel("%s loglevel=%d %s", leave_out(without, sizeof(without), job->type),
			       verbose ? 7 : 5, arguments);
	if (ret)
		die("cannot start the kernel: %s; try another amount of memory (mb)",
		    lkl_strerror(ret));
	disk_attach(&job->disk);
	must(lkl_sys_mknod(DEVICE, LKL_S_IFBLK | 0600, job->disk.devno), "mknod");
	must(lkl_sys_mkdir(MNT, 0755), "mkdir");
}

const struct report *child_report(void)
{
	return report;
}

static long mount_it(const struct job *job)
{
	unsigned long flags = job->mount_flags;
	char options[4096];
	long err = mount_options_split(job->mount_options, &flags, options, sizeof(options));

	return err ?: lkl_sys_mount(DEVICE, MNT, (char *)job->type, flags,
				    *options ? options : NULL);
}

/* Mounts what is in the disk, and does what the script says. 0 or why it is not mounted. */
static long mount_and_run(const struct job *job)
{
	long err = mount_it(job);

	if (job->verbose)
		printf("mount = %s\n", err ? lkl_strerror(err) : "0");
	if (err)
		return err;
	report->stage = STAGE_SCRIPT;
	script_run(&job->script, MNT, job->verbose, &report->progress);
	report->stage = STAGE_UNMOUNT;
	err = lkl_sys_umount(MNT, 0);
	if (job->verbose)
		printf("umount = %s\n", err ? lkl_strerror(err) : "0");
	report->stage = STAGE_DONE;
	return 0;
}

void child_warm_up(struct job *job)
{
	struct job quiet = *job;
	long err;

	quiet.verbose = 0;
	err = mount_and_run(&quiet);
	if (err)
		warning("%s cannot be mounted: %s", job->base->name, lkl_strerror(err));
	base_load(job->base, &job->disk);
}

/* Returns 0 or the error that is told. */
static long run(const struct job *job, const struct test_case *c)
{
	long coverage[6] = { (long)job->coverage, COVERAGE_SIZE };
	long err = case_load(c, job->base, job->fix_checksums, &job->disk);

	if (err)
		return err;
	if (job->coverage)
		lkl_syscall(LKL_CALL_COVERAGE, coverage);
	report->stage = STAGE_MOUNT;
	return mount_and_run(job);
}

/* The signal ends the process wherever it is: loops of the kernel are code like any other. */
static void set_limit(unsigned int ms)
{
	struct itimerval t = {
		.it_value = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 },
	};

	setitimer(ITIMER_REAL, &t, NULL);
}

/*
 * A case has a stack of its own, which is put back like other memory; who puts it back is on
 * the one that the process was started with.
 */
#define STACK_SIZE	(1UL << 20)
#define GUARD_SIZE	65536

static ucontext_t outside, inside;
static const struct job *the_job;
static const struct test_case *the_case;

static void on_case_stack(void)
{
	report->error = run(the_job, the_case);
}

static char *new_stack(void)
{
	char *stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack == MAP_FAILED)
		die("no memory for a stack: %s", strerror(errno));
	mprotect(stack, GUARD_SIZE, PROT_NONE);
	return stack + GUARD_SIZE;
}

static void run_case(const struct job *job, const struct test_case *c, char *stack)
{
	the_job = job;
	the_case = c;
	getcontext(&inside);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = STACK_SIZE;
	inside.uc_link = &outside;
	makecontext(&inside, on_case_stack, 0);
	if (job->limit_ms)
		set_limit(job->limit_ms);
	alone_begin(job->limit_ms);
	swapcontext(&outside, &inside);
	if (job->limit_ms)
		set_limit(0);
}

static enum outcome outcome_of(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGALRM ? OUTCOME_HUNG : OUTCOME_CRASHED;
	if (report->stage == STAGE_DONE)
		return OUTCOME_MOUNTED;
	if (!report->error)
		return OUTCOME_CRASHED;
	return report->stage == STAGE_LOAD ? OUTCOME_FAILED : OUTCOME_REFUSED;
}

/* How a child ends in good order. */
enum {
	ENDED_LAST = 64,
	/* Memory is not as it was: another one is to go on. */
	ENDED_USED,
};

/* Does what cases there are, while memory can be put back. */
static void __attribute__((noreturn)) child(const struct job *job, const struct feed *feed,
					    int may_restore)
{
	char *stack = new_stack();
	const struct test_case *c;

	signal(SIGALRM, SIG_DFL);
	/* Where each case maps its image anew there is nothing to put back. */
	if (may_restore)
		may_restore = !snapshot_take(job->base ? NULL : job->disk.memory,
					     job->base ? 0 : job->disk.size);
	do {
		int status;

		c = feed->next(feed->data);
		if (!c)
			break;
		memset(report, 0, offsetof(struct report, log));
		report->current = c;
		report->cases++;
		run_case(job, c, stack);
		status = report->error ? 1 << 8 : 0;
		feed->ended(feed->data, c, outcome_of(status), status);
		report->current = NULL;
		fflush(stdout);
	} while (may_restore && !alone_changed_memory() && !snapshot_restore());
	/* What the kernel still has to do dies with it. */
	_exit(c ? ENDED_USED : ENDED_LAST);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	return status;
}

/*
 * Whether the next child is to put memory back, which it has to prepare for. In vain where
 * each case changes mappings, or ends the process: after that some children do without.
 */
static int is_worth_it(int had_one)
{
	static unsigned int failures, rest;
	static int last = 1;

	if (last)
		failures = had_one ? 2 * failures + 1 : 0;
	if (last && had_one)
		rest = failures < REST_MAX ? failures : REST_MAX;
	last = !rest || !rest--;
	return last;
}

int child_run_all(const struct job *job, const struct feed *feed)
{
	int status, in_vain = 0, restore = !job->processes;
	pid_t pid;

	do {
		report->current = NULL;
		report->cases = 0;
		fflush(stdout);
		pid = fork();
		if (pid < 0) {
			error("fork: %s", strerror(errno));
			return -1;
		}
		if (!pid)
			child(job, feed, restore);
		status = wait_for(pid);
		if (report->current) {
			feed->ended(feed->data, report->current, outcome_of(status), status);
			in_vain = 0;
		} else if (WIFSIGNALED(status) && ++in_vain < 3) {
			/* A fuzzer may end it when it is just ready. */
		} else if (!WIFEXITED(status) || WEXITSTATUS(status) < ENDED_LAST) {
			error("the process for the cases ended by itself");
			return -1;
		}
		restore = !job->processes && is_worth_it(report->cases == 1);
	} while (!WIFEXITED(status) || WEXITSTATUS(status) != ENDED_LAST);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A host that fails. Each kind of fault is swept over what a program does with a
 * kernel: start it, mount, write, set the network up, halt. Every run is in a process
 * of its own and must end in results and errnos, or in the panic callback; the kernel must
 * find no mistake of its own meanwhile; and what a fault has broken must not stand in the
 * way of the next start. time limit: 300 s
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "faults/faults.h"
#include "faults/log.h"
#include "faults/use.h"
#include "test.h"

/* A lost interrupt is found by the next timer, which may be half a minute away. */
#define RUN_S	100
#define FOREVER	100000
/* What this program says of an environment that makes no sense. */
#define MISUSED	3

/*
 * How Linux warns of a disk that has failed: its file system lets nobody remount it, which
 * halting tries. And of a register that does not answer, and of what it then makes of it.
 */
#define BROKEN_DISK " reconfigure_super+"
static const char *const broken_disk[] = { BROKEN_DISK, NULL };
static const char *const broken_device[] = {
	BROKEN_DISK, " lkl_io_", "/linux/virtio_config.h:", "/drivers/virtio/", NULL
};

/* Where a run tells how many calls went wrong in it. */
static int tell_to = -1;

static void tell(void)
{
	unsigned int hits = faults_end();

	if (tell_to >= 0 && write(tell_to, &hits, sizeof(hits)) != sizeof(hits))
		_exit(WRONG);
}

static void LKL_ABI panicked(void)
{
	tell();
	_exit(log_is_bad() ? WRONG : PANIC);
}

static void end_of_run(void)
{
	_exit(log_is_bad() ? WRONG : SOUND);
}

static void child(const struct fault_plan *plan, enum way way)
{
	signal(SIGALRM, SIG_DFL);
	alarm(RUN_S);
	use_begin(way, plan->fault == FAULT_NONE);
	faults_install();
	lkl_host_ops.panic = panicked;
	lkl_host_ops.print = log_print;
	log_excuses = broken_disk;
	if (plan->fault == FAULT_IOMEM || plan->fault == FAULT_MIXED)
		log_excuses = broken_device;
	faults_begin(plan);
	if (!lkl_start_kernel("mem=64M " LOG_LEVEL)) {
		use_kernel();
		lkl_sys_halt();
	}
	tell();
	tell_to = -1;
	if (!lkl_is_running())
		use_again();
	end_of_run();
}

/* A run that was begun; without a process, a place for one. */
struct run {
	struct fault_plan plan;
	enum way way;
	pid_t pid;
	int told;
	int panicked;
};

static void begin(struct run *run, enum way way, const struct fault_plan *plan)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	run->plan = *plan;
	run->way = way;
	run->told = fds[0];
	run->pid = fork();
	ck_assert_int_ge(run->pid, 0);
	if (!run->pid) {
		tell_to = fds[1];
		child(plan, way);
	}
	close(fds[1]);
}

static const char *const ways[WAYS] = { "memory", "uring", "threads" };

/* Returns how many calls went wrong in it. */
static unsigned int end(struct run *run)
{
	const struct fault_plan *plan = &run->plan;
	unsigned int hits = 0;
	int told = read(run->told, &hits, sizeof(hits)), status;

	close(run->told);
	ck_assert_int_eq(waitpid(run->pid, &status, 0), run->pid);
	run->pid = 0;
	ck_assert_msg(WIFEXITED(status) && (WEXITSTATUS(status) == SOUND ||
					    WEXITSTATUS(status) == PANIC),
		      "%s, %s, after %u, %u times, seed %u: %s %d",
		      fault_names[plan->fault], ways[run->way], plan->after, plan->times, plan->seed,
		      WIFEXITED(status) ? "exit status" : "signal",
		      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	ck_assert_int_eq(told, sizeof(hits));
	run->panicked = WEXITSTATUS(status) == PANIC;
	return hits;
}

/* As many at a time as there are processors, in the long version. */
static struct run running[16];

static unsigned int at_once(void)
{
	long n = test_all() ? sysconf(_SC_NPROCESSORS_ONLN) : 1;

	return n < 1 ? 1 : n > COUNT(running) ? COUNT(running) : n;
}

/* What became of the runs of one test. */
struct tally {
	unsigned int runs, hits, panics;
};

static unsigned int end_and_count(struct run *run, struct tally *tally)
{
	unsigned int hits = end(run);

	tally->runs++;
	tally->hits += hits;
	tally->panics += run->panicked;
	return hits;
}

static void end_all(struct tally *tally)
{
	for (int i = 0; i < COUNT(running); i++)
		if (running[i].pid)
			end_and_count(&running[i], tally);
}

static void report(const char *what, const struct tally *tally, uint64_t begun)
{
	printf("# %s: %u runs, %u calls went wrong, %u panics, %.1f s\n", what, tally->runs,
	       tally->hits, tally->panics, (host_ns() - begun) / 1e9);
}

/*
 * Lets the first call fail, the next, and so on, alone and with all that follow, until
 * runs have fewer calls than that: several in a row, since some make more than others.
 * With growing steps, unless @each.
 */
static void sweep(enum fault fault, enum way way, int each, struct tally *tally)
{
	unsigned int forever = fault >= FAULT_DISK_SLOW ? 3 : FOREVER;
	unsigned int after = 0, missed = 0, enough = each ? 16 : 1, begun = 0;

	while (missed < enough) {
		for (int all = 0; all < 2; all++) {
			struct run *run = &running[begun++ % at_once()];
			struct fault_plan plan = {
				.fault = fault, .after = after, .times = all ? forever : 1,
			};

			if (run->pid) {
				int single = run->plan.times == 1;
				unsigned int hits = end_and_count(run, tally);

				if (single)
					missed = hits ? 0 : missed + 1;
			}
			begin(run, way, &plan);
		}
		after += each ? 1 : 1 + after;
	}
	end_all(tally);
}

/* The host has it, and may be asked. */
static int has_uring(void)
{
	static int known = -1;

	if (known < 0)
		known = !lkl_disk_set_engine("uring") && !lkl_disk_set_engine(NULL);
	return known;
}

/* Why there may be no call of a kind that could fail; NULL if there has to be one. */
static const char *excuse(enum fault fault)
{
#ifdef __x86_64__
	unsigned int a, b = 0, c, d;

	if (fault == FAULT_RANDOM && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_RDSEED)
		return "the processor has RDSEED, so the kernel does not ask the host";
#endif
	if (fault == FAULT_RING && !has_uring())
		return "built without liburing";
	return NULL;
}

/* Thousands of calls in a run: one way is enough to let each fail. */
static int is_frequent(enum fault fault)
{
	return fault == FAULT_WAKE || fault == FAULT_TIME;
}

/* The short version has kinds that do without files in memory alone. */
static int is_for(enum fault fault, enum way way)
{
	if (way == WAY_URING && !has_uring())
		return 0;
	if (faults_of_host_files(fault))
		return way != WAY_MEMORY;
	if (faults_of_disk(fault))
		return way == WAY_MEMORY;
	return way == WAY_MEMORY || test_all();
}

START_TEST(every_fault)
{
	struct tally tally = { 0 };
	uint64_t begun = host_ns();

	for (int way = 0; way < WAYS; way++)
		if (is_for(_i, way))
			sweep(_i, way, test_all() && (way == WAY_MEMORY || !is_frequent(_i)), &tally);
	report(fault_names[_i], &tally, begun);
	if (!tally.hits && excuse(_i))
		fprintf(stderr, "skip %s: %s\n", fault_names[_i], excuse(_i));
	else
		ck_assert_msg(tally.hits, "no call of this kind in any run");
}
END_TEST

/* Set by SEED in the environment: the only one. */
static long only_seed = -1;

/* Faults of all kinds in one run, now and then; the seed says which calls. */
START_TEST(seeded_faults)
{
	unsigned int seed = 0, seeds = test_all() ? 2000 : _i == FAULT_MIXED ? 24 : 9;
	struct tally tally = { 0 };
	uint64_t begun = host_ns();

	if (only_seed >= 0) {
		seed = only_seed;
		seeds = seed + 1;
	}
	for (; seed < seeds; seed++) {
		struct run *run = &running[seed % at_once()];
		struct fault_plan plan = { .fault = _i, .seed = seed };

		if (run->pid)
			end_and_count(run, &tally);
		begin(run, seed % WAYS == WAY_URING && !has_uring() ? WAY_THREADS : seed % WAYS,
		      &plan);
	}
	end_all(&tally);
	report(fault_names[_i], &tally, begun);
	if (only_seed < 0)
		ck_assert_uint_gt(tally.hits, seeds);
}
END_TEST

/* Without faults all that a run does succeeds. */
START_TEST(no_faults)
{
	struct fault_plan plan = { .fault = FAULT_NONE };

	for (int way = 0; way < WAYS; way++) {
		if (way == WAY_URING && !has_uring())
			continue;
		begin(&running[0], way, &plan);
		ck_assert_uint_eq(end(&running[0]), 0);
		ck_assert(!running[0].panicked);
	}
}
END_TEST

/* The kernel says what @planted is, and goes on as if nothing were. */
static int status_of_saying(const char *planted)
{
	int status = 0;
	pid_t pid = fork();
	long fd;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		close(STDERR_FILENO);
		open("/dev/null", O_WRONLY);
		lkl_host_ops.panic = panicked;
		lkl_host_ops.print = log_print;
		if (lkl_start_kernel("mem=64M " LOG_LEVEL) ||
		    lkl_sys_mknod("/kmsg", LKL_S_IFCHR | 0600, 1 << 8 | 11))
			_exit(SOUND + 1);
		fd = lkl_sys_open("/kmsg", LKL_O_WRONLY, 0);
		if (lkl_sys_write(fd, (char *)planted, strlen(planted)) != (long)strlen(planted) ||
		    lkl_sys_halt())
			_exit(SOUND + 1);
		end_of_run();
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* That a run is sound has to mean something. */
START_TEST(bad_lines_are_seen)
{
	ck_assert_int_eq(status_of_saying("<4>nothing of interest"), SOUND);
	ck_assert_int_eq(status_of_saying("<4>WARNING: planted"), WRONG);
	ck_assert_int_eq(status_of_saying("<1>BUG: planted"), WRONG);
	ck_assert_int_eq(status_of_saying("<0>Kernel panic - not syncing: Oops in it"), WRONG);
}
END_TEST

static void make_image(void)
{
	const char *path = host_file("ext4", 16 << 20);
	char command[5000];
	struct stat st;
	char *image;
	int fd;

	snprintf(command, sizeof(command), "mkfs.ext4 -q -F %s", path);
	ck_assert_int_eq(system(command), 0);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	image = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ck_assert(image != MAP_FAILED);
	use_image_is(image, st.st_size);
	close(fd);
}

/* ---- what is asked for ------------------------------------------------------- */

/* The kind called @name; FAULT_NONE if there is none. */
static enum fault fault_called(const char *name)
{
	int fault = FAULT_NONE + 1;

	while (fault < FAULTS && strcmp(name, fault_names[fault]))
		fault++;
	return fault < FAULTS ? fault : FAULT_NONE;
}

/*
 * FAULT in the environment is the only kind, SEED the only seed of one that has seeds: of
 * mixed faults, if no other is named. 0 if there is no such thing.
 */
static int understand(enum fault *only)
{
	const char *fault = getenv("FAULT"), *seed = getenv("SEED");
	char *end;

	*only = FAULT_NONE;
	if (fault) {
		*only = fault_called(fault);
		if (*only == FAULT_NONE) {
			fprintf(stderr, "FAULT=%s: no such fault; there are", fault);
			for (int i = FAULT_NONE + 1; i < FAULTS; i++)
				fprintf(stderr, "%s \"%s\"", i > 1 ? "," : "", fault_names[i]);
			fprintf(stderr, "\n");
			return 0;
		}
	}
	if (!seed)
		return 1;
	errno = 0;
	only_seed = strtol(seed, &end, 10);
	if (errno || end == seed || *end || only_seed < 0 || only_seed > 1000000000) {
		fprintf(stderr, "SEED=%s: it takes a number from 0 to 1000000000\n", seed);
		return 0;
	}
	if (!fault)
		*only = FAULT_MIXED;
	if (*only < FAULT_SEEDED) {
		fprintf(stderr, "SEED=%s: FAULT=\"%s\" has no seeds\n", seed, fault);
		return 0;
	}
	return 1;
}

static int status_of_asking_for(const char *fault, const char *seed)
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		close(STDERR_FILENO);
		open("/dev/null", O_WRONLY);
		unsetenv("FAULT");
		unsetenv("SEED");
		if (fault)
			setenv("FAULT", fault, 1);
		if (seed)
			setenv("SEED", seed, 1);
		unsetenv("CK_TAP_LOG_FILE_NAME");
		execl("/proc/self/exe", "faults", NULL);
		_exit(SOUND);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(nonsense_is_refused)
{
	ck_assert_int_eq(status_of_asking_for("nonsense", NULL), MISUSED);
	ck_assert_int_eq(status_of_asking_for("", NULL), MISUSED);
	ck_assert_int_eq(status_of_asking_for(NULL, "abc"), MISUSED);
	ck_assert_int_eq(status_of_asking_for(NULL, "1x"), MISUSED);
	ck_assert_int_eq(status_of_asking_for(NULL, "-1"), MISUSED);
	ck_assert_int_eq(status_of_asking_for("malloc", "1"), MISUSED);
}
END_TEST

/* A test for each kind, under its name. */
static void add_kinds(TCase *tc, enum fault only)
{
	static TTest kinds[FAULTS];

	for (int i = FAULT_NONE + 1; i < FAULTS; i++) {
		if (only != FAULT_NONE && (int)only != i)
			continue;
		kinds[i] = i < FAULT_SEEDED ? *every_fault : *seeded_faults;
		kinds[i].name = fault_names[i];
		tcase_add_loop_test(tc, &kinds[i], i, i + 1);
	}
}

int main(void)
{
	Suite *suite = suite_create("faults");
	TCase *tc = tcase_create("faults");
	SRunner *runner;
	enum fault only;
	int failed;

	if (!understand(&only))
		return MISUSED;
	tcase_add_checked_fixture(tc, make_image, NULL);
	tcase_set_timeout(tc, test_all() ? 3000 : 250);
	add_kinds(tc, only);
	if (only == FAULT_NONE) {
		tcase_add_test(tc, no_faults);
		tcase_add_test(tc, bad_lines_are_seen);
		tcase_add_test(tc, nonsense_is_refused);
	}
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

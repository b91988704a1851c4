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
#include <pthread.h>
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
#include "test.h"

#define SECTOR	512
#define LKL_MNT_DETACH	2
/* A lost interrupt is found by the next timer: with a disk that is new, after half a minute. */
#define RUN_S	100
/* How a run may end. */
#define SOUND	0
#define PANIC	42
#define WRONG	43
/* What this program says of an environment that makes no sense. */
#define MISUSED	3

/* An ext4 image; each run has its own copy of it in memory. */
static char *image;
static size_t image_size;

/* ---- the disk -------------------------------------------------------------- */

static int capacity(struct lkl_disk disk, unsigned long long *res)
{
	*res = image_size;
	return 0;
}

static void transfer(char *at, const struct lkl_blk_req *req, size_t limit)
{
	for (int i = 0; i < req->count && limit; i++) {
		size_t len = req->buf[i].iov_len < limit ? req->buf[i].iov_len : limit;

		if (req->type == LKL_DEV_BLK_TYPE_READ)
			memcpy(req->buf[i].iov_base, at, len);
		else
			memcpy(at, req->buf[i].iov_base, len);
		at += len;
		limit -= len;
	}
}

static int request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	char *at = image + req->sector * SECTOR;

	if (faults_hit(FAULT_DISK_SLOW))
		usleep(200000);
	if (faults_hit(FAULT_DISK_ERROR))
		return LKL_DEV_BLK_STATUS_IOERR;
	switch (req->type) {
	case LKL_DEV_BLK_TYPE_READ:
	case LKL_DEV_BLK_TYPE_WRITE:
		if (faults_hit(FAULT_DISK_SHORT)) {
			transfer(at, req, SECTOR);
			return LKL_DEV_BLK_STATUS_IOERR;
		}
		transfer(at, req, SIZE_MAX);
		return LKL_DEV_BLK_STATUS_OK;
	case LKL_DEV_BLK_TYPE_FLUSH:
		return LKL_DEV_BLK_STATUS_OK;
	}
	return LKL_DEV_BLK_STATUS_UNSUP;
}

static struct lkl_dev_blk_ops disk_ops = { .get_capacity = capacity, .request = request };

/* ---- what a program does ------------------------------------------------------ */

/* No result is out of range, whatever it is. */
static long sane(long result, const char *what)
{
	if (result < -4095) {
		fprintf(stderr, "%s: %ld\n", what, result);
		_exit(WRONG);
	}
	return result;
}

#define sane(call) sane(call, #call)

static void use_files(const char *mnt)
{
	static char data[256 << 10];
	char path[300];
	long fd;

	snprintf(path, sizeof(path), "%s/folder", mnt);
	sane(lkl_sys_mkdir(path, 0700));
	snprintf(path, sizeof(path), "%s/folder/file", mnt);
	fd = sane(lkl_sys_open(path, LKL_O_RDWR | LKL_O_CREAT, 0600));
	if (fd < 0)
		return;
	for (int i = 0; i < 4; i++)
		sane(lkl_sys_write(fd, data, sizeof(data)));
	sane(lkl_sys_fsync(fd));
	sane(lkl_sys_pread64(fd, data, sizeof(data), 0));
	sane(lkl_sys_close(fd));
	sane(lkl_sys_unlink(path));
}

static void *connect_to(void *addr)
{
	long fd = sane(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));

	if (fd < 0)
		return NULL;
	sane(lkl_sys_connect(fd, addr, sizeof(struct lkl_sockaddr_in)));
	sane(lkl_sys_write(fd, "hello", 5));
	sane(lkl_sys_close(fd));
	return NULL;
}

static void use_network(void)
{
	struct lkl_sockaddr_in addr = { .sin_family = LKL_AF_INET };
	struct lkl_timeval patience = { .tv_usec = 200000 };
	pthread_t client;
	char buf[16];
	long fd, other;

	sane(lkl_if_up(1));
	sane(lkl_if_set_ipv4(1, htobe32(0x0a000001), 8));
	fd = sane(lkl_sys_socket(LKL_AF_INET, LKL_SOCK_STREAM, 0));
	if (fd < 0)
		return;
	addr.sin_port = htobe16(80);
	sane(lkl_sys_setsockopt(fd, LKL_SOL_SOCKET, LKL_SO_RCVTIMEO_OLD, (char *)&patience,
				sizeof(patience)));
	if (!sane(lkl_sys_bind(fd, (void *)&addr, sizeof(addr))) &&
	    !sane(lkl_sys_listen(fd, 4)) &&
	    !pthread_create(&client, NULL, connect_to, &addr)) {
		other = sane(lkl_sys_accept(fd, NULL, NULL));
		if (other >= 0) {
			sane(lkl_sys_read(other, buf, sizeof(buf)));
			sane(lkl_sys_close(other));
		}
		pthread_join(client, NULL);
	}
	sane(lkl_sys_close(fd));
}

/* Two devices that are connected, as long as they are there. */
static void use_devices(void)
{
	struct lkl_netdev *ends[2];
	int ids[2];

	if (sane(lkl_netdev_pair_create(ends, LKL_NET_OFFLOAD_ALL)))
		return;
	for (int i = 0; i < 2; i++) {
		ids[i] = sane(lkl_netdev_add(ends[i], NULL));
		if (ids[i] >= 0)
			sane(lkl_if_up(sane(lkl_netdev_get_ifindex(ids[i]))));
	}
	for (int i = 0; i < 2; i++) {
		if (ids[i] >= 0)
			sane(lkl_netdev_remove(ids[i]));
		lkl_netdev_free(ends[i]);
	}
}

static volatile int signals;

static void on_signal(int number)
{
	signals++;
}

/* A handler that the kernel promised to call is called, whatever else goes wrong. */
static void use_signals(void)
{
	struct lkl_sigaction action = { .lkl_sa_handler = on_signal };

	if (sane(lkl_sys_rt_sigaction(LKL_SIGUSR1, &action, NULL, sizeof(lkl_sigset_t))))
		return;
	signals = 0;
	if (sane(lkl_sys_tgkill(lkl_sys_getpid(), lkl_sys_gettid(), LKL_SIGUSR1)))
		return;
	if (signals != 1) {
		fprintf(stderr, "a signal came %d times\n", signals);
		_exit(WRONG);
	}
}

/* Linux's timer for requests, which finds lost interrupts as well, is not to take half a minute. */
static void be_impatient(void)
{
	long fd;

	sane(lkl_mount_fs("sysfs"));
	fd = sane(lkl_sys_open("/sysfs/block/vda/queue/io_timeout", LKL_O_WRONLY, 0));
	if (fd < 0)
		return;
	sane(lkl_sys_write(fd, "500", 3));
	sane(lkl_sys_close(fd));
}

static void use_kernel(void)
{
	struct lkl_disk disk = { .ops = &disk_ops };
	char mnt[64];
	int id;

	id = sane(lkl_disk_add(&disk));
	if (id >= 0)
		be_impatient();
	if (id >= 0 && !sane(lkl_mount_dev(id, 0, "ext4", 0, NULL, mnt, sizeof(mnt)))) {
		use_files(mnt);
		sane(lkl_umount_dev(id, 0, 0, 2000));
	}
	use_network();
	use_devices();
	use_signals();
	if (id >= 0 && sane(lkl_disk_remove(disk)) == -LKL_EBUSY)
		sane(lkl_umount_dev(id, 0, LKL_MNT_DETACH, 0));
}

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

static void child(const struct fault_plan *plan)
{
	signal(SIGALRM, SIG_DFL);
	alarm(RUN_S);
	faults_install();
	lkl_host_ops.panic = panicked;
	lkl_host_ops.print = log_print;
	faults_begin(plan);
	if (!sane(lkl_start_kernel("mem=64M " LOG_LEVEL))) {
		use_kernel();
		sane(lkl_sys_halt());
	}
	tell();
	tell_to = -1;
	/* As if nothing had been. */
	if (!lkl_is_running()) {
		lkl_cleanup();
		if (lkl_start_kernel("mem=64M " LOG_LEVEL) || lkl_sys_getpid() != 1 ||
		    lkl_sys_halt()) {
			fprintf(stderr, "no kernel after the fault\n");
			_exit(WRONG);
		}
	}
	end_of_run();
}

/* A run that was begun; without a process, a place for one. */
struct run {
	struct fault_plan plan;
	pid_t pid;
	int told;
	int panicked;
};

static void begin(struct run *run, const struct fault_plan *plan)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	run->plan = *plan;
	run->told = fds[0];
	run->pid = fork();
	ck_assert_int_ge(run->pid, 0);
	if (!run->pid) {
		tell_to = fds[1];
		child(plan);
	}
	close(fds[1]);
}

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
		      "%s, after %u, %u times, seed %u: %s %d", fault_names[plan->fault],
		      plan->after, plan->times, plan->seed,
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
 * runs have fewer calls than that: several in a row, since some make more than others. In
 * the short version with growing steps.
 */
static void sweep(enum fault fault, unsigned int forever, struct tally *tally)
{
	unsigned int after = 0, missed = 0, enough = test_all() ? 16 : 1, begun = 0;

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
			begin(run, &plan);
		}
		after += test_all() ? 1 : 1 + after;
	}
	end_all(tally);
}

/* Why there may be no call of a kind that could fail; NULL if there has to be one. */
static const char *excuse(enum fault fault)
{
#ifdef __x86_64__
	unsigned int a, b = 0, c, d;

	if (fault == FAULT_RANDOM && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_RDSEED)
		return "the processor has RDSEED, so the kernel does not ask the host";
#endif
	return NULL;
}

START_TEST(every_fault)
{
	struct tally tally = { 0 };
	uint64_t begun = host_ns();

	sweep(_i, _i >= FAULT_DISK_SLOW ? 3 : 1000000, &tally);
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
	unsigned int seed = 0, seeds = test_all() ? 2000 : 24;
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
		begin(run, &plan);
	}
	end_all(&tally);
	report(fault_names[_i], &tally, begun);
	if (only_seed < 0)
		ck_assert_uint_gt(tally.hits, seeds);
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
	int fd;

	snprintf(command, sizeof(command), "mkfs.ext4 -q -F %s", path);
	ck_assert_int_eq(system(command), 0);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	image_size = st.st_size;
	image = mmap(NULL, image_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ck_assert(image != MAP_FAILED);
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

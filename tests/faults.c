// SPDX-License-Identifier: GPL-2.0
/*
 * A host that fails. Each kind of fault is swept over what a program does with a
 * kernel: start it, mount, write, set the network up, halt. Every run is in a process
 * of its own and must end in results and errnos, or in the panic callback; the kernel must
 * find no mistake of its own meanwhile; and what a fault has broken must not stand in the
 * way of the next start. time limit: 300 s
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void LKL_ABI panicked(void)
{
	_exit(log_is_bad() ? WRONG : PANIC);
}

static void end_of_run(void)
{
	_exit(log_is_bad() ? WRONG : SOUND);
}

/* Tells @pipe how many calls went wrong. */
static void child(const struct fault_plan *plan, int pipe)
{
	unsigned int hits;

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
	hits = faults_end();
	if (write(pipe, &hits, sizeof(hits)) != sizeof(hits))
		_exit(WRONG);
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
};

static void begin(struct run *run, const struct fault_plan *plan)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	run->plan = *plan;
	run->told = fds[0];
	run->pid = fork();
	ck_assert_int_ge(run->pid, 0);
	if (!run->pid)
		child(plan, fds[1]);
	close(fds[1]);
}

/* Returns how many calls went wrong in it, -1 if it panicked before it could say. */
static int end(struct run *run)
{
	const struct fault_plan *plan = &run->plan;
	unsigned int hits = 0;
	int told, status;

	told = read(run->told, &hits, sizeof(hits)) == sizeof(hits);
	close(run->told);
	ck_assert_int_eq(waitpid(run->pid, &status, 0), run->pid);
	run->pid = 0;
	ck_assert_msg(WIFEXITED(status) && (WEXITSTATUS(status) == SOUND ||
					    WEXITSTATUS(status) == PANIC),
		      "%s, after %u, %u times, seed %u: %s %d", fault_names[plan->fault],
		      plan->after, plan->times, plan->seed,
		      WIFEXITED(status) ? "exit status" : "signal",
		      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return told ? (int)hits : -1;
}

/* As many at a time as there are processors, in the long version. */
static struct run running[16];

static unsigned int at_once(void)
{
	long n = test_all() ? sysconf(_SC_NPROCESSORS_ONLN) : 1;

	return n < 1 ? 1 : n > COUNT(running) ? COUNT(running) : n;
}

/*
 * Lets the first call fail, the next, and so on, alone and with all that follow, until
 * runs have fewer calls than that: several in a row, since some make more than others. In
 * the short version with growing steps.
 */
static void sweep(enum fault fault, unsigned int forever)
{
	unsigned int after = 0, missed = 0, enough = test_all() ? 16 : 1, runs = 0;
	uint64_t begun = host_ns();

	while (missed < enough) {
		for (int all = 0; all < 2; all++) {
			struct run *run = &running[runs++ % at_once()];
			struct fault_plan plan = {
				.fault = fault, .after = after, .times = all ? forever : 1,
			};

			if (run->pid) {
				int single = run->plan.times == 1, hits = end(run);

				if (single)
					missed = hits ? 0 : missed + 1;
			}
			begin(run, &plan);
		}
		after += test_all() ? 1 : 1 + after;
	}
	for (int i = 0; i < COUNT(running); i++)
		if (running[i].pid)
			end(&running[i]);
	printf("# %s: %u runs, up to %u calls, %.1f s\n", fault_names[fault], runs, after,
	       (host_ns() - begun) / 1e9);
}

/* FAULT in the environment is the only one. */
static int is_wanted(enum fault fault)
{
	const char *only = getenv("FAULT");

	return !only || !strcmp(only, fault_names[fault]);
}

START_TEST(every_fault)
{
	if (!is_wanted(_i))
		return;
	sweep(_i, _i >= FAULT_DISK_SLOW ? 3 : 1000000);
}
END_TEST

/*
 * Faults of all kinds in one run, now and then; the seed says which calls. SEED in the
 * environment is the only one.
 */
START_TEST(mixed_faults)
{
	unsigned int seeds = test_all() ? 2000 : 24, hits = 0;
	const char *only = getenv("SEED");
	uint64_t begun = host_ns();

	if (!is_wanted(FAULT_MIXED))
		return;
	if (only) {
		struct fault_plan plan = { .fault = FAULT_MIXED, .seed = atoi(only) };

		begin(&running[0], &plan);
		printf("# %d calls went wrong\n", end(&running[0]));
		return;
	}
	for (unsigned int seed = 0; seed < seeds + at_once(); seed++) {
		struct run *run = &running[seed % at_once()];
		struct fault_plan plan = { .fault = FAULT_MIXED, .seed = seed };

		if (run->pid) {
			int n = end(run);

			hits += n > 0 ? n : 0;
		}
		if (seed < seeds)
			begin(run, &plan);
	}
	printf("# mixed: %u runs, %u calls went wrong, %.1f s\n", seeds, hits,
	       (host_ns() - begun) / 1e9);
	ck_assert_uint_gt(hits, seeds);
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

int main(void)
{
	Suite *suite = suite_create("faults");
	TCase *tc = tcase_create("faults");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, make_image, NULL);
	tcase_set_timeout(tc, test_all() ? 3000 : 250);
	if (!getenv("SEED"))
		tcase_add_loop_test(tc, every_fault, FAULT_NONE + 1, FAULT_MIXED);
	tcase_add_test(tc, mixed_faults);
	tcase_add_test(tc, bad_lines_are_seen);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

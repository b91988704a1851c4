// SPDX-License-Identifier: GPL-2.0
/*
 * lklfuse, as programs see it, beside a loop mount by the host's kernel and fuse2fs if
 * that is there: each has an ext4 image of its own on tmpfs. And what FUSE allows at all
 * on this machine: a file system that only answers.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "ceiling.h"
#include "image.h"

#define IMAGE_SIZE	(3ULL << 29)
#define DATA_SIZE	(512ULL << 20)
#define PIECES_SIZE	(32ULL << 20)
#define MIB		(1UL << 20)
#define FILES		5000
#define SMALL		1024
#define ARGS_MAX	12
#define RUNS_MAX	64

/* Somebody who mounts images. */
struct mounter {
	const char *name, *id;
	const char *mount[ARGS_MAX];	/* IMAGE and MNT stand for the names of these */
	const char *umount[ARGS_MAX];
	struct ceiling *ceiling;	/* instead of these, it is no command */
	bool ring;			/* it is asked through io_uring, not /dev/fuse */
	struct image img;
	const char *missing;		/* why it cannot be measured, or NULL */
};

static const char IMAGE[] = "", MNT[] = "";

static struct mounter lklfuse = {
	.name = "lklfuse", .id = "lklfuse",
	.mount = { NULL, IMAGE, MNT },
	.umount = { NULL, "-u", MNT },
};

static struct mounter loop = {
	.name = "loop", .id = "loop",
	.mount = { "mount", "-o", "loop", IMAGE, MNT },
	.umount = { "umount", MNT },
};

static struct mounter fuse2fs = {
	.name = "fuse2fs", .id = "fuse2fs",
	.mount = { "fuse2fs", "-o", "fakeroot", IMAGE, MNT },
	.umount = { "fusermount", "-u", MNT },
};

/* The host gathers writes: for who writes little at a time. */
static struct mounter back = {
	.name = "lklfuse -o writeback", .id = "writeback",
	.mount = { NULL, "-o", "writeback", IMAGE, MNT },
	.umount = { NULL, "-u", MNT },
};

/* As users have it who may not keep the processors of a virtual machine awake. */
static struct mounter halts = {
	.name = "lklfuse -o halt", .id = "halt",
	.mount = { NULL, "-o", "halt", IMAGE, MNT },
	.umount = { NULL, "-u", MNT },
};

/* The host is asked for io_uring only by those whose processors may halt. */
static struct mounter ring = {
	.name = "lklfuse -o halt through io_uring", .id = "ring", .ring = true,
	.mount = { NULL, "-o", "halt", IMAGE, MNT },
	.umount = { NULL, "-u", MNT },
};

static struct mounter ring_back = {
	.name = "lklfuse -o halt,writeback through io_uring", .id = "ring-back", .ring = true,
	.mount = { NULL, "-o", "halt,writeback", IMAGE, MNT },
	.umount = { NULL, "-u", MNT },
};

static struct mounter only_answers = {
	.name = "FUSE that only answers", .id = "ceiling",
	.ceiling = &(struct ceiling){ .writeback = 0 },
};

/* What lklfuse -o writeback can come near to. */
static struct mounter gathering = {
	.name = "the same, where the host gathers writes", .id = "gathering",
	.ceiling = &(struct ceiling){ .writeback = 1 },
};

static struct mounter *const beside[] = {
	&halts, &ring, &back, &ring_back, &only_answers, &gathering, &fuse2fs,
};

#define BESIDE ((int)(sizeof(beside) / sizeof(*beside)))

static char *buf;

/*
 * Whether what is mounted from now on may be asked through io_uring: what root may set on
 * the host, and what it was; 0 if it cannot be changed.
 */
static const char uring[] = "/sys/module/fuse/parameters/enable_uring";
static char uring_before;

/* Of /dev/cpu_dma_latency; -1 if it may not be used. */
static int latency_fd = -1;

static bool set_uring(char to)
{
	int fd = open(uring, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, &to, 1) == 1;

	if (fd >= 0)
		close(fd);
	return done;
}

static void restore_uring(void)
{
	set_uring(uring_before);
}

static void find_uring(void)
{
	int fd = open(uring, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, &uring_before, 1) != 1 || !set_uring(uring_before))
		uring_before = 0;
	else
		atexit(restore_uring);
	close(fd);
}

/* Whether lklfuse keeps processors awake here, and what only answers can have that too. */
static bool opens_latency(void)
{
	char driver[32] = "";
	int fd = open("/sys/devices/system/cpu/cpuidle/current_driver", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, driver, sizeof(driver) - 1) > 0 && !strcmp(driver, "haltpoll\n"))
		latency_fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
	close(fd);
	return latency_fd >= 0;
}

/* Before @m is measured. */
static void set_processors(const struct mounter *m)
{
	/* In us; -1: as others want it. */
	const int32_t latency = m->ceiling ? 0 : -1;

	if (latency_fd >= 0 && write(latency_fd, &latency, sizeof(latency)) < 0)
		bench_die("/dev/cpu_dma_latency cannot be written");
}

static int run(const struct mounter *m, const char *const *command)
{
	const char *argv[ARGS_MAX] = { NULL };
	int status;
	pid_t pid;

	for (int i = 0; command[i]; i++)
		argv[i] = command[i] == IMAGE ? m->img.path :
			  command[i] == MNT ? m->img.mnt : command[i];
	pid = fork();
	if (!pid) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static bool try_mount(const struct mounter *m)
{
	if (uring_before)
		set_uring(m->ring ? 'Y' : 'N');
	return m->ceiling ? !ceiling_mount(m->ceiling, m->img.mnt) : !run(m, m->mount);
}

static void mount_it(struct mounter *m)
{
	bool done = try_mount(m);

	/* fuse2fs goes on writing when its mount is gone. */
	for (int i = 0; m == &fuse2fs && !done && i < 50; i++) {
		usleep(100000);
		done = try_mount(m);
	}
	if (!done)
		bench_die("%s cannot mount %s", m->name, m->img.path);
	m->img.host_mounted = 1;
}

static void umount_it(struct mounter *m)
{
	if (m->ceiling)
		ceiling_umount(m->ceiling, m->img.mnt);
	else if (run(m, m->umount))
		bench_die("%s cannot unmount %s", m->name, m->img.path);
	m->img.host_mounted = 0;
}

static void prepare(struct mounter *m)
{
	if (m->ring && !uring_before)
		m->missing = "needs root, and a host with FUSE over io_uring";
	if (m->missing)
		return;
	image_create(&m->img, NULL, m->id, m->ceiling ? 0 : IMAGE_SIZE, 0);
	if (!m->ceiling)
		image_mkfs(&m->img);
	snprintf(m->img.mnt, sizeof(m->img.mnt), "%.240s.mnt", m->img.path);
	bench_os(mkdir(m->img.mnt, 0700), m->img.mnt);
	if (!try_mount(m)) {
		m->missing = "cannot be used here";
		return;
	}
	m->img.host_mounted = 1;
}

static int open_file(const struct mounter *m, const char *name, int flags)
{
	char path[320];

	snprintf(path, sizeof(path), "%s/%s", m->img.mnt, name);
	return bench_os(open(path, flags | O_CLOEXEC, 0600), path);
}

/* ---- mounting ----------------------------------------------------------- */

static double time_mount(struct mounter *m)
{
	uint64_t begin, time;

	umount_it(m);
	begin = bench_now();
	mount_it(m);
	close(open_file(m, ".", O_RDONLY | O_DIRECTORY));
	time = bench_now() - begin;
	return time / 1e6;
}

/* ---- data --------------------------------------------------------------- */

static double mib_per_s(uint64_t ns)
{
	return DATA_SIZE / (double)MIB / (ns / 1e9);
}

/* MiB/s of @size bytes into a new file and onto the disk, @piece bytes at a time. */
static double write_file(struct mounter *m, const char *name, uint64_t size, size_t piece)
{
	char path[320];
	uint64_t begin, time;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", m->img.mnt, name);
	unlink(path);
	fd = open_file(m, name, O_WRONLY | O_CREAT);
	bench_os(fsync(fd), "fsync");
	begin = bench_now();
	for (uint64_t done = 0; done < size; done += piece)
		if (write(fd, buf, piece) != (ssize_t)piece)
			bench_die("%s: short write", m->name);
	bench_os(fsync(fd), "fsync");
	time = bench_now() - begin;
	close(fd);
	return size / (double)MIB / (time / 1e9);
}

static double write_data(struct mounter *m)
{
	return write_file(m, "data", DATA_SIZE, MIB);
}

static double write_pieces(struct mounter *m)
{
	char path[320];
	double result = write_file(m, "file-0", PIECES_SIZE, 4096);

	snprintf(path, sizeof(path), "%s/file-0", m->img.mnt);
	bench_os(unlink(path), path);
	return result;
}

/* After a new mount: nobody has the file in memory but the image's host. */
static double read_data(struct mounter *m)
{
	uint64_t begin, done = 0;
	ssize_t n;
	int fd;

	umount_it(m);
	mount_it(m);
	fd = open_file(m, "data", O_RDONLY);
	begin = bench_now();
	while ((n = read(fd, buf, MIB)) > 0)
		done += n;
	if (done != DATA_SIZE)
		bench_die("%s: short read", m->name);
	close(fd);
	return mib_per_s(bench_now() - begin);
}

static double reread_data(struct mounter *m)
{
	uint64_t begin;
	int fd = open_file(m, "data", O_RDONLY);

	begin = bench_now();
	while (read(fd, buf, MIB) > 0)
		;
	close(fd);
	return mib_per_s(bench_now() - begin);
}

/* ---- small files -------------------------------------------------------- */

enum step { CREATE, LIST, STAT, READ, UNLINK, STEPS };

static void do_step(const struct mounter *m, enum step step, const char *path)
{
	struct stat st;
	int fd;

	switch (step) {
	case CREATE:
		fd = bench_os(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600), path);
		if (write(fd, buf, SMALL) != SMALL || close(fd))
			bench_die("%s: write", m->name);
		break;
	case STAT:
		bench_os(stat(path, &st), path);
		break;
	case READ:
		fd = bench_os(open(path, O_RDONLY), path);
		if (read(fd, buf, SMALL) != SMALL || close(fd))
			bench_die("%s: read", m->name);
		break;
	default:
		bench_os(unlink(path), path);
	}
}

static void list(const struct mounter *m)
{
	char command[400];

	snprintf(command, sizeof(command), "ls -l %s/small >/dev/null", m->img.mnt);
	if (system(command))
		bench_die("%s: ls", m->name);
}

static void small_files(const struct mounter *m, double us[STEPS])
{
	char path[320];
	int dir;

	snprintf(path, sizeof(path), "%s/small", m->img.mnt);
	mkdir(path, 0700);
	for (enum step step = CREATE; step < STEPS; step++) {
		uint64_t begin = bench_now();

		/* It has no names to list; what it is asked then comes with the next step. */
		if (step == LIST && m->ceiling)
			continue;
		for (int i = 0; i < FILES && step != LIST; i++) {
			snprintf(path, sizeof(path), "%s/small/file-%d", m->img.mnt, i);
			do_step(m, step, path);
		}
		if (step == LIST)
			list(m);
		us[step] = (bench_now() - begin) / 1e3 / FILES;
		dir = open_file(m, ".", O_RDONLY | O_DIRECTORY);
		bench_os(syncfs(dir), "syncfs");
		close(dir);
	}
}

/* ---- the table ------------------------------------------------------------ */

/* Those beside are for information, and fuse2fs is slow. */
static int runs_of(const struct mounter *m)
{
	int most = m == &fuse2fs ? 1 : m == &lklfuse || m == &loop ? RUNS_MAX : 3;

	return bench_runs() < most ? bench_runs() : most;
}

/* What @measure says of @m, each time, or NULL if it cannot be measured. */
static const double *several(struct mounter *m, double (*measure)(struct mounter *m),
			     double val[RUNS_MAX])
{
	if (m->missing)
		return NULL;
	set_processors(m);
	for (int i = 0; i < runs_of(m); i++)
		val[i] = measure(m);
	return val;
}

static void row(const struct bench_row *r, double (*measure)(struct mounter *m))
{
	double ours[RUNS_MAX], other[RUNS_MAX];
	struct bench_samples s = {
		.ours = several(&lklfuse, measure, ours),
		.host = several(&loop, measure, other),
		.n = runs_of(&lklfuse),
	};

	bench_result(r, &s);
	for (int i = 0; i < BESIDE; i++)
		if (several(beside[i], measure, other))
			bench_note("%s: %.1f %s", beside[i]->name,
				   bench_median(other, runs_of(beside[i])), r->unit);
}

/* The first touch of memory in a virtual machine costs more than all else: not in the rows. */
static void warm_up(struct mounter *m)
{
	for (int i = 0; i < 2 && !m->missing && !m->ceiling; i++)
		write_data(m);
}

/*
 * What the host keeps of one mount's files costs the next one's reads half their speed, and
 * as much again from run to run: memory is in small pieces then.
 */
static void forget_files(struct mounter *m)
{
	if (m->missing)
		return;
	umount_it(m);
	mount_it(m);
}

static void small_rows(void)
{
	static const struct bench_row rows[STEPS] = {
		{ .what = "create + write 1 KiB + close", .unit = "us", .limit = 50 },
		{ .what = "ls -l, for each file", .unit = "us" },
		{ .what = "stat", .unit = "us", .limit = 6 },
		{ .what = "open + read + close", .unit = "us", .limit = 30 },
		{ .what = "unlink", .unit = "us", .limit = 25 },
	};
	struct mounter *all[2 + BESIDE] = { &lklfuse, &loop };
	double val[2 + BESIDE][STEPS][RUNS_MAX], us[STEPS];

	memcpy(all + 2, beside, sizeof(beside));
	for (int i = 0; i < 2 + BESIDE; i++) {
		if (all[i]->missing)
			continue;
		set_processors(all[i]);
		for (int n = 0; n < runs_of(all[i]); n++) {
			small_files(all[i], us);
			for (int s = 0; s < STEPS; s++)
				val[i][s][n] = us[s];
		}
	}
	for (int s = 0; s < STEPS; s++) {
		bench_result(&rows[s], &(struct bench_samples) {
			val[0][s], loop.missing ? NULL : val[1][s], runs_of(&lklfuse),
		});
		for (int i = 0; i < BESIDE; i++)
			if (!beside[i]->missing && !(s == LIST && beside[i]->ceiling))
				bench_note("%s: %.1f us", beside[i]->name,
					   bench_median(val[2 + i][s], runs_of(beside[i])));
	}
	bench_note("%d files in a folder; each step for all of them, then a sync; what ls -l "
		   "has seen stays with the host", FILES);
}

int main(int argc, char **argv)
{
	static char program[256];

	bench_init(argc, argv);
	snprintf(program, sizeof(program), "%s/bin/lklfuse", getenv("B") ?: "build");
	lklfuse.mount[0] = program;
	lklfuse.umount[0] = program;
	for (int i = 0; i < BESIDE; i++) {
		if (beside[i]->umount[0] || beside[i]->ceiling)
			continue;
		beside[i]->mount[0] = program;
		beside[i]->umount[0] = program;
	}
	if (access("/dev/fuse", R_OK | W_OK) || access(program, X_OK)) {
		printf("skipped: %s\n", access(program, X_OK) ?
		       "lklfuse was not built; libfuse3-dev is missing" : "no /dev/fuse");
		return 0;
	}
	buf = aligned_alloc(4096, MIB);
	if (!buf)
		bench_die("no memory");
	memset(buf, 'x', MIB);
	find_uring();
	if (!opens_latency())
		halts.missing = "is what lklfuse is here";
	prepare(&lklfuse);
	if (lklfuse.missing)
		bench_die("lklfuse cannot mount");
	prepare(&loop);
	for (int i = 0; i < BESIDE; i++)
		prepare(beside[i]);

	warm_up(&lklfuse);
	warm_up(&loop);
	for (int i = 0; i < BESIDE; i++)
		if (beside[i] != &fuse2fs)
			warm_up(beside[i]);

	row(&(struct bench_row){ .what = "exec to usable mount, ext4", .unit = "ms",
		.order = LESS_IS_BETTER, .limit = 100 }, time_mount);
	row(&(struct bench_row){ .what = "write 512 MiB + fsync, 1 MiB buffers",
		.unit = "MiB/s", .order = MORE_IS_BETTER, .ratio = 1 }, write_data);
	row(&(struct bench_row){ .what = "write 32 MiB + fsync, 4 KiB buffers",
		.unit = "MiB/s", .order = MORE_IS_BETTER }, write_pieces);
	forget_files(&loop);
	for (int i = 0; i < BESIDE; i++)
		forget_files(beside[i]);
	row(&(struct bench_row){ .what = "cold read, 1 MiB buffers", .unit = "MiB/s",
		.order = MORE_IS_BETTER, .limit = 3000 }, read_data);
	row(&(struct bench_row){ .what = "read again", .unit = "MiB/s",
		.order = MORE_IS_BETTER }, reread_data);
	small_rows();
	return 0;
}

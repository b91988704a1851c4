// SPDX-License-Identifier: GPL-2.0
/*
 * ext4 in an image on tmpfs: data and small files. The host's kernel works on an
 * image of its own, made by the same mkfs, through a loop device.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "bench.h"
#include "image.h"

/* So little more than the data that blocks are used again, and soon are all there. */
#define IMAGE_SIZE	(3ULL << 29)
#define DATA_SIZE	(1ULL << 30)
#define MIB		(1UL << 20)
#define FILES		10000
#define SMALL		1024

static struct image ours, hosts;
static const char *no_host;
static char *buf;

/* The calls that both kernels have, by the same parameters. */
struct calls {
	struct image *img;
	long (*open)(const char *path, int flags, int mode);
	long (*close)(int fd);
	long (*read)(int fd, void *data, size_t len);
	long (*write)(int fd, const void *data, size_t len);
	long (*fsync)(int fd);
	long (*forget)(int fd);
	long (*stat)(const char *path);
	long (*unlink)(const char *path);
	long (*syncfs)(int fd);
};

static long our_open(const char *path, int flags, int mode)
{
	return lkl_sys_open(path, flags, mode);
}

static long our_close(int fd)
{
	return lkl_sys_close(fd);
}

static long our_read(int fd, void *data, size_t len)
{
	return lkl_sys_read(fd, data, len);
}

static long our_write(int fd, const void *data, size_t len)
{
	return lkl_sys_write(fd, data, len);
}

static long our_fsync(int fd)
{
	return lkl_sys_fsync(fd);
}

static long our_forget(int fd)
{
	return lkl_sys_fadvise64(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static long our_stat(const char *path)
{
	struct lkl_stat st;

	return lkl_sys_stat(path, &st);
}

static long our_unlink(const char *path)
{
	return lkl_sys_unlink(path);
}

static long host_open(const char *path, int flags, int mode)
{
	return open(path, flags, mode);
}

static long host_close(int fd)
{
	return close(fd);
}

static long host_read(int fd, void *data, size_t len)
{
	return read(fd, data, len);
}

static long host_write(int fd, const void *data, size_t len)
{
	return write(fd, data, len);
}

static long host_fsync(int fd)
{
	return fsync(fd);
}

static long host_forget(int fd)
{
	return posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static long host_stat(const char *path)
{
	struct stat st;

	return stat(path, &st);
}

static long host_unlink(const char *path)
{
	return unlink(path);
}

static long our_syncfs(int fd)
{
	return lkl_sys_syncfs(fd);
}

static long host_syncfs(int fd)
{
	return syncfs(fd);
}

static const struct calls lkl = {
	&ours, our_open, our_close, our_read, our_write, our_fsync, our_forget,
	our_stat, our_unlink, our_syncfs,
};

static const struct calls host = {
	&hosts, host_open, host_close, host_read, host_write, host_fsync, host_forget,
	host_stat, host_unlink, host_syncfs,
};

static void must(int ok, const struct calls *k, const char *what)
{
	if (!ok)
		bench_die("%s failed (%s)", what, k == &lkl ? "lkl" : "host");
}

static double mib_per_s(uint64_t bytes, uint64_t ns)
{
	return bytes / (double)MIB / (ns / 1e9);
}

/* ---- data --------------------------------------------------------------- */

static long open_data(const struct calls *k, int flags)
{
	char path[300];
	long fd;

	snprintf(path, sizeof(path), "%s/data", k->img->mnt);
	fd = k->open(path, flags, 0600);
	must(fd >= 0, k, "open");
	return fd;
}

static double write_data(const struct calls *k, size_t piece)
{
	unsigned long flushes;
	uint64_t begin, time;
	char path[300];
	long fd;

	snprintf(path, sizeof(path), "%s/data", k->img->mnt);
	k->unlink(path);
	fd = open_data(k, O_RDWR | O_CREAT | O_TRUNC);
	/* The blocks of the last file are free once that is on the disk. */
	must(!k->fsync(fd), k, "fsync");
	flushes = image_flushes;
	begin = bench_now();
	for (uint64_t done = 0; done < DATA_SIZE; done += piece)
		must(k->write(fd, buf, piece) == (long)piece, k, "write");
	must(!k->fsync(fd), k, "fsync");
	time = bench_now() - begin;
	k->close(fd);
	if (k == &lkl && image_flushes == flushes)
		bench_die("an fsync inside ended without an fdatasync of the image");
	return mib_per_s(DATA_SIZE, time);
}

static double read_all(const struct calls *k, long fd)
{
	uint64_t begin = bench_now(), done;
	long n;

	for (done = 0; done < DATA_SIZE; done += n) {
		n = k->read(fd, buf, MIB);
		must(n > 0, k, "read");
	}
	return mib_per_s(DATA_SIZE, bench_now() - begin);
}

static double read_data(const struct calls *k)
{
	long fd = open_data(k, O_RDWR);
	double speed;

	must(!k->fsync(fd), k, "fsync");
	must(!k->forget(fd), k, "fadvise");
	speed = read_all(k, fd);
	k->close(fd);
	return speed;
}

static double our_write_data(void *piece)
{
	return write_data(&lkl, *(size_t *)piece);
}

static double host_write_data(void *piece)
{
	return no_host ? BENCH_SKIP("%s", no_host) : write_data(&host, *(size_t *)piece);
}

static double our_read_data(void *arg)
{
	return read_data(&lkl);
}

static double host_read_data(void *arg)
{
	return no_host ? BENCH_SKIP("%s", no_host) : read_data(&host);
}

/* The most that copying can reach. */
static double read_image(void *arg)
{
	lseek(ours.fd, 0, SEEK_SET);
	return read_all(&host, ours.fd);
}

static void remove_data(const struct calls *k)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/data", k->img->mnt);
	must(!k->unlink(path), k, "unlink");
}

static void bench_data(void)
{
	static size_t large = MIB, small = 4096;
	unsigned long flushes;

	/* The images get all of their memory from the host. */
	for (int i = 0; i < 2; i++) {
		write_data(&lkl, MIB);
		if (!no_host)
			write_data(&host, MIB);
	}
	flushes = image_flushes;

	bench_run(&(struct bench_row){
		.what = "ext4, 1 GiB: write + fsync, 1 MiB buffers", .unit = "MiB/s",
		.order = MORE_IS_BETTER, .ratio = 1, .arg = &large,
		.ours = our_write_data, .host = host_write_data,
	});
	bench_run(&(struct bench_row){
		.what = "the same, 4 KiB buffers", .unit = "MiB/s",
		.order = MORE_IS_BETTER, .ratio = 1, .arg = &small,
		.ours = our_write_data, .host = host_write_data,
	});
	bench_note("durable: %lu fdatasync of the image in %d fsync inside",
		   image_flushes - flushes, 4 * bench_runs());
	bench_run(&(struct bench_row){
		.what = "cold read, 1 MiB buffers", .unit = "MiB/s",
		.order = MORE_IS_BETTER, .limit = 3000,
		.ours = our_read_data, .host = host_read_data,
	});
	bench_run(&(struct bench_row){
		.what = "the same", .unit = "MiB/s", .order = MORE_IS_BETTER,
		.ours = our_read_data, .host = read_image,
		.beside = "read() of the image file itself, which is in its memory",
	});
	remove_data(&lkl);
	if (!no_host)
		remove_data(&host);
}

/* ---- small files -------------------------------------------------------- */

enum step { CREATE, STAT, READ, UNLINK, STEPS };

/* Made before, so that nothing but the calls is measured. */
static void make_names(char *names, size_t size, const char **path, const struct calls *k)
{
	for (int i = 0; i < FILES; i++) {
		int len = snprintf(names, size, "%s/small/file-%d", k->img->mnt, i);

		if (len < 0 || (size_t)len >= size)
			bench_die("names are too long");
		path[i] = names;
		names += len + 1;
		size -= len + 1;
	}
}

static void do_step(const struct calls *k, enum step step, const char *path)
{
	long fd;

	switch (step) {
	case CREATE:
		fd = k->open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		must(fd >= 0 && k->write(fd, buf, SMALL) == SMALL && !k->close(fd), k,
		     "create");
		break;
	case STAT:
		must(!k->stat(path), k, "stat");
		break;
	case READ:
		fd = k->open(path, O_RDONLY, 0);
		must(fd >= 0 && k->read(fd, buf, SMALL) == SMALL && !k->close(fd), k,
		     "read");
		break;
	default:
		must(!k->unlink(path), k, "unlink");
	}
}

/* What a step left to be written is not for the next one to wait for. */
static void settle(const struct calls *k)
{
	long fd = k->open(k->img->mnt, O_RDONLY | O_DIRECTORY, 0);

	must(fd >= 0 && !k->syncfs(fd) && !k->close(fd), k, "syncfs");
}

static void small_files(const struct calls *k, double us[STEPS])
{
	static char names[FILES * 100];
	const char *path[FILES];

	make_names(names, sizeof(names), path, k);
	for (enum step step = CREATE; step < STEPS; step++) {
		uint64_t begin = bench_now();

		for (int i = 0; i < FILES; i++)
			do_step(k, step, path[i]);
		us[step] = (bench_now() - begin) / 1e3 / FILES;
		settle(k);
	}
}

static void bench_small(void)
{
	static const struct bench_row row[STEPS] = {
		{ .what = "create + write 1 KiB + close", .unit = "us", .limit = 20 },
		{ .what = "stat", .unit = "us", .limit = 0.5 },
		{ .what = "open + read + close", .unit = "us", .limit = 2 },
		{ .what = "unlink", .unit = "us", .limit = 12 },
	};
	double our[STEPS][64], their[STEPS][64], us[STEPS];
	int runs = bench_runs() < 64 ? bench_runs() : 64;
	char path[300];

	snprintf(path, sizeof(path), "%s/small", ours.mnt);
	bench_lkl(lkl_sys_mkdir(path, 0700), "mkdir");
	snprintf(path, sizeof(path), "%s/small", hosts.mnt);
	if (!no_host)
		bench_os(mkdir(path, 0700), "mkdir");

	for (int i = 0; i < runs; i++) {
		small_files(&lkl, us);
		for (int s = 0; s < STEPS; s++)
			our[s][i] = us[s];
		if (no_host)
			continue;
		small_files(&host, us);
		for (int s = 0; s < STEPS; s++)
			their[s][i] = us[s];
	}
	for (int s = 0; s < STEPS; s++)
		bench_result(&row[s], &(struct bench_samples) {
			our[s], no_host ? NULL : their[s], runs,
		});
	bench_note("%d files in a folder; each step for all of them, then a sync", FILES);
	if (no_host)
		bench_note("host: skipped: %s", no_host);
}

int main(int argc, char **argv)
{
	bench_init(argc, argv);
	if (posix_memalign((void **)&buf, 4096, MIB))
		bench_die("no memory");
	memset(buf, 'x', MIB);

	image_create(&ours, NULL, "ours", IMAGE_SIZE, 0);
	image_mkfs(&ours);
	image_create(&hosts, NULL, "host", IMAGE_SIZE, 0);
	image_mkfs(&hosts);
	no_host = image_host_mount(&hosts);

	bench_lkl(lkl_start_kernel("loglevel=0"), "start");
	image_add(&ours);
	image_mount(&ours);
	bench_data();
	bench_small();
	image_umount(&ours);
	lkl_sys_halt();
	if (!no_host)
		image_host_umount(&hosts);
	return 0;
}

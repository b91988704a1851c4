// SPDX-License-Identifier: GPL-2.0
/*
 * Whole runs of the copying programs: a tree of small files, and large ones, into an ext4
 * image in memory and out of it, beside what the host has for that. That all of it
 * arrived, and that fsck finds nothing, is checked once for each row.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define FOLDERS		100
#define FILES		100	/* in each */
#define SMALL		1024
#define LARGE_MIB	512

static char dir[64], bin[4096];
static const char *no_mount;

/* ---- commands --------------------------------------------------------------- */

/* With the shell's words; %D is our folder, %B where the programs are. -1 if it failed. */
static int run(const char *command)
{
	char text[16384];
	size_t n = 0;
	int status;

	for (; *command && n + sizeof(bin) < sizeof(text); command++) {
		if (command[0] != '%')
			text[n++] = *command;
		else
			n += snprintf(text + n, sizeof(text) - n, "%s", *++command == 'D' ?
				      dir : bin);
	}
	text[n] = 0;
	status = system(text);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static void must(const char *command)
{
	if (run(command))
		bench_die("failed: %s", command);
}

/* Seconds that it took. */
static double timed(const char *command)
{
	uint64_t begin = bench_now();

	must(command);
	return (bench_now() - begin) / 1e9;
}

static void clean_up(void)
{
	run("mountpoint -q %D/mnt && umount %D/mnt; rm -rf %D");
}

/* ---- what is copied ---------------------------------------------------------- */

static void write_file(const char *path, size_t size, unsigned int seed)
{
	static char buf[1 << 20];
	FILE *f = fopen(path, "w");

	if (!f)
		bench_die("%s: %s", path, strerror(errno));
	for (size_t i = 0; i < sizeof(buf) && i < size; i++)
		buf[i] = (seed = seed * 1103515245 + 12345) >> 16;
	for (size_t part; size; size -= part) {
		part = size < sizeof(buf) ? size : sizeof(buf);
		if (fwrite(buf, 1, part, f) != part)
			bench_die("%s: %s", path, strerror(errno));
	}
	if (fclose(f))
		bench_die("%s: %s", path, strerror(errno));
}

static void make_trees(void)
{
	char path[200];

	must("mkdir %D/small %D/large %D/mnt");
	for (int d = 0; d < FOLDERS; d++) {
		snprintf(path, sizeof(path), "%s/small/folder-%d", dir, d);
		bench_os(mkdir(path, 0755), path);
		for (int f = 0; f < FILES; f++) {
			snprintf(path, sizeof(path), "%s/small/folder-%d/file-%d", dir, d, f);
			write_file(path, SMALL, d * FILES + f);
		}
	}
	snprintf(path, sizeof(path), "%s/large/file", dir);
	write_file(path, (size_t)LARGE_MIB << 20, 1);
}

/* A new image of @name; that its memory is touched first is nobody's time. */
static void make_image(void)
{
	must("rm -f %D/img && truncate -s 1G %D/img && mkfs.ext4 -q -F "
	     "-E lazy_itable_init=0 %D/img");
}

static void check_image(const char *tree)
{
	char command[300];

	must("e2fsck -fn %D/img > %D/fsck 2>&1 || { cat %D/fsck; false; }");
	snprintf(command, sizeof(command), "rm -rf %%D/out && %%B/cpfromfs -q -i %%D/img "
		 "/%s %%D/out && diff -r %%D/%s %%D/out && rm -rf %%D/out", tree, tree);
	must(command);
}

/* ---- rows ---------------------------------------------------------------------- */

static double into_small(void *arg)
{
	double s;

	make_image();
	s = timed("%B/cptofs -q -i %D/img %D/small /");
	check_image("small");
	return s;
}

static double into_small_mount(void *arg)
{
	double s;

	if (no_mount)
		return BENCH_SKIP("%s", no_mount);
	make_image();
	s = timed("mount -o loop %D/img %D/mnt && cp -a %D/small %D/mnt && umount %D/mnt");
	check_image("small");
	return s;
}

static double into_small_mkfs(void *arg)
{
	must("rm -f %D/img && truncate -s 1G %D/img");
	return timed("mkfs.ext4 -q -F -E lazy_itable_init=0 -d %D/small %D/img");
}

static double into_large(void *arg)
{
	double s;

	make_image();
	s = timed("%B/cptofs -q -i %D/img %D/large /");
	check_image("large");
	return LARGE_MIB / s;
}

static double into_large_mount(void *arg)
{
	if (no_mount)
		return BENCH_SKIP("%s", no_mount);
	make_image();
	return LARGE_MIB / timed("mount -o loop %D/img %D/mnt && cp -a %D/large %D/mnt && "
				 "umount %D/mnt");
}

static double out_small(void *arg)
{
	must("rm -rf %D/out");
	return timed("%B/cpfromfs -q -i %D/img /small %D/out");
}

static double out_small_mount(void *arg)
{
	if (no_mount)
		return BENCH_SKIP("%s", no_mount);
	must("rm -rf %D/out");
	return timed("mount -o loop,ro %D/img %D/mnt && cp -a %D/mnt/small %D/out && "
		     "umount %D/mnt");
}

static double to_tar(void *arg)
{
	return timed("%B/fs2tar -q %D/img %D/out.tar");
}

static double to_tar_mount(void *arg)
{
	if (no_mount)
		return BENCH_SKIP("%s", no_mount);
	return timed("mount -o loop,ro %D/img %D/mnt && tar -C %D/mnt --xattrs -cf %D/out.tar . "
		     "&& umount %D/mnt");
}

int main(int argc, char **argv)
{
	const char *b = getenv("B");
	char relative[4000];

	bench_init(argc, argv);
	snprintf(relative, sizeof(relative), "%s/bin", b ? b : "build");
	if (!realpath(relative, bin))
		bench_die("%s: %s", relative, strerror(errno));
	strcpy(dir, "/dev/shm/lkl-bench-copy-XXXXXX");
	if (!mkdtemp(dir))
		bench_die("%s: %s", dir, strerror(errno));
	atexit(clean_up);
	make_trees();
	make_image();
	if (run("mount -o loop %D/img %D/mnt 2>/dev/null && umount %D/mnt"))
		no_mount = "no right to mount";

	bench_run(&(struct bench_row){
		.what = "10,000 files of 1 KiB into ext4: cptofs", .unit = "s", .limit = 0.4,
		.ours = into_small, .host = into_small_mount,
		.beside = "loop mount, cp -a, umount",
	});
	bench_run(&(struct bench_row){
		.what = "the same", .unit = "s", .ratio = 1,
		.ours = into_small, .host = into_small_mkfs,
		.beside = "mkfs.ext4 -d, with the making of the file system",
	});
	bench_run(&(struct bench_row){
		.what = "512 MiB into ext4: cptofs", .unit = "MiB/s",
		.order = MORE_IS_BETTER, .ratio = 1,
		.ours = into_large, .host = into_large_mount,
		.beside = "loop mount, cp -a, umount",
	});
	make_image();
	must("%B/cptofs -q -i %D/img %D/small /");
	bench_run(&(struct bench_row){
		.what = "10,000 files out of ext4: cpfromfs", .unit = "s", .ratio = 1,
		.ours = out_small, .host = out_small_mount,
		.beside = "loop mount, cp -a, umount",
	});
	bench_run(&(struct bench_row){
		.what = "10,000 files as tar: fs2tar", .unit = "s", .ratio = 1,
		.ours = to_tar, .host = to_tar_mount,
		.beside = "loop mount, GNU tar, umount",
	});
	bench_note("each copy is compared with the original, and fsck finds nothing");
	return 0;
}

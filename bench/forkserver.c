// SPDX-License-Identifier: GPL-2.0
/*
 * lkl-forkserver: a fresh kernel for each case, which mounts an ext4 image of 1 MiB, makes a
 * few calls, and unmounts it. Beside it the same calls in the host's kernel, which is never
 * fresh.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define CASES "1000"

static char dir[64], loop[64];
/* What the program is to work on. */
static char image[100], over_base[200];
static const char *no_mount;

/* The output of a command of the shell, its first line. 0, or -1 if it failed. */
static int run(char *line, size_t size, const char *command)
{
	FILE *f = popen(command, "r");

	if (!f)
		return -1;
	if (!fgets(line, size, f))
		line[0] = 0;
	line[strcspn(line, "\n")] = 0;
	return pclose(f) ? -1 : 0;
}

static void clean_up(void)
{
	char command[200], line[200];

	if (loop[0]) {
		snprintf(command, sizeof(command), "losetup -d %s", loop);
		run(line, sizeof(line), command);
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	run(line, sizeof(line), command);
}

static double cases(void *arg)
{
	const char *build = getenv("B") ? getenv("B") : "build", *at;
	char command[4096], line[400];
	double rate;

	snprintf(command, sizeof(command), "%s/bin/lkl-forkserver -q -t ext4 -n " CASES
		 " --do 'stat .; list .; write f 100; read f' %s", build, (const char *)arg);
	if (run(line, sizeof(line), command))
		bench_die("lkl-forkserver failed: %s", line);
	at = strstr(line, " s, ");
	if (!at || sscanf(at, " s, %lf a second: " CASES " mounted", &rate) != 1)
		bench_die("lkl-forkserver said: %s", line);
	return rate;
}

static void host_case(const char *mnt)
{
	char path[200], buf[4096];
	struct stat st;
	int fd;

	bench_os(mount(loop, mnt, "ext4", 0, NULL), "mount");
	bench_os(stat(mnt, &st), "stat");
	fd = bench_os(open(mnt, O_RDONLY | O_DIRECTORY), "open");
	close(fd);
	snprintf(path, sizeof(path), "%s/f", mnt);
	fd = bench_os(open(path, O_RDWR | O_CREAT, 0644), "open");
	memset(buf, 0, 100);
	bench_os(write(fd, buf, 100), "write");
	close(fd);
	fd = bench_os(open(path, O_RDONLY), "open");
	bench_os(read(fd, buf, sizeof(buf)), "read");
	close(fd);
	bench_os(umount(mnt), "umount");
}

static double host(void *arg)
{
	char mnt[100];
	uint64_t begin;
	int n = 100;

	if (no_mount)
		return BENCH_SKIP("%s", no_mount);
	snprintf(mnt, sizeof(mnt), "%s/mnt", dir);
	begin = bench_now();
	for (int i = 0; i < n; i++)
		host_case(mnt);
	return n * 1e9 / (bench_now() - begin);
}

static void prepare(void)
{
	const char *build = getenv("B") ? getenv("B") : "build";
	char command[4096], line[200];

	snprintf(dir, sizeof(dir), "/dev/shm/lkl-bench-XXXXXX");
	if (!mkdtemp(dir))
		bench_die("%s: %s", dir, strerror(errno));
	atexit(clean_up);
	snprintf(command, sizeof(command), "cd %s && mkdir mnt && truncate -s 1M img && "
		 "mkfs.ext4 -q -F -b 1024 -O ^has_journal img && cp img host.img", dir);
	if (run(line, sizeof(line), command))
		bench_die("no image: mkfs.ext4 failed");
	snprintf(command, sizeof(command), "%s/bin/lkl-forkserver --base=%s/img --pack > %s/case",
		 build, dir, dir);
	if (run(line, sizeof(line), command))
		bench_die("lkl-forkserver cannot be run: %s", line);
	snprintf(image, sizeof(image), "%s/img", dir);
	snprintf(over_base, sizeof(over_base), "--base=%s/img %s/case", dir, dir);
	snprintf(command, sizeof(command), "losetup -f --show %s/host.img 2>&1", dir);
	if (geteuid() || run(line, sizeof(line), command) || line[0] != '/')
		no_mount = "mounting needs root and a loop device";
	else
		snprintf(loop, sizeof(loop), "%.60s", line);
}

int main(int argc, char **argv)
{
	const struct bench_row rows[] = { {
		.what = "a fresh kernel each: ext4 mount, 4 calls", .unit = "/s",
		.order = MORE_IS_BETTER, .limit = 1000, .ours = cases, .host = host, .arg = image,
		.beside = "the same calls, without a fresh kernel",
	}, {
		.what = "the same over a base image", .unit = "/s",
		.order = MORE_IS_BETTER, .limit = 1000, .ours = cases, .arg = over_base,
	} };

	bench_init(argc, argv);
	prepare();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bench_run(&rows[i]);
	return 0;
}

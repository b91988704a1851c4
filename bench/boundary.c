// SPDX-License-Identifier: GPL-2.0
/*
 * boundary IMAGE [RUNS [JSON NAME]]: what the host boundary costs, on any host and
 * processor; IMAGE is an ext4 file system to work in. Medians are printed; what was
 * measured is appended to the file JSON, as that of the build NAME. Nothing but the
 * library and C.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "results.h"

/* What each is measured for, and how often by default. */
#define SECONDS	0.2
#define RUNS	5

static int to[2], from[2];

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static void must(long ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "boundary: %s: %s\n", what, lkl_strerror(ret));
	exit(1);
}

static void getpid_once(void)
{
	lkl_sys_getpid();
}

/* One byte there and back between two threads. */
static void *echo(void *arg)
{
	char c;

	while (lkl_sys_read(to[0], &c, 1) == 1)
		lkl_sys_write(from[1], &c, 1);
	return NULL;
}

static void round_trip(void)
{
	char c = 'x';

	lkl_sys_write(to[1], &c, 1);
	lkl_sys_read(from[0], &c, 1);
}

static void create_and_remove(void)
{
	long fd = lkl_sys_open("file", LKL_O_CREAT | LKL_O_WRONLY, 0600);

	must(fd, "file");
	lkl_sys_close(fd);
	lkl_sys_unlink("file");
}

static const struct row {
	const char *what, *unit;
	double in_second;
	void (*once)(void);
} rows[] = {
	{ "getpid", "ns", 1e9, getpid_once },
	{ "pipe there and back", "us", 1e6, round_trip },
	{ "ext4 create and unlink", "us", 1e6, create_and_remove },
};

/* For one, in the row's unit. */
static double cost(const struct row *row)
{
	double start = now(), t;
	long n;

	for (n = 0; (t = now() - start) < SECONDS; n += 16)
		for (int i = 0; i < 16; i++)
			row->once();
	return t / n * row->in_second;
}

static void measure(const struct row *row, int runs, FILE *json, const char *name)
{
	double val[BENCH_RUNS_MAX], median;
	char what[128];

	for (int i = 0; i < runs; i++)
		val[i] = cost(row);
	median = bench_median(val, runs);
	printf("%s%s %.*f %s", row == rows ? "" : ", ", row->what, median < 100, median,
	       row->unit);
	if (!json)
		return;
	snprintf(what, sizeof(what), "%s, %s", row->what, name);
	bench_save(json, &(struct bench_labels){ "boundary", what, row->unit, NULL, 1 },
		   &(struct bench_samples){ val, NULL, runs }, -1);
}

int main(int argc, char **argv)
{
	struct lkl_disk disk = { 0 };
	char mnt[64];
	FILE *json = NULL;
	pthread_t thread;
	int fd, id, runs = argc > 2 ? atoi(argv[2]) : RUNS;

	if (argc < 2 || argc == 4 || argc > 5 || runs < 1 || runs > BENCH_RUNS_MAX) {
		fprintf(stderr, "usage: boundary IMAGE [RUNS [JSON NAME]], IMAGE being ext4\n");
		return 2;
	}
	if (argc == 5) {
		json = fopen(argv[3], "ab");
		if (!json) {
			fprintf(stderr, "boundary: %s: cannot be written\n", argv[3]);
			return 1;
		}
	}
	fd = open(argv[1], O_RDWR);
	if (fd < 0) {
		fprintf(stderr, "boundary: %s: cannot be opened\n", argv[1]);
		return 1;
	}
#ifdef _WIN32
	disk.handle = (void *)(intptr_t)fd;
#else
	disk.fd = fd;
#endif
	lkl_host_ops.print = NULL;
	must(lkl_init(&lkl_host_ops), "lkl_init");
	must(lkl_start_kernel("mem=64M"), "lkl_start_kernel");
	id = lkl_disk_add(&disk);
	must(id, "lkl_disk_add");
	must(lkl_mount_dev(id, 0, "ext4", 0, NULL, mnt, sizeof(mnt)), argv[1]);
	must(lkl_sys_chdir(mnt), mnt);
	must(lkl_sys_pipe2(to, 0), "pipe");
	must(lkl_sys_pipe2(from, 0), "pipe");
	pthread_create(&thread, NULL, echo, NULL);

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		measure(&rows[i], runs, json, argv[4]);
	printf("\n");
	if (json)
		fclose(json);

	lkl_sys_close(to[1]);
	pthread_join(thread, NULL);
	lkl_sys_chdir("/");
	must(lkl_umount_dev(id, 0, 0, 1000), "umount");
	must(lkl_sys_halt(), "halt");
	return 0;
}

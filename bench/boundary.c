// SPDX-License-Identifier: GPL-2.0
/*
 * What the host boundary costs, on any host and processor: boundary IMAGE, which is an
 * ext4 file system to work in. Nothing but the library and C.
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

/* What each is measured for, and how often; the best counts. */
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

/* Seconds for one. */
static double cost(void (*once)(void))
{
	double best = 1e9, start, t;
	long n;

	for (int run = 0; run < RUNS; run++) {
		start = now();
		for (n = 0; (t = now() - start) < SECONDS; n += 16)
			for (int i = 0; i < 16; i++)
				once();
		if (t / n < best)
			best = t / n;
	}
	return best;
}

int main(int argc, char **argv)
{
	struct lkl_disk disk = { 0 };
	char mnt[64];
	pthread_t thread;
	int fd, id;

	if (argc != 2) {
		fprintf(stderr, "boundary: the name of an ext4 image is expected\n");
		return 2;
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

	printf("getpid %.0f ns, pipe there and back %.1f us, ext4 create and unlink %.1f us\n",
	       cost(getpid_once) * 1e9, cost(round_trip) * 1e6, cost(create_and_remove) * 1e6);

	lkl_sys_close(to[1]);
	pthread_join(thread, NULL);
	lkl_sys_chdir("/");
	must(lkl_umount_dev(id, 0, 0, 1000), "umount");
	must(lkl_sys_halt(), "halt");
	return 0;
}

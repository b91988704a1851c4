// SPDX-License-Identifier: GPL-2.0
/* ext4 images in memory, mounted by either kernel. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lkl.h>

#include "bench.h"
#include "image.h"

#define IMAGES_MAX 16

static struct image *images[IMAGES_MAX];
static pid_t owner;

unsigned long image_flushes;

/* In the place of the C library's, also for the library that we link to. */
int fdatasync(int fd)
{
	__atomic_fetch_add(&image_flushes, 1, __ATOMIC_RELAXED);
	return syscall(SYS_fdatasync, fd);
}

static void remove_images(void)
{
	if (getpid() != owner)
		return;
	for (int i = 0; i < IMAGES_MAX && images[i]; i++) {
		if (images[i]->host_mounted)
			image_host_umount(images[i]);
		unlink(images[i]->path);
	}
}

/* Nothing that we were in the middle of matters. */
static void leave(int sig)
{
	exit(128 + sig);
}

static void remember(struct image *img)
{
	int i = 0;

	while (i < IMAGES_MAX && images[i])
		i++;
	if (i == IMAGES_MAX)
		bench_die("too many images");
	images[i] = img;
	if (!owner) {
		atexit(remove_images);
		signal(SIGINT, leave);
		signal(SIGTERM, leave);
		signal(SIGHUP, leave);
		signal(SIGPIPE, leave);
	}
	owner = getpid();
}

void image_create(struct image *img, const char *dir, const char *name, uint64_t size,
		  int flags)
{
	snprintf(img->path, sizeof(img->path), "%s/lkl-bench-%d-%s",
		 dir ? dir : "/dev/shm", (int)getpid(), name);
	img->fd = bench_os(open(img->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | flags,
				0600), img->path);
	remember(img);
	bench_os(ftruncate(img->fd, size), "ftruncate");
}

/* 0 if it ended well. */
static int run(const char *const *argv)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

void image_mkfs(const struct image *img)
{
	const char *const argv[] = {
		"mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0",
		img->path, NULL,
	};

	if (run(argv))
		bench_die("mkfs.ext4 failed; apt-get install e2fsprogs, or PATH without sbin?");
}

void image_add(struct image *img)
{
	img->disk = (struct lkl_disk){ .fd = img->fd };
	img->disk_id = bench_lkl(lkl_disk_add(&img->disk), "disk");
}

void image_mount(struct image *img)
{
	bench_lkl(lkl_mount_dev(img->disk_id, 0, "ext4", 0, NULL, img->mnt,
				sizeof(img->mnt)), "mount");
}

void image_umount(struct image *img)
{
	bench_lkl(lkl_umount_dev(img->disk_id, 0, 0, 5000), "umount");
}

/* The rare job of choosing a loop device is mount(8)'s. */
const char *image_host_mount(struct image *img)
{
	const char *const argv[] = { "mount", "-o", "loop", img->path, img->mnt, NULL };

	snprintf(img->mnt, sizeof(img->mnt), "%.240s.mnt", img->path);
	if (geteuid())
		return "the host mounts images for root alone";
	bench_os(mkdir(img->mnt, 0700), img->mnt);
	if (!run(argv)) {
		img->host_mounted = 1;
		return NULL;
	}
	rmdir(img->mnt);
	return "the host cannot mount through a loop device here";
}

void image_host_umount(struct image *img)
{
	const char *const argv[] = { "umount", img->mnt, NULL };

	if (run(argv))
		fprintf(stderr, "%s stays mounted\n", img->mnt);
	rmdir(img->mnt);
	img->host_mounted = 0;
}

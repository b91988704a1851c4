// SPDX-License-Identifier: GPL-2.0
/*
 * hostile TYPE IMAGE FIRST COUNT: mounts IMAGE COUNT times, each time with other random
 * changes to its blocks, reads all of it, works on it, and unmounts it. The changes
 * follow from a number, FIRST and up. Each time happens in a child of its own, which
 * inherits a running kernel, and changes a copy of the image in memory.
 *
 * Fails if one of them crashed, did not end, or grew without bound, and says which;
 * "hostile TYPE IMAGE FIRST 1" shows what the kernel had to say then. If Linux stopped with
 * a message, that is said, and is no failure for file systems known for it.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "mounted.h"
#include "walk.h"

#define BLOCK		512
#define SECONDS		60
/* The kernel has 128 MiB, and pages of the image come on top. */
#define GROWTH_MAX_KIB	(512 * 1024)

/* Its driver uses what it has freed, and nobody mends it any more. */
#define STOPS		"jfs"
#define STOPPED		11

static char *image;
static size_t size;
/* Blocks that hold something. */
static unsigned int *used;
static unsigned int n_used;
static unsigned long long state;

static unsigned int roll(unsigned int sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % sides;
}

static int capacity(struct lkl_disk disk, unsigned long long *res)
{
	(void)disk;
	*res = size;
	return 0;
}

static int request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	unsigned long long at = req->sector * 512;
	int i;

	(void)disk;
	if (req->type != LKL_DEV_BLK_TYPE_READ && req->type != LKL_DEV_BLK_TYPE_WRITE)
		return LKL_DEV_BLK_STATUS_UNSUP;
	for (i = 0; i < req->count; i++) {
		if (at > size || req->buf[i].iov_len > size - at)
			return LKL_DEV_BLK_STATUS_IOERR;
		if (req->type == LKL_DEV_BLK_TYPE_READ)
			memcpy(req->buf[i].iov_base, image + at, req->buf[i].iov_len);
		else
			memcpy(image + at, req->buf[i].iov_base, req->buf[i].iov_len);
		at += req->buf[i].iov_len;
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static struct lkl_dev_blk_ops ops = { .get_capacity = capacity, .request = request };

static void LKL_ABI stopped(void)
{
	_exit(STOPPED);
}

static void load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t i, j;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	size = st.st_size & ~(BLOCK - 1UL);
	image = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	used = malloc(size / BLOCK * sizeof(*used));
	if (image == MAP_FAILED || !used)
		die("%s: %s", path, strerror(errno));
	for (i = 0; i < size; i += BLOCK) {
		for (j = 0; j < BLOCK && !image[i + j]; j++)
			;
		if (j < BLOCK)
			used[n_used++] = i / BLOCK;
	}
	if (!n_used)
		die("%s is empty", path);
}

/* Early blocks are metadata more often than late ones. */
static char *pick(void)
{
	unsigned int end = roll(3) ? n_used : n_used / 8 + 1;

	return image + (size_t)used[roll(end)] * BLOCK;
}

static void change(void)
{
	static const unsigned char edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0xfe };
	char *block = pick();
	unsigned int at = roll(BLOCK), i, len;

	switch (roll(6)) {
	case 0:	/* a bit */
		block[at] ^= 1 << roll(8);
		break;
	case 1:	/* a byte */
		block[at] = roll(256);
		break;
	case 2:	/* a number that is the largest, or the smallest */
		len = 1 << roll(4);
		for (i = 0; i < len; i++)
			block[(at & ~(len - 1)) + i] = edges[roll(sizeof(edges))];
		break;
	case 3:	/* a number that is off by a bit */
		((unsigned int *)block)[at / 4] += roll(2) ? 1 : -1;
		break;
	case 4:	/* another block's content */
		memcpy(block, pick(), BLOCK);
		break;
	case 5:	/* a piece of noise */
		len = roll(BLOCK - at) + 1;
		for (i = 0; i < len; i++)
			block[at + i] = roll(256);
		break;
	}
}

static void once(const char *type, unsigned int number)
{
	struct lkl_disk disk = { .ops = &ops };
	unsigned int n;
	long ret;

	state = 0x9e3779b97f4a7c15ULL * (number + 1);
	for (n = 1 << roll(7); n; n--)
		change();
	ret = mounted_mount(&disk, type, 0);
	if (ret == -LKL_EROFS || ret == -LKL_EACCES)
		ret = lkl_sys_mount("/disk", "/mnt", (char *)type, LKL_MS_RDONLY, NULL);
	if (!ret) {
		walk("/mnt", 0);
		work();
		walk("/mnt", 0);
		lkl_umount_timeout("/mnt", 0, 10000);
	}
	/* Mounted or not, for the summary. */
	_exit(ret ? 10 : 0);
}

int main(int argc, char **argv)
{
	unsigned int first, count, i, mounted = 0, stops = 0, bad = 0;
	long peak = 0;

	if (argc != 5)
		die("see the top of hostile.c");
	first = atoi(argv[3]);
	count = atoi(argv[4]);
	load(argv[2]);
	if (count > 1)
		lkl_host_ops.print = NULL;
	lkl_host_ops.panic = stopped;
	must(lkl_start_kernel("mem=128M loglevel=%d", count > 1 ? 0 : 7), "start");
	for (i = first; i < first + count; i++) {
		struct rusage usage;
		int status;
		pid_t pid = fork();

		if (!pid) {
			alarm(SECONDS);
			once(argv[1], i);
		}
		if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
			die("fork: %s", strerror(errno));
		if (usage.ru_maxrss > peak)
			peak = usage.ru_maxrss;
		mounted += WIFEXITED(status) && !WEXITSTATUS(status);
		if (WIFEXITED(status) && WEXITSTATUS(status) == STOPPED) {
			stops++;
			bad += strcmp(argv[1], STOPS) != 0;
			printf("%u: Linux stopped\n", i);
			continue;
		}
		if (WIFEXITED(status) && usage.ru_maxrss <= GROWTH_MAX_KIB)
			continue;
		bad++;
		if (WIFSIGNALED(status))
			printf("%u: %s\n", i, WTERMSIG(status) == SIGALRM ? "did not end" :
			       strsignal(WTERMSIG(status)));
		else
			printf("%u: grew to %ld KiB\n", i, usage.ru_maxrss);
	}
	printf("%u of %u could be mounted, peak %ld MiB, Linux stopped in %u, %u bad\n", mounted,
	       count, peak >> 10, stops, bad);
	return !!bad;
}

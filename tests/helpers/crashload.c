// SPDX-License-Identifier: GPL-2.0
/*
 * crashload write TYPE IMAGE LOG [cache]: writes files for ever, each with fsync,
 *	and notes in LOG which ones fsync has returned for. Somebody kills it.
 * crashload verify TYPE IMAGE LOG: every file in LOG is there, with its contents.
 *
 * With "cache" the image sits behind a disk with a volatile write cache: what was
 * not flushed is gone when the process is, as with a power failure.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "mounted.h"

#define THREADS 3
#define SIZE_MAX_ 20000

static int log_fd;

/* ---- a disk with a volatile cache ------------------------------------------- */

/* A private mapping of the image; what is written stays in it until a flush. */
static struct {
	char *map;
	size_t size;
	int fd;
	/* One byte for each page. */
	unsigned char *dirty;
	pthread_mutex_t lock;
} cache = { .lock = PTHREAD_MUTEX_INITIALIZER };

#define PAGE 4096UL

static int cache_capacity(struct lkl_disk disk, unsigned long long *res)
{
	(void)disk;
	*res = cache.size;
	return 0;
}

static int cache_flush(void)
{
	size_t i;

	for (i = 0; i < cache.size / PAGE; i++) {
		if (!cache.dirty[i])
			continue;
		if (pwrite(cache.fd, cache.map + i * PAGE, PAGE, i * PAGE) != (ssize_t)PAGE)
			return LKL_DEV_BLK_STATUS_IOERR;
		cache.dirty[i] = 0;
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int cache_transfer(struct lkl_blk_req *req)
{
	size_t pos = req->sector * 512, len;
	int i;

	for (i = 0; i < req->count; i++, pos += len) {
		len = req->buf[i].iov_len;
		if (req->type == LKL_DEV_BLK_TYPE_READ) {
			memcpy(req->buf[i].iov_base, cache.map + pos, len);
		} else {
			memcpy(cache.map + pos, req->buf[i].iov_base, len);
			memset(cache.dirty + pos / PAGE, 1,
			       (pos + len - 1) / PAGE - pos / PAGE + 1);
		}
	}
	return LKL_DEV_BLK_STATUS_OK;
}

static int cache_request(struct lkl_disk disk, struct lkl_blk_req *req)
{
	int ret;

	(void)disk;
	pthread_mutex_lock(&cache.lock);
	switch (req->type) {
	case LKL_DEV_BLK_TYPE_READ:
	case LKL_DEV_BLK_TYPE_WRITE:
		ret = cache_transfer(req);
		break;
	case LKL_DEV_BLK_TYPE_FLUSH:
	case LKL_DEV_BLK_TYPE_FLUSH_OUT:
		ret = cache_flush();
		break;
	default:
		ret = LKL_DEV_BLK_STATUS_UNSUP;
	}
	pthread_mutex_unlock(&cache.lock);
	return ret;
}

static struct lkl_dev_blk_ops cache_ops = {
	.get_capacity = cache_capacity,
	.request = cache_request,
};

static struct lkl_disk cached_disk(const char *image)
{
	struct lkl_disk disk = { .ops = &cache_ops };
	struct stat st;

	cache.fd = open(image, O_RDWR | O_CLOEXEC);
	if (cache.fd < 0 || fstat(cache.fd, &st))
		die("%s: cannot open", image);
	cache.size = st.st_size;
	cache.map = mmap(NULL, cache.size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_NORESERVE, cache.fd, 0);
	cache.dirty = calloc(1, cache.size / PAGE + 1);
	if (cache.map == MAP_FAILED || !cache.dirty)
		die("%s: no memory", image);
	return disk;
}

/* ---- the load --------------------------------------------------------------- */

static size_t contents(int thread, int n, char *buf)
{
	unsigned int seed = thread * 1000003 + n;
	size_t i, size = seed * 7919 % SIZE_MAX_ + 1;

	for (i = 0; i < size; i++) {
		seed = seed * 1103515245 + 12345;
		buf[i] = seed >> 16;
	}
	return size;
}

static void file_name(char *path, size_t size, int thread, int n)
{
	snprintf(path, size, "/mnt/t%d/%d/%d", thread, n / 100, n);
}

static void sync_folder(const char *path)
{
	int fd = must(lkl_sys_open(path, LKL_O_RDONLY | LKL_O_DIRECTORY, 0), path);

	must(lkl_sys_fsync(fd), "fsync of a folder");
	lkl_sys_close(fd);
}

static void *load(void *arg)
{
	int n, fd, thread = (long)arg;
	char path[64], dir[64], line[64];
	static __thread char buf[SIZE_MAX_];
	size_t size;

	snprintf(path, sizeof(path), "/mnt/t%d", thread);
	must(lkl_sys_mkdir(path, 0755), path);
	for (n = 0;; n++) {
		snprintf(dir, sizeof(dir), "/mnt/t%d/%d", thread, n / 100);
		if (n % 100 == 0)
			must(lkl_sys_mkdir(dir, 0755), dir);
		file_name(path, sizeof(path), thread, n);
		size = contents(thread, n, buf);
		fd = lkl_sys_open(path, LKL_O_WRONLY | LKL_O_CREAT | LKL_O_EXCL, 0644);
		if (fd == -LKL_ENOSPC)
			pause();
		must(fd, path);
		if (lkl_sys_write(fd, buf, size) != (long)size)
			pause();
		must(lkl_sys_fsync(fd), "fsync");
		lkl_sys_close(fd);
		/* Names are durable for sure only when their folders are. */
		sync_folder(dir);
		if (n % 100 == 0) {
			snprintf(dir, sizeof(dir), "/mnt/t%d", thread);
			sync_folder(dir);
			if (n == 0)
				sync_folder("/mnt");
		}
		size = snprintf(line, sizeof(line), "%d %d\n", thread, n);
		if (write(log_fd, line, size) != (ssize_t)size)
			die("log");
	}
	return NULL;
}

static void verify(const char *log)
{
	static char want[SIZE_MAX_], got[SIZE_MAX_ + 1];
	int thread, n, fd, count = 0;
	FILE *f = fopen(log, "re");
	char path[64];
	size_t size;

	if (!f)
		die("%s: cannot open", log);
	while (fscanf(f, "%d %d", &thread, &n) == 2) {
		file_name(path, sizeof(path), thread, n);
		size = contents(thread, n, want);
		fd = must(lkl_sys_open(path, LKL_O_RDONLY, 0), path);
		if (lkl_sys_read(fd, got, sizeof(got)) != (long)size ||
		    memcmp(want, got, size))
			die("%s: other contents", path);
		lkl_sys_close(fd);
		count++;
	}
	fclose(f);
	printf("%d files\n", count);
}

int main(int argc, char **argv)
{
	struct lkl_disk disk = { .ops = NULL };
	pthread_t threads[THREADS];
	long i;

	if (argc < 5)
		die("see the top of crashload.c");
	if (argc > 5)
		disk = cached_disk(argv[3]);
	else
		disk.fd = open(argv[3], O_RDWR | O_CLOEXEC);
	mounted_boot();
	must(mounted_mount(&disk, argv[2], 0), "mount");
	if (!strcmp(argv[1], "verify")) {
		verify(argv[4]);
		must(lkl_umount_timeout("/mnt", 0, 10000), "unmount");
		mounted_halt(&disk);
		return 0;
	}
	log_fd = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, load, (void *)i);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

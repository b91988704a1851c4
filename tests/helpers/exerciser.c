// SPDX-License-Identifier: GPL-2.0
/*
 * exerciser FILE MODEL SECONDS [SEED]: does random things to FILE, and the same to an
 * image of it in memory, and compares all the time. In the end MODEL gets what FILE must
 * hold, also after the next mount.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MAX_	(6UL << 20)

static unsigned char *model, *buf;
static size_t size;
static int fd;
/* The one that made the file; it writes only, which may be another way to it. */
static int maker;
static const char *path;
static uint64_t state, steps;
static const char *last = "start";

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s, after %lu steps, in %s: ", path, (unsigned long)steps, last);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static long must(long ret, const char *what)
{
	if (ret == -1)
		die("%s: %s", what, strerror(errno));
	return ret;
}

static uint64_t rnd(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? state % below : 0;
}

/* Mostly small, sometimes large; often on the edges of blocks. */
static size_t some_len(void)
{
	size_t len = rnd(8) ? rnd(20000) : rnd(700000);

	return rnd(3) ? len + 1 : (len & ~4095UL) + 4096;
}

static size_t some_off(size_t limit)
{
	size_t off = rnd(limit + 1);

	return rnd(3) ? off : off & ~4095UL;
}

static void fill(size_t len)
{
	unsigned char c = rnd(255) + 1;

	for (size_t i = 0; i < len; i++)
		buf[i] = c + i / 512;
}

static void compare(const void *got, size_t off, size_t len)
{
	const unsigned char *p = got;

	if (!memcmp(got, model + off, len))
		return;
	for (size_t i = 0; i < len; i++)
		if (p[i] != model[off + i])
			die("byte %zu of %zu is %02x, not %02x", off + i, size, p[i],
			    model[off + i]);
}

static void grow(size_t end)
{
	if (end > size)
		size = end;
}

static void do_write(void)
{
	size_t off = some_off(size + 100000), len = some_len();

	if (off + len > SIZE_MAX_)
		return;
	fill(len);
	if (must(pwrite(rnd(3) ? fd : maker, buf, len, off), "pwrite") != (long)len)
		die("short write");
	memcpy(model + off, buf, len);
	grow(off + len);
}

static void do_read(void)
{
	size_t off = some_off(size), len = some_len(), want;
	long n = must(pread(fd, buf, len, off), "pread");

	want = off >= size ? 0 : size - off < len ? size - off : len;
	if (n != (long)want)
		die("%ld bytes read at %zu of %zu, not %zu", n, off, size, want);
	compare(buf, off, n);
}

static void do_truncate(void)
{
	size_t to = rnd(4) ? some_off(size) : some_off(SIZE_MAX_);

	must(ftruncate(fd, to), "ftruncate");
	if (to < size)
		memset(model + to, 0, size - to);
	size = to;
}

static void do_map(void)
{
	size_t off = some_off(size) & ~4095UL, len = some_len();
	unsigned char *map;

	if (off >= size)
		return;
	if (len > size - off)
		len = size - off;
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, off);
	if (map == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	compare(map, off, len);
	if (rnd(2)) {
		fill(len);
		memcpy(map, buf, len);
		memcpy(model + off, buf, len);
		if (rnd(2))
			must(msync(map, len, rnd(2) ? MS_SYNC : MS_ASYNC), "msync");
	}
	munmap(map, len);
}

static void do_punch(void)
{
	size_t off = some_off(size), len = some_len();
	int mode = rnd(2) ? FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE :
		   FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;

	if (off >= size)
		return;
	if (len > size - off)
		len = size - off;
	if (fallocate(fd, mode, off, len)) {
		if (errno != EOPNOTSUPP)
			die("fallocate: %s", strerror(errno));
		return;
	}
	memset(model + off, 0, len);
}

static void do_allocate(void)
{
	size_t off = some_off(size), len = some_len();

	if (off + len > SIZE_MAX_)
		return;
	if (fallocate(fd, 0, off, len)) {
		if (errno != EOPNOTSUPP)
			die("fallocate: %s", strerror(errno));
		return;
	}
	grow(off + len);
}

static void do_copy(void)
{
	size_t from = some_off(size), to = some_off(size), len = some_len();
	loff_t in = from, out = to;
	long n;

	if (from >= size || from + len > size)
		return;
	if (to < from ? to + len > from : from + len > to)
		return;
	if (to + len > SIZE_MAX_)
		return;
	n = copy_file_range(fd, &in, fd, &out, len, 0);
	if (n < 0 && (errno == EOPNOTSUPP || errno == EXDEV || errno == EINVAL))
		return;
	must(n, "copy_file_range");
	memmove(model + to, model + from, n);
	grow(to + n);
}

/* A hole must be one, and what lies before the next data, too. */
static void do_seek(void)
{
	size_t off = some_off(size);
	off_t data, hole;

	if (off >= size)
		return;
	data = lseek(fd, off, SEEK_DATA);
	if (data < 0 && errno == ENXIO)
		data = size;
	must(data, "SEEK_DATA");
	for (size_t i = off; i < (size_t)data; i++)
		if (model[i])
			die("byte %zu is said to be in a hole (data at %ld)", i, (long)data);
	hole = must(lseek(fd, off, SEEK_HOLE), "SEEK_HOLE");
	if (hole < (off_t)off || hole > (off_t)size)
		die("hole at %ld of %zu", (long)hole, size);
}

static void do_reopen(void)
{
	must(close(fd), "close");
	fd = must(open(path, O_RDWR), "open");
}

static void do_sync(void)
{
	must(rnd(2) ? fsync(fd) : fdatasync(fd), "fsync");
}

/* What is read next has to come from below. */
static void do_forget(void)
{
	must(fsync(fd), "fsync");
	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (errno)
		die("fadvise: %s", strerror(errno));
}

static void do_stat(void)
{
	struct stat st;

	must(fstat(fd, &st), "fstat");
	if ((size_t)st.st_size != size)
		die("%ld bytes, not %zu", (long)st.st_size, size);
}

static const struct {
	const char *name;
	void (*run)(void);
	int weight;
} steps_of[] = {
	{ "write", do_write, 30 }, { "read", do_read, 30 }, { "truncate", do_truncate, 6 },
	{ "mmap", do_map, 12 }, { "punch", do_punch, 4 }, { "allocate", do_allocate, 2 },
	{ "copy", do_copy, 4 }, { "seek", do_seek, 2 }, { "reopen", do_reopen, 3 },
	{ "sync", do_sync, 1 }, { "forget", do_forget, 1 }, { "stat", do_stat, 5 },
};

static void step(void)
{
	int at = rnd(100);

	for (size_t i = 0; i < sizeof(steps_of) / sizeof(*steps_of); i++) {
		at -= steps_of[i].weight;
		if (at >= 0)
			continue;
		last = steps_of[i].name;
		steps_of[i].run();
		steps++;
		return;
	}
}

int main(int argc, char **argv)
{
	struct timespec ts;
	time_t end;
	FILE *f;

	if (argc < 4) {
		fprintf(stderr, "usage: %s FILE MODEL SECONDS [SEED]\n", argv[0]);
		return 2;
	}
	path = argv[1];
	state = argc > 4 ? strtoull(argv[4], NULL, 0) : 0;
	if (!state) {
		clock_gettime(CLOCK_REALTIME, &ts);
		state = ts.tv_sec * 1000003 + ts.tv_nsec + getpid();
	}
	printf("%s: seed %lu\n", path, (unsigned long)state);
	fflush(stdout);
	model = calloc(1, SIZE_MAX_);
	buf = malloc(SIZE_MAX_);
	unlink(path);
	maker = must(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600), "open");
	fd = must(open(path, O_RDWR), "open");
	end = time(NULL) + atoi(argv[3]);
	while (time(NULL) < end)
		step();
	last = "end";
	must(close(fd), "close");
	must(close(maker), "close");
	fd = must(open(path, O_RDONLY), "open");
	if (must(pread(fd, buf, SIZE_MAX_, 0), "pread") != (long)size)
		die("wrong size");
	compare(buf, 0, size);
	close(fd);
	f = fopen(argv[2], "w");
	if (!f || fwrite(model, 1, size, f) != size || fclose(f))
		die("%s: %s", argv[2], strerror(errno));
	printf("%s: %lu steps\n", path, (unsigned long)steps);
	return 0;
}

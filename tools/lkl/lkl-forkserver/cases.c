// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <entry.h>
#include <message.h>

#include "cases.h"

#define SECTOR		512
#define STDIN_MAX	(256UL << 20)

static struct test_case *add(struct cases *cases, const char *name, size_t len)
{
	struct test_case *c;

	cases->list = must_realloc(cases->list, (cases->n + 1) * sizeof(*cases->list));
	c = &cases->list[cases->n++];
	memset(c, 0, sizeof(*c));
	c->name = must_strdup(name);
	c->len = len;
	if (len > cases->largest)
		cases->largest = len;
	return c;
}

static void add_stdin(struct cases *cases)
{
	char *bytes = NULL;
	size_t len = 0, size = 0;
	ssize_t n;

	do {
		if (len == size) {
			size = size ? size * 2 : 1 << 20;
			if (size > STDIN_MAX)
				die("standard input has more than 256 MiB; name the file instead");
			bytes = must_realloc(bytes, size);
		}
		n = read(STDIN_FILENO, bytes + len, size - len);
		if (n < 0 && errno != EINTR)
			die("standard input: %s", strerror(errno));
		len += n > 0 ? n : 0;
	} while (n);
	add(cases, "standard input", len)->bytes = bytes;
}

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void add_folder(struct cases *cases, const char *name)
{
	struct dirent **entries;
	int n = scandir(name, &entries, not_hidden, alphasort);

	if (n < 0)
		die("%s: %s", name, strerror(errno));
	for (int i = 0; i < n; i++) {
		size_t size = strlen(name) + strlen(entries[i]->d_name) + 2;
		char *path = must_alloc(size);
		struct stat st;

		snprintf(path, size, "%s%s%s", name, name[strlen(name) - 1] == '/' ? "" : "/",
			 entries[i]->d_name);
		if (!stat(path, &st) && S_ISREG(st.st_mode))
			add(cases, path, st.st_size)->path = path;
		else
			free(path);
		free(entries[i]);
	}
	free(entries);
}

void cases_expect(struct cases *cases, const char *name)
{
	add(cases, name, 0)->path = must_strdup(name);
}

void cases_add(struct cases *cases, const char *name)
{
	struct stat st;

	if (!strcmp(name, "-")) {
		add_stdin(cases);
		return;
	}
	if (stat(name, &st))
		die("%s: %s", name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		add_folder(cases, name);
	else if (S_ISREG(st.st_mode))
		add(cases, name, st.st_size)->path = must_strdup(name);
	else
		die("%s is neither a file nor a folder", name);
}

static int is_empty(const char *sector)
{
	static const char zeroes[SECTOR];

	return !memcmp(sector, zeroes, SECTOR);
}

static void add_sector(struct base *base, uint64_t start)
{
	struct run *e = base->n ? &base->extents[base->n - 1] : NULL;

	base->used += SECTOR;
	if (e && e->start + e->len == start) {
		e->len += SECTOR;
		return;
	}
	base->extents = must_realloc(base->extents, (base->n + 1) * sizeof(*e));
	base->extents[base->n++] = (struct run){ start, SECTOR };
}

/* Holes of the file are passed over: images of gigabytes hold little. */
static void find_extents(struct base *base, const char *image)
{
	off_t at = 0, end;

	while ((size_t)at < base->size) {
		at = lseek(base->fd, at, SEEK_DATA);
		if (at < 0)
			return;
		end = lseek(base->fd, at, SEEK_HOLE);
		at &= ~(off_t)(SECTOR - 1);
		for (; at < end && at + SECTOR <= (off_t)base->size; at += SECTOR)
			if (!is_empty(image + at))
				add_sector(base, at);
		at = at < end ? end : at;
	}
}

void base_open(struct base *base, const char *name)
{
	struct stat st;
	char *image;

	base->name = name;
	base->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (base->fd < 0 || fstat(base->fd, &st))
		die("%s: %s", name, strerror(errno));
	base->size = st.st_size;
	if (!S_ISREG(st.st_mode) || base->size < SECTOR)
		die("%s is no disk image", name);
	image = mmap(NULL, base->size, PROT_READ, MAP_PRIVATE, base->fd, 0);
	if (image == MAP_FAILED)
		die("%s: %s", name, strerror(errno));
	find_extents(base, image);
	if (!base->n)
		die("%s holds nothing but zeroes", name);
	/* Shared, so that nobody takes the trouble to put it back after a case. */
	base->room = mmap(NULL, base->used, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	if (base->room == MAP_FAILED)
		die("%s: no memory for cases: %s", name, strerror(errno));
	checksums_find(&base->sums, image, base->size);
	munmap(image, base->size);
}

int base_read(const struct base *base, char *to, size_t len)
{
	for (int i = 0; len; i++) {
		const struct run *e = &base->extents[i];
		size_t n = e->len < len ? e->len : len;

		if (pread(base->fd, to, n, e->start) != (ssize_t)n) {
			error("%s: cannot be read", base->name);
			return -1;
		}
		to += n;
		len -= n;
	}
	return 0;
}

int base_pack(const struct base *base)
{
	if (base_read(base, base->room, base->used))
		return -1;
	if (fwrite(base->room, base->used, 1, stdout) != 1 || fflush(stdout)) {
		error("the output cannot be written");
		return -1;
	}
	return 0;
}

void base_load(const struct base *base, struct disk *disk)
{
	int err = disk_map(disk, base->fd, base->size);

	if (err)
		die("%s: %s", base->name, strerror(-err));
}

/* The whole case, into memory that has room for it. */
static int put(const struct test_case *c, int fd, char *to, size_t len)
{
	if (fd < 0) {
		memcpy(to, c->bytes, len);
		return 0;
	}
	for (size_t at = 0; at < len; ) {
		ssize_t n = pread(fd, to + at, len - at, at);

		if (n <= 0)
			return n ? -errno : -EIO;
		at += n;
	}
	return 0;
}

/* Sectors that are as before are not written: their pages stay those of the parent. */
static void put_changed(char *to, const char *from, size_t len)
{
	for (; len >= SECTOR; to += SECTOR, from += SECTOR, len -= SECTOR)
		if (memcmp(to, from, SECTOR))
			memcpy(to, from, SECTOR);
	memcpy(to, from, len);
}

/* A short case leaves the rest as it is. */
static int put_extents(const struct test_case *c, int fd, size_t total, const struct base *base,
		       const struct disk *disk)
{
	const char *bytes = c->bytes;
	size_t at = 0;
	int err;

	if (total > base->used)
		total = base->used;
	if (fd >= 0) {
		err = put(c, fd, base->room, total);
		if (err)
			return err;
		bytes = base->room;
	}
	for (int i = 0; at < total; i++) {
		const struct run *e = &base->extents[i];
		size_t len = e->len < total - at ? e->len : total - at;

		put_changed(disk->memory + e->start, bytes + at, len);
		at += len;
	}
	return 0;
}

static int put_image(const struct test_case *c, int fd, size_t len, const struct disk *disk)
{
	int err = len > disk->size ? -EFBIG : disk_clear(disk);

	if (err)
		return err;
	return fd < 0 ? put(c, fd, disk->memory, len) : disk_map(disk, fd, len);
}

int case_load(const struct test_case *c, const struct base *base, int fix,
	      const struct disk *disk)
{
	int fd = c->path ? open(c->path, O_RDONLY | O_CLOEXEC) : -1;
	size_t len = c->len;
	struct stat st;
	int err;

	if (c->path && (fd < 0 || fstat(fd, &st)))
		return -errno;
	/* A fuzzer writes another case into the same file each time. */
	if (fd >= 0)
		len = st.st_size;
	if (base)
		err = put_extents(c, fd, len, base, disk);
	else
		err = put_image(c, fd, len, disk);
	if (fd >= 0)
		close(fd);
	if (!err && base && fix)
		checksums_fix(&base->sums, disk->memory);
	return err;
}

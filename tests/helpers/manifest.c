// SPDX-License-Identifier: GPL-2.0
/*
 * manifest [OPTIONS] DIR: a line for each file below DIR with everything that a copy has
 * to keep, in the order of names, so that two trees can be compared by diff.
 *
 *   -o no owners    -m no permissions    -x no extended attributes    -l no link counts
 *   -t NS  times in units of NS (1; 0: no times)     -a times of access as well
 *
 * Blocks of zeroes are the same as holes. What mkfs or the kernel makes in the top, lost+found and
 * .nilfs, is left out.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BLOCK 4096

static int no_owners, no_modes, no_xattrs, no_links, access_times;
static int64_t unit = 1;

static void die(const char *path)
{
	fprintf(stderr, "manifest: %s: %s\n", path, strerror(errno));
	exit(1);
}

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3ULL;
	return hash;
}

static uint64_t hash_data(const char *path, int fd, off_t from, off_t to, uint64_t hash)
{
	static const char zero[BLOCK];
	char block[BLOCK];

	for (from -= from % BLOCK; from < to; from += BLOCK) {
		ssize_t got = pread(fd, block, BLOCK, from);

		if (got < 0)
			die(path);
		memset(block + got, 0, BLOCK - got);
		if (!memcmp(block, zero, BLOCK))
			continue;
		hash = mix(hash, &from, sizeof(from));
		hash = mix(hash, block, BLOCK);
	}
	return hash;
}

static uint64_t hash_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW);
	uint64_t hash = 0xcbf29ce484222325ULL;
	off_t from, to = 0;

	if (fd < 0)
		die(path);
	while ((from = lseek(fd, to, SEEK_DATA)) >= 0) {
		to = lseek(fd, from, SEEK_HOLE);
		hash = hash_data(path, fd, from, to, hash);
	}
	if (errno != ENXIO)
		die(path);
	close(fd);
	return hash;
}

/* Without what a terminal, or a line, could stumble over. */
static void print_bytes(const char *text, size_t len)
{
	for (; len--; text++)
		if (*text > ' ' && *text < 0x7f && *text != '\\')
			putchar(*text);
		else
			printf("\\%02x", (unsigned char)*text);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_xattrs(const char *path)
{
	char list[65536], value[65536], *names[256], *p;
	ssize_t len = llistxattr(path, list, sizeof(list)), size;
	int n = 0;

	if (len < 0 && errno != ENOTSUP)
		die(path);
	for (p = list; p < list + len && n < 256; p += strlen(p) + 1)
		names[n++] = p;
	qsort(names, n, sizeof(names[0]), compare_names);
	for (int i = 0; i < n; i++) {
		size = lgetxattr(path, names[i], value, sizeof(value));
		if (size < 0)
			die(path);
		printf(" %s=", names[i]);
		print_bytes(value, size);
	}
}

static void print_time(const char *what, const struct timespec *ts)
{
	int64_t second = 1000000000;

	if (!unit)
		return;
	if (unit >= second)
		printf(" %s %" PRId64, what, (int64_t)ts->tv_sec / (unit / second));
	else
		printf(" %s %" PRId64 ".%" PRId64, what, (int64_t)ts->tv_sec,
		       (int64_t)ts->tv_nsec / unit);
}

static void print_file(const char *path, const char *name)
{
	char target[4096];
	struct stat st;
	ssize_t len;

	if (lstat(path, &st))
		die(path);
	print_bytes(name, strlen(name));
	printf(" type %o", (st.st_mode & S_IFMT) >> 12);
	if (!no_modes && !S_ISLNK(st.st_mode))
		printf(" mode %o", st.st_mode & 07777);
	if (!no_owners)
		printf(" owner %u:%u", st.st_uid, st.st_gid);
	print_time("mtime", &st.st_mtim);
	if (access_times)
		print_time("atime", &st.st_atim);
	if (!no_links && !S_ISDIR(st.st_mode))
		printf(" links %lu", (unsigned long)st.st_nlink);
	if (S_ISREG(st.st_mode))
		printf(" size %lld data %016" PRIx64, (long long)st.st_size, hash_file(path));
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		printf(" device %u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (S_ISLNK(st.st_mode)) {
		len = readlink(path, target, sizeof(target));
		if (len < 0)
			die(path);
		printf(" to ");
		print_bytes(target, len);
	}
	if (!no_xattrs)
		print_xattrs(path);
	putchar('\n');
}

static int wanted(const struct dirent *de)
{
	return strcmp(de->d_name, ".") && strcmp(de->d_name, "..");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void print_tree(const char *path, const char *name, int top)
{
	struct dirent **list;
	struct stat st;
	int n;

	print_file(path, name);
	if (lstat(path, &st))
		die(path);
	if (!S_ISDIR(st.st_mode))
		return;
	n = scandir(path, &list, wanted, by_bytes);
	if (n < 0)
		die(path);
	for (int i = 0; i < n; i++) {
		char *p, *q;

		if (top && (!strcmp(list[i]->d_name, "lost+found") ||
			    !strcmp(list[i]->d_name, ".nilfs")))
			continue;
		if (asprintf(&p, "%s/%s", path, list[i]->d_name) < 0 ||
		    asprintf(&q, "%s/%s", name, list[i]->d_name) < 0)
			die(path);
		print_tree(p, q, 0);
		free(p);
		free(q);
		free(list[i]);
	}
	free(list);
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "omxlat:")) != -1)
		switch (c) {
		case 'o': no_owners = 1; break;
		case 'm': no_modes = 1; break;
		case 'x': no_xattrs = 1; break;
		case 'l': no_links = 1; break;
		case 'a': access_times = 1; break;
		case 't': unit = atoll(optarg); break;
		default: return 1;
		}
	if (optind + 1 != argc)
		return 1;
	print_tree(argv[optind], ".", 1);
	return 0;
}

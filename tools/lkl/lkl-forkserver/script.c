// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include <entry.h>
#include <message.h>

#include "script.h"
#include "walk.h"

#define WORDS_MAX	4
#define BUFFER		65536

/* What operations share while they run. */
struct run {
	const char *mnt;
	int verbose;
	struct script_progress *progress;
};

struct definition {
	const char *name;
	/* For the help; words in brackets may be left out. */
	const char *parameters;
	const char *what;
	int min, max;
	void (*run)(struct run *r, char *const *args);
};

struct operation {
	const struct definition *def;
	char *text;
	/* The words behind the name; missing ones are NULL. */
	char *args[WORDS_MAX];
};

static char buffer[BUFFER];

/* Counts a call, and shows it. Returns @ret. */
static long __attribute__((format(printf, 3, 4))) did(struct run *r, long ret, const char *fmt, ...)
{
	va_list args;

	r->progress->calls++;
	r->progress->errors += ret < 0;
	if (r->verbose) {
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
		if (ret < 0)
			printf(" = %s\n", lkl_strerror(ret));
		else
			printf(" = %ld\n", ret);
	}
	return ret;
}

/* Below the mount point. Two at a time, for operations with two names. */
static const char *inside(struct run *r, const char *path)
{
	static char paths[2][4400];
	static int next;

	next = !next;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", r->mnt, path);
	return paths[next];
}

static unsigned long number(const char *text, unsigned long otherwise)
{
	return text ? strtoul(text, NULL, 0) : otherwise;
}

static long opened(struct run *r, const char *path, int flags)
{
	return did(r, lkl_sys_open(inside(r, path), flags, 0644), "open %s", path);
}

static void closed(struct run *r, long fd)
{
	if (fd >= 0)
		did(r, lkl_sys_close(fd), "close");
}

static void do_walk(struct run *r, char *const *args)
{
	struct walk_counts counts = { .calls = 0 };

	walk(r->mnt, number(args[0], 1000), &counts);
	r->progress->calls += counts.calls;
	r->progress->errors += counts.errors;
	if (r->verbose)
		printf("walk: %u entries, %u calls, %u errors\n", counts.entries, counts.calls,
		       counts.errors);
}

static void do_stat(struct run *r, char *const *args)
{
	struct lkl_stat st;

	did(r, lkl_sys_lstat(inside(r, args[0]), &st), "stat %s", args[0]);
}

static void do_statfs(struct run *r, char *const *args)
{
	struct lkl_statfs st;

	did(r, lkl_sys_statfs(r->mnt, &st), "statfs");
}

static void do_list(struct run *r, char *const *args)
{
	long fd = opened(r, args[0], LKL_O_RDONLY | LKL_O_DIRECTORY);

	while (fd >= 0 && did(r, lkl_sys_getdents64(fd, (void *)buffer, BUFFER), "list") > 0)
		;
	closed(r, fd);
}

static void do_read(struct run *r, char *const *args)
{
	long fd = opened(r, args[0], LKL_O_RDONLY | LKL_O_NONBLOCK);
	unsigned long left = number(args[1], BUFFER);
	long n = fd;

	while (n >= 0 && left) {
		unsigned long len = left < BUFFER ? left : BUFFER;

		n = did(r, lkl_sys_read(fd, buffer, len), "read %lu", len);
		if (n <= 0)
			break;
		left -= n;
	}
	closed(r, fd);
}

static void do_write(struct run *r, char *const *args)
{
	long fd = opened(r, args[0], LKL_O_WRONLY | LKL_O_CREAT | LKL_O_NONBLOCK);
	unsigned long left = number(args[1], 0), at = number(args[2], 0);
	long n = fd;

	while (n >= 0 && left) {
		unsigned long len = left < BUFFER ? left : BUFFER;

		n = did(r, lkl_sys_pwrite64(fd, buffer, len, at), "write %lu at %lu", len, at);
		if (n <= 0)
			break;
		left -= n;
		at += n;
	}
	closed(r, fd);
}

static void do_truncate(struct run *r, char *const *args)
{
	did(r, lkl_sys_truncate(inside(r, args[0]), number(args[1], 0)), "truncate %s %s",
	    args[0], args[1]);
}

static void allocate(struct run *r, char *const *args, int mode, const char *name)
{
	long fd = opened(r, args[0], LKL_O_RDWR | LKL_O_CREAT | LKL_O_NONBLOCK);

	if (fd >= 0)
		did(r, lkl_sys_fallocate(fd, mode, number(args[1], 0), number(args[2], 0)),
		    "%s %s %s", name, args[1], args[2]);
	closed(r, fd);
}

static void do_fallocate(struct run *r, char *const *args)
{
	allocate(r, args, 0, "fallocate");
}

static void do_punch(struct run *r, char *const *args)
{
	allocate(r, args, LKL_FALLOC_FL_PUNCH_HOLE | LKL_FALLOC_FL_KEEP_SIZE, "punch");
}

static void do_fsync(struct run *r, char *const *args)
{
	long fd = opened(r, args[0], LKL_O_RDONLY | LKL_O_NONBLOCK);

	if (fd >= 0)
		did(r, lkl_sys_fsync(fd), "fsync");
	closed(r, fd);
}

static void do_sync(struct run *r, char *const *args)
{
	did(r, lkl_sys_sync(), "sync");
}

static void do_mkdir(struct run *r, char *const *args)
{
	did(r, lkl_sys_mkdir(inside(r, args[0]), 0755), "mkdir %s", args[0]);
}

static void do_rmdir(struct run *r, char *const *args)
{
	did(r, lkl_sys_rmdir(inside(r, args[0])), "rmdir %s", args[0]);
}

static void do_unlink(struct run *r, char *const *args)
{
	did(r, lkl_sys_unlink(inside(r, args[0])), "unlink %s", args[0]);
}

static void do_rename(struct run *r, char *const *args)
{
	did(r, lkl_sys_rename(inside(r, args[0]), inside(r, args[1])), "rename %s %s", args[0],
	    args[1]);
}

static void do_link(struct run *r, char *const *args)
{
	did(r, lkl_sys_link(inside(r, args[0]), inside(r, args[1])), "link %s %s", args[0], args[1]);
}

static void do_symlink(struct run *r, char *const *args)
{
	did(r, lkl_sys_symlink(args[0], inside(r, args[1])), "symlink %s %s", args[0], args[1]);
}

static void do_readlink(struct run *r, char *const *args)
{
	did(r, lkl_sys_readlink(inside(r, args[0]), buffer, BUFFER), "readlink %s", args[0]);
}

static void do_chmod(struct run *r, char *const *args)
{
	did(r, lkl_sys_chmod(inside(r, args[1]), strtoul(args[0], NULL, 8)), "chmod %s %s", args[0],
	    args[1]);
}

static void do_listxattr(struct run *r, char *const *args)
{
	did(r, lkl_sys_llistxattr(inside(r, args[0]), buffer, BUFFER), "listxattr %s", args[0]);
}

static void do_getxattr(struct run *r, char *const *args)
{
	did(r, lkl_sys_lgetxattr(inside(r, args[0]), args[1], buffer, BUFFER), "getxattr %s %s",
	    args[0], args[1]);
}

static void do_setxattr(struct run *r, char *const *args)
{
	did(r, lkl_sys_lsetxattr(inside(r, args[0]), args[1], args[2], strlen(args[2]), 0),
	    "setxattr %s %s", args[0], args[1]);
}

static void do_removexattr(struct run *r, char *const *args)
{
	did(r, lkl_sys_lremovexattr(inside(r, args[0]), args[1]), "removexattr %s %s", args[0],
	    args[1]);
}

static void do_remount(struct run *r, char *const *args)
{
	int read_only = !strcmp(args[0], "ro");

	did(r, lkl_sys_mount("none", (char *)r->mnt, NULL,
			     LKL_MS_REMOUNT | (read_only ? LKL_MS_RDONLY : 0), NULL),
	    "remount %s", args[0]);
}

static void do_sleep(struct run *r, char *const *args)
{
	unsigned long ms = number(args[0], 0);
	struct lkl_timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	did(r, lkl_sys_nanosleep((void *)&ts, NULL), "sleep %s", args[0]);
}

static const struct definition definitions[] = {
	{ "walk", "[ENTRIES]", "stat, list, read, links and attributes of everything", 0, 1, do_walk },
	{ "stat", "PATH", "attributes of a file", 1, 1, do_stat },
	{ "statfs", "", "numbers of the file system", 0, 0, do_statfs },
	{ "list", "PATH", "entries of a folder", 1, 1, do_list },
	{ "read", "PATH [BYTES]", "from the beginning; 64 KiB", 1, 2, do_read },
	{ "write", "PATH BYTES [OFFSET]", "into a file that is made if need be", 2, 3, do_write },
	{ "truncate", "PATH SIZE", "", 2, 2, do_truncate },
	{ "fallocate", "PATH OFFSET BYTES", "", 3, 3, do_fallocate },
	{ "punch", "PATH OFFSET BYTES", "a hole", 3, 3, do_punch },
	{ "fsync", "PATH", "", 1, 1, do_fsync },
	{ "sync", "", "", 0, 0, do_sync },
	{ "mkdir", "PATH", "", 1, 1, do_mkdir },
	{ "rmdir", "PATH", "", 1, 1, do_rmdir },
	{ "unlink", "PATH", "", 1, 1, do_unlink },
	{ "rename", "PATH PATH", "", 2, 2, do_rename },
	{ "link", "PATH PATH", "", 2, 2, do_link },
	{ "symlink", "TARGET PATH", "", 2, 2, do_symlink },
	{ "readlink", "PATH", "", 1, 1, do_readlink },
	{ "chmod", "MODE PATH", "", 2, 2, do_chmod },
	{ "listxattr", "PATH", "", 1, 1, do_listxattr },
	{ "getxattr", "PATH NAME", "", 2, 2, do_getxattr },
	{ "setxattr", "PATH NAME VALUE", "", 3, 3, do_setxattr },
	{ "removexattr", "PATH NAME", "", 2, 2, do_removexattr },
	{ "sleep", "MS", "lets the kernel do what it put off", 1, 1, do_sleep },
	{ "remount", "ro|rw", "", 1, 1, do_remount },
};

#define DEFINITIONS ((int)(sizeof(definitions) / sizeof(definitions[0])))

static const struct definition *find(const char *name)
{
	for (int i = 0; i < DEFINITIONS; i++)
		if (!strcmp(definitions[i].name, name))
			return &definitions[i];
	return NULL;
}

static void add_line(struct script *script, const char *name, int line, const char *text)
{
	struct operation *op;
	char *copy = must_strdup(text), *save, *word;
	int n = 0;

	word = strtok_r(copy, " \t\r", &save);
	if (!word || *word == '#') {
		free(copy);
		return;
	}
	script->operations = must_realloc(script->operations,
					  (script->n + 1) * sizeof(*script->operations));
	op = &script->operations[script->n++];
	memset(op, 0, sizeof(*op));
	op->text = must_strdup(text);
	op->def = find(word);
	if (!op->def)
		die("%s:%d: there is no operation \"%s\"; --help lists them", name, line, word);
	while ((word = strtok_r(NULL, " \t\r", &save)) && n < WORDS_MAX)
		op->args[n++] = word;
	if (n < op->def->min || n > op->def->max)
		die("%s:%d: %s wants: %s", name, line, op->def->name,
		    *op->def->parameters ? op->def->parameters : "nothing behind it");
}

void script_add(struct script *script, const char *name, const char *text)
{
	char *copy = must_strdup(text), *at = copy;
	int line = 1;

	while (at) {
		char *end = strpbrk(at, ";\n");
		int is_line = end && *end == '\n';

		if (end)
			*end++ = 0;
		add_line(script, name, line, at);
		line += is_line;
		at = end;
	}
	free(copy);
}

void script_add_file(struct script *script, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!f)
		die("%s: %s", path, strerror(errno));
	if (getdelim(&text, &size, 0, f) < 0 && ferror(f))
		die("%s: %s", path, strerror(errno));
	fclose(f);
	if (text)
		script_add(script, path, text);
	free(text);
}

void script_run(const struct script *script, const char *mnt, int verbose,
		struct script_progress *progress)
{
	struct run r = { .mnt = mnt, .verbose = verbose, .progress = progress };

	for (int i = 0; i < script->n; i++) {
		progress->operation = i;
		script->operations[i].def->run(&r, script->operations[i].args);
	}
}

const char *script_text(const struct script *script, int i)
{
	return script->operations[i].text;
}

void script_help(void)
{
	for (int i = 0; i < DEFINITIONS; i++)
		printf("  %-11s %-20s %s\n", definitions[i].name, definitions[i].parameters,
		       definitions[i].what);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * With LKL_PERF_MAP in the environment perf finds the names of the kernel's functions:
 * the text of the image is then no part of a file (image.c), and what is where is
 * written to /tmp/perf-PID.map, as compilers do that make code while they run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "host.h"
#include "posix.h"

#define PROC "/.lkl-perf"

/* One that only the application sees could be abused with its rights. */
int lkl_posix_perf_wanted(void)
{
	return secure_getenv("LKL_PERF_MAP") != NULL;
}

/* Each function ends where the next one starts. */
struct function {
	unsigned long long start;
	char name[128];
};

static void parse_line(const char *line, struct function *last, FILE *map)
{
	struct function f;
	char type;

	if (sscanf(line, "%llx %c %127s", &f.start, &type, f.name) != 3 ||
	    !strchr("tTwW", type))
		return;
	if (last->name[0] && f.start > last->start)
		fprintf(map, "%llx %llx %s\n", last->start, f.start - last->start,
			last->name);
	*last = f;
}

/* All of the file @fd inside, line by line; 0 or a negative errno. */
static long convert(long fd, FILE *map)
{
	struct function last = { 0 };
	char buf[4096];
	size_t have = 0;
	long n;

	while ((n = lkl_sys_read(fd, buf + have, sizeof(buf) - 1 - have)) > 0) {
		char *line = buf, *end;

		have += n;
		buf[have] = 0;
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = 0;
			parse_line(line, &last, map);
		}
		have -= line - buf;
		memmove(buf, line, have);
	}
	if (last.name[0])
		fprintf(map, "%llx 1000 %s\n", last.start, last.name);
	return n;
}

static long write_map(FILE *map)
{
	long fd, err = lkl_sys_mkdir(PROC, 0700);

	if (err)
		return err;
	err = lkl_sys_mount("proc", PROC, "proc", 0, NULL);
	if (!err) {
		fd = lkl_sys_open(PROC "/kallsyms", LKL_O_RDONLY, 0);
		err = fd < 0 ? fd : convert(fd, map);
		if (fd >= 0)
			lkl_sys_close(fd);
		lkl_sys_umount(PROC, 0);
	}
	lkl_sys_rmdir(PROC);
	return err;
}

/* Of this process alone; what another one left there, or planted, is not followed. */
static FILE *create(const char *path)
{
	FILE *map;
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return NULL;
	map = fdopen(fd, "w");
	if (!map)
		close(fd);
	return map;
}

void lkl_host_started(void)
{
	char path[64];
	FILE *map;
	long err;

	if (!lkl_posix_perf_wanted())
		return;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	map = create(path);
	if (!map) {
		lkl_printf("lkl: %s: %s\n", path, strerror(errno));
		return;
	}
	err = write_map(map);
	if (err)
		lkl_printf("lkl: no names of functions for perf: %s\n", lkl_strerror(err));
	if (fclose(map))
		lkl_printf("lkl: %s: %s\n", path, strerror(errno));
}

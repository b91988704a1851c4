// SPDX-License-Identifier: GPL-2.0
/*
 * Start: time to the first system call and memory after it, each time in a process of
 * its own, which runs this program with "child".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#include "bench.h"

#define RUNS 21

/* What the memory of a process is, by the names of its mappings. */
enum kind {
	PROGRAM,	/* this program and the C library */
	IMAGE,		/* the kernel's code and data, mapped from this program */
	ANON,		/* guest memory, stacks of threads, what malloc() mapped */
	HEAP,
	STACK,
	OTHER,
	KINDS,
};

static const char *const kind_name[KINDS] = {
	"program and libraries", "kernel image, from its file",
	"guest memory, kernel .bss, threads", "heap", "stack", "other",
};

/* KiB */
struct memory {
	unsigned long rss[KINDS];
	/* Of rss: written, so it belongs to this process alone. */
	unsigned long dirty[KINDS];
};

struct report {
	uint64_t start_ns;
	uint64_t call_ns;
	unsigned long rss_before;
	unsigned long rss;
	struct memory memory;
};

static unsigned long read_rss(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %lu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* The image lies in this program's file, and is mapped far away from it. */
static enum kind kind_of(unsigned long start, const char *name, const char *self)
{
	const unsigned long near = 1UL << 32;
	unsigned long here = (unsigned long)&kind_name;

	if (!strcmp(name, self))
		return start - here < near || here - start < near ? PROGRAM : IMAGE;
	if (!strcmp(name, "[heap]"))
		return HEAP;
	if (!strcmp(name, "[stack]"))
		return STACK;
	if (!name[0])
		return ANON;
	return name[0] == '/' && strstr(name, ".so") ? PROGRAM : OTHER;
}

static void read_memory(struct memory *m)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	enum kind kind = OTHER;
	char line[512], name[400], self[400];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	unsigned long start, kib;

	self[len > 0 ? len : 0] = 0;
	while (f && fgets(line, sizeof(line), f)) {
		name[0] = 0;
		if (sscanf(line, "%lx-%*x %*s %*s %*s %*s %399[^\n]", &start, name) >= 1 &&
		    strchr(line, '-') && !strstr(line, " kB"))
			kind = kind_of(start, name, self);
		else if (sscanf(line, "Rss: %lu", &kib) == 1)
			m->rss[kind] += kib;
		else if (sscanf(line, "Private_Dirty: %lu", &kib) == 1)
			m->dirty[kind] += kib;
	}
	if (f)
		fclose(f);
}

static int child(void)
{
	struct report r = { .rss_before = read_rss() };
	uint64_t begin = bench_now(), started;

	bench_lkl(lkl_start_kernel("loglevel=0"), "start");
	started = bench_now();
	bench_lkl(lkl_sys_getpid(), "getpid");
	r.start_ns = bench_now() - begin;
	r.call_ns = begin + r.start_ns - started;
	r.rss = read_rss();
	read_memory(&r.memory);
	bench_lkl(lkl_sys_halt(), "halt");
	return write(STDOUT_FILENO, &r, sizeof(r)) != sizeof(r);
}

static void run_child(struct report *r)
{
	int fd[2], status;
	pid_t pid;
	ssize_t n;

	bench_os(pipe(fd), "pipe");
	pid = bench_os(fork(), "fork");
	if (!pid) {
		dup2(fd[1], STDOUT_FILENO);
		close(fd[0]);
		execl("/proc/self/exe", "start", "child", NULL);
		_exit(1);
	}
	close(fd[1]);
	n = read(fd[0], r, sizeof(*r));
	close(fd[0]);
	if (waitpid(pid, &status, 0) != pid || status || n != sizeof(*r))
		bench_die("the process that starts a kernel failed");
}

static struct bench_samples all(const struct report *r, double (*get)(const struct report *),
				double val[RUNS])
{
	for (int i = 0; i < RUNS; i++)
		val[i] = get(&r[i]);
	return (struct bench_samples){ val, NULL, RUNS };
}

static double start_ms(const struct report *r)
{
	return r->start_ns / 1e6;
}

static double call_us(const struct report *r)
{
	return r->call_ns / 1e3;
}

static double rss_mib(const struct report *r)
{
	return r->rss / 1024.0;
}

int main(int argc, char **argv)
{
	static struct report r[RUNS];
	double val[RUNS];
	struct bench_samples s;
	const struct bench_row time = {
		.what = "start to first system call", .unit = "ms", .limit = 15,
	};
	const struct bench_row memory = {
		.what = "resident memory after start", .unit = "MiB", .limit = 20,
	};

	if (argc == 2 && !strcmp(argv[1], "child"))
		return child();
	bench_init(argc, argv);
	for (int i = 0; i < RUNS; i++)
		run_child(&r[i]);

	s = all(r, start_ms, val);
	bench_result(&time, &s);
	s = all(r, call_us, val);
	bench_note("%d fresh processes; aim: 8 ms; getpid is %.1f us of it", RUNS,
		   bench_median(s.ours, s.n));
	s = all(r, rss_mib, val);
	bench_result(&memory, &s);
	bench_note("%.1f MiB before the start; MiB after it, and of that written:",
		   r[0].rss_before / 1024.0);
	for (int i = 0; i < KINDS; i++)
		if (r[0].memory.rss[i])
			bench_note("%6.2f %6.2f  %s", r[0].memory.rss[i] / 1024.0,
				   r[0].memory.dirty[i] / 1024.0, kind_name[i]);
	return 0;
}

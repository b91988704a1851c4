/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the libcheck suites share. libcheck runs each test in a child process of
 * its own, so each starts its own kernel, and a crash or a hang is one failed
 * test.
 */
#ifndef LKL_TEST_H
#define LKL_TEST_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>
#include <lkl_host.h>

#include "emulated.h"
#include "host.h"

/*
 * These tell libcheck only of what went wrong: its notes of where a test is are made for
 * one thread, and threads that make them by the thousand spoil them.
 */

/* @call succeeds (is no negative errno); its value. */
#define ok(call) ({							\
	lkl_long ok_ret = (lkl_long)(call);				\
	if (ok_ret < 0)							\
		ck_abort_msg("%s: %s", #call, lkl_strerror(ok_ret));	\
	ok_ret; })

/* @call returns exactly @want. */
#define is(call, want) do {						\
	long long is_ret = (lkl_long)(call), is_want = (lkl_long)(want);	\
	if (is_ret != is_want)						\
		ck_abort_msg("%s is %lld, not %s (%lld)", #call, is_ret, #want, is_want); \
} while (0)

/* @call fails with errno @err, LKL_EXXX. */
#define fails(call, err) do {						\
	long long fails_ret = (lkl_long)(call);				\
	if (fails_ret != -(err))					\
		ck_abort_msg("%s is %lld (%s), not -" #err, #call, fails_ret, \
			     fails_ret < 0 ? lkl_strerror(fails_ret) : "success"); \
} while (0)

/* Ends the running test as skipped; the harness reads the line. */
#define skip(...) do {							\
	fprintf(stderr, "skip %s: ", __func__);				\
	fprintf(stderr, __VA_ARGS__);					\
	fputc('\n', stderr);						\
	return;								\
} while (0)

/* What this host, see host.h, does not have by its nature; elsewhere it has to be there. */
#ifdef HOST_WITHOUT_NETLINK
#define needs_netlink() skip("programs over netlink are Linux's")
#else
#define needs_netlink() do { } while (0)
#endif
#ifdef HOST_WITHOUT_JSON
#define needs_json_here() skip("built for this host without cJSON")
#else
#define needs_json_here() do { } while (0)
#endif

/*
 * Sanitizers have memory of their own and keep what is freed; ThreadSanitizer leaves
 * no room for the struct page of the application's pages, so these cannot be pinned.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define skip_sanitized() skip("a sanitizer's memory counts too")
#else
#define skip_sanitized() do { } while (0)
#endif
#ifdef __SANITIZE_THREAD__
#define needs_pins() skip("ThreadSanitizer leaves no address space for it")
#define needs_host_timers() skip("ThreadSanitizer knows no threads of timer_create()")
#else
#define needs_pins() do { } while (0)
#define needs_host_timers() do { } while (0)
#endif

/* Memory of the process: an emulator keeps translated code, KASAN much of what was freed. */
#define skip_foreign_memory() do {					\
	skip_sanitized();						\
	if (small_kernel())						\
		skip("an emulator's or KASAN's memory counts too");	\
} while (0)

/*
 * Fixture: a running kernel with /proc, /sys and a tmpfs on /tmp, and the command line
 * that LKL_TEST_CMDLINE says.
 */
void start_kernel(void);
void halt_kernel(void);
/* The same with @cmdline. */
void start_kernel_with(const char *cmdline);

/* CLOCK_MONOTONIC and CLOCK_REALTIME of the host. */
uint64_t host_ns(void);
uint64_t host_wall_ns(void);

/* Processor time of all threads. */
uint64_t host_cpu_ns(void);

/* What the process uses; its descriptors or handles. HOST/usage.c */
long host_rss_kib(void);
int host_threads(void);
int host_fds(void);

/* Runs @f, which ends the process, in another one; its exit status. */
int host_exit_status(void (*f)(void));
/* In a process that is to do that, this does not return. Called by run_tests(). */
void host_maybe_run(void);

/* Whether a fault of the calling thread gets to a handler that was there before. */
int host_handles_fault(void);

/* The room that the file takes on the host's disk, in bytes. */
uint64_t host_allocated(const char *path);
/* Whether the host can give back parts of a file. */
int host_punches_holes(void);
/* Runs @command, which has no double quotes, in a shell of Linux; its exit status, or -1. */
int host_shell(const char *command);
/* Makes the folder @name of the test a file system of @mib MiB; 0 if that cannot be. */
int host_small_folder(const char *name, int mib);

/* A new file of @size bytes, sparse, in the folder of the test; its path. */
const char *host_file(const char *name, uint64_t size);

/* Writes @data to the file @path inside; as the C library's open + write + close. */
void write_inside(const char *path, const char *data);

/* Runs @f(@arg) on a new host thread; join() waits and gives its result. */
struct job;
struct job *run(long (*f)(void *), void *arg);
long join(struct job *job);

/* LKL_TEST_ALL is set: the long versions. */
int test_all(void);

/*
 * The kernel is not the one that users have: a small one, for an emulator or LKL_TEST_SMALL,
 * which may watch itself as well. It lacks some things, and its memory says nothing.
 */
int small_kernel(void);

/* An array of tests and its length, as run_tests() takes them. */
#define LIST(array) (array), COUNT(array)

/*
 * main() of a suite: runs the tests in @inside, each between start_kernel() and
 * halt_kernel(), then those in @bare without; each may take @seconds.
 */
int run_tests(const char *suite, const TTest *const *inside, int n_inside,
	      const TTest *const *bare, int n_bare, int seconds);

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

#endif

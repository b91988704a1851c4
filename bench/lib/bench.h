/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For benchmark programs: each row of a table is measured by two functions in turn,
 * ours and the host's, several times; printed are the medians, their ratio and
 * whether the row reaches what it must.
 */
#ifndef LKL_BENCH_H
#define LKL_BENCH_H

#include <math.h>
#include <stdint.h>

#include "results.h"

enum bench_order {
	LESS_IS_BETTER,
	MORE_IS_BETTER,
};

/* What bench_row::ours and ::host return where they cannot measure, with a reason. */
#define BENCH_SKIP(...) (bench_reason(__VA_ARGS__), NAN)

/**
 * struct bench_row - a row of the table
 * @what: what is measured
 * @unit: of the results, for instance "ns"
 * @order: which results are better
 * @ours: measures once, in the library; called with @arg
 * @host: the same in the host's kernel, or NULL where that has no meaning
 * @beside: what @host measures if it is not the same thing
 * @arg: for both
 * @runs: how often; 0: as many as the command line says
 * @limit: ours must be at most, or at least, this; 0: no such limit
 * @ratio: ours must be at most, or at least, @ratio times the host's; 0: no limit
 */
struct bench_row {
	const char *what;
	const char *unit;
	enum bench_order order;
	double (*ours)(void *arg);
	double (*host)(void *arg);
	const char *beside;
	void *arg;
	int runs;
	double limit;
	double ratio;
};

/*
 * Reads the command line: --runs N, --json FILE (one object for each row, appended).
 * Others end the program.
 */
void bench_init(int argc, char **argv);

/* Measures and prints @row. */
void bench_run(const struct bench_row *row);

/* As bench_run() with what was measured already. */
void bench_result(const struct bench_row *row, const struct bench_samples *s);

/* A line of explanation below the rows before it. */
void __attribute__((format(printf, 1, 2))) bench_note(const char *fmt, ...);

/* Why the next NAN is one. */
void __attribute__((format(printf, 1, 2))) bench_reason(const char *fmt, ...);

/* Ends the program with a message. */
void __attribute__((format(printf, 1, 2), noreturn)) bench_die(const char *fmt, ...);

/* @ret, of lkl_sys_...(), if it is no error. */
long bench_lkl(long ret, const char *what);
/* @ret, of a function that sets errno, if it is not -1. */
long bench_os(long ret, const char *what);

/* ns */
uint64_t bench_now(void);

/* How many times the command line wants rows measured. */
int bench_runs(void);

#endif

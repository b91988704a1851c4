/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is kept of a row: one JSON object, with each single measurement, as only these
 * tell bench/compare.py what chance does. Nothing but C, for any host.
 */
#ifndef LKL_BENCH_RESULTS_H
#define LKL_BENCH_RESULTS_H

#include <stdio.h>

#define BENCH_RUNS_MAX	1001

/**
 * struct bench_samples - what was measured for a row
 * @ours: in the library, in the order in which it was measured
 * @host: in the host's kernel, in turn with @ours where that is possible; NULL: nothing
 * @n: how many there are of either; a NAN at the end: it could not be measured
 */
struct bench_samples {
	const double *ours, *host;
	int n;
};

/**
 * struct bench_labels - what the measurements are
 * @program: which one measured; @what is its own
 * @what: the row
 * @unit: for instance "ns"
 * @beside: what the host's are if not the same, or NULL
 * @less_is_better: or more is
 */
struct bench_labels {
	const char *program, *what, *unit, *beside;
	int less_is_better;
};

/* NAN if there is nothing, or a NAN at the end. */
double bench_median(const double *val, int n);

/* @reached: 1: what it must, 0: not, -1: not known. */
void bench_save(FILE *f, const struct bench_labels *row, const struct bench_samples *s,
		int reached);

#endif

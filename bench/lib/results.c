// SPDX-License-Identifier: GPL-2.0
/* Medians, and the file of results. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(const double *val, int n)
{
	double sorted[BENCH_RUNS_MAX];

	if (!val || n < 1 || isnan(val[n - 1]))
		return NAN;
	memcpy(sorted, val, n * sizeof(*val));
	qsort(sorted, n, sizeof(*sorted), compare);
	return n & 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* JSON has neither NAN nor infinity. */
static void save_number(FILE *f, double val)
{
	if (isfinite(val))
		fprintf(f, "%.9g", val);
	else
		fputs("null", f);
}

static void save_side(FILE *f, const char *name, const double *val, int n)
{
	fprintf(f, ", \"%s\": ", name);
	save_number(f, bench_median(val, n));
	fprintf(f, ", \"%s_samples\": [", name);
	for (int i = 0; val && !isnan(val[n - 1]) && i < n; i++) {
		fputs(i ? ", " : "", f);
		save_number(f, val[i]);
	}
	fputc(']', f);
}

void bench_save(FILE *f, const struct bench_labels *row, const struct bench_samples *s,
		int reached)
{
	fprintf(f, "{\"program\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\", "
		"\"less_is_better\": %s, \"beside\": \"%s\"", row->program, row->what,
		row->unit, row->less_is_better ? "true" : "false",
		row->beside ? row->beside : "");
	save_side(f, "lkl", s->ours, s->n);
	save_side(f, "host", s->host, s->n);
	fprintf(f, ", \"reached\": %s}\n",
		reached < 0 ? "null" : reached ? "true" : "false");
	fflush(f);
}

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_NET_TOOL_METER_H
#define LKL_NET_TOOL_METER_H

#include "test.h"

/* How far a test is, and what is shown of it. */
struct meter {
	const struct client_options *o;
	int terminal;
	uint64_t start;
	uint64_t log_ns, log_bytes;	/* of the last line in the log */
	uint64_t show_ns, show_bytes;	/* of the last line on the terminal */
};

double mbit(uint64_t bytes, uint64_t ns);

/* Begins a test now. */
void meter_start(struct meter *m, const struct client_options *o);
/* @bytes have arrived @ns after the start. */
void meter_add(struct meter *m, uint64_t ns, uint64_t bytes);
/* Takes the line on the terminal away. */
void meter_end(struct meter *m);

#endif

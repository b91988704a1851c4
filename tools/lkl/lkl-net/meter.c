// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "meter.h"

double mbit(uint64_t bytes, uint64_t ns)
{
	return ns ? bytes * 8e3 / ns : 0;
}

void meter_start(struct meter *m, const struct client_options *o)
{
	memset(m, 0, sizeof(*m));
	m->o = o;
	m->terminal = isatty(STDERR_FILENO);
	m->start = now_ns();
}

void meter_add(struct meter *m, uint64_t ns, uint64_t bytes)
{
	if (m->o->log && ns - m->log_ns >= 100000000) {
		fprintf(m->o->log, "%.3f %.3f\n", ns / 1e9,
			mbit(bytes - m->log_bytes, ns - m->log_ns));
		m->log_ns = ns;
		m->log_bytes = bytes;
	}
	if (m->terminal && ns - m->show_ns >= 500000000) {
		fprintf(stderr, "\r%6.1f s  %10.2f Mbit/s ", ns / 1e9,
			mbit(bytes - m->show_bytes, ns - m->show_ns));
		m->show_ns = ns;
		m->show_bytes = bytes;
	}
}

void meter_end(struct meter *m)
{
	if (m->terminal && m->show_ns)
		fprintf(stderr, "\r%40s\r", "");
}

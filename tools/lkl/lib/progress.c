// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "progress.h"

#define FIRST_MS	1000
#define EVERY_MS	200

static uint64_t total, done, started_ms, next_ms;
static int on, shown;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static void show(uint64_t bytes, uint64_t all, uint64_t ms)
{
	char line[160], a[32], b[32], rate[32];
	double per_s = bytes * 1000.0 / ms;
	int n;

	message_bytes(a, sizeof(a), bytes);
	message_bytes(rate, sizeof(rate), per_s);
	if (all) {
		uint64_t left = per_s > 0 && all > bytes ? (all - bytes) / per_s : 0;

		message_bytes(b, sizeof(b), all);
		n = snprintf(line, sizeof(line), "\r%s of %s, %s/s, %llu:%02llu left", a, b,
			     rate, (unsigned long long)left / 60, (unsigned long long)left % 60);
	} else {
		n = snprintf(line, sizeof(line), "\r%s, %s/s", a, rate);
	}
	/* Whatever was there, to the end of the line, goes. */
	n += snprintf(line + n, sizeof(line) - n, "\033[K");
	if (write(STDERR_FILENO, line, n) == n)
		shown = 1;
}

void progress_start(uint64_t all, int quiet)
{
	on = !quiet && isatty(STDERR_FILENO);
	shown = 0;
	done = 0;
	total = all;
	started_ms = now_ms();
	next_ms = started_ms + FIRST_MS;
}

void progress_total(uint64_t all)
{
	__atomic_store_n(&total, all, __ATOMIC_RELAXED);
}

void progress_add(uint64_t bytes)
{
	uint64_t sum = __atomic_add_fetch(&done, bytes, __ATOMIC_RELAXED);
	uint64_t now, next;

	if (!on)
		return;
	now = now_ms();
	next = __atomic_load_n(&next_ms, __ATOMIC_RELAXED);
	/* Of several threads one shows the line. */
	if (now < next || !__atomic_compare_exchange_n(&next_ms, &next, now + EVERY_MS, 0,
						       __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	show(sum, __atomic_load_n(&total, __ATOMIC_RELAXED), now - started_ms);
}

void progress_end(void)
{
	static const char clear[] = "\r\033[K";

	if (shown && write(STDERR_FILENO, clear, sizeof(clear) - 1) < 0)
		return;
	shown = 0;
	on = 0;
}

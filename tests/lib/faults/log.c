// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>

#include <lkl_host.h>

#include "log.h"

#define LINE_MAX 512

static char line[LINE_MAX];
static int len, is_bad, disk_failed;
const char *const *log_excuses;

static int says_so(void)
{
	static const char *const signs[] = {
		"Oops", "BUG:", "WARNING:", "kernel BUG at", "UBSAN:", "general protection",
	};

	for (unsigned int i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(line, signs[i]))
			return 1;
	return 0;
}

static int is_excused(void)
{
	const char *const *e = log_excuses;

	while (e && *e && !strstr(line, *e))
		e++;
	return e && *e;
}

static void end_line(void)
{
	line[len] = '\0';
	if (says_so() && !is_excused())
		__atomic_store_n(&is_bad, 1, __ATOMIC_RELAXED);
	if (strstr(line, "I/O error, dev "))
		__atomic_store_n(&disk_failed, 1, __ATOMIC_RELAXED);
	line[len++] = '\n';
	/* From there on all of it: what follows says where. */
	if (log_is_bad() && write(STDERR_FILENO, line, len) < 0)
		_exit(1);
	len = 0;
}

void LKL_ABI log_print(const char *str, int n)
{
	for (int i = 0; i < n; i++) {
		if (str[i] == '\n' || len == LINE_MAX - 2)
			end_line();
		if (str[i] != '\n')
			line[len++] = str[i];
	}
}

int log_is_bad(void)
{
	return __atomic_load_n(&is_bad, __ATOMIC_RELAXED);
}

int log_disk_failed(void)
{
	return __atomic_load_n(&disk_failed, __ATOMIC_RELAXED);
}

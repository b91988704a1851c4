// SPDX-License-Identifier: GPL-2.0
/* planted MISTAKE: one that a sanitizer, or valgrind, is to find beside a running kernel. */
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>
#include <lkl_host.h>

/* Memory is read after free(). */
static int after_free(void)
{
	struct lkl_timespec *volatile now = malloc(sizeof(*now));

	if (!now || lkl_sys_clock_gettime(LKL_CLOCK_MONOTONIC, now))
		return 2;
	free(now);
	return *(volatile long long *)&now->tv_nsec < 0;
}

/* A sum that no int can hold. */
static int overflow(void)
{
	volatile int most = INT_MAX, one = 1;

	return most + one == 0;
}

static void *count(void *counter)
{
	for (int i = 0; i < 1000; i++)
		++*(volatile int *)counter;
	return NULL;
}

/* Two threads count in the same place. */
static int race(void)
{
	pthread_t other;
	int counter = 0;

	if (pthread_create(&other, NULL, count, &counter))
		return 2;
	count(&counter);
	pthread_join(other, NULL);
	return counter == 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*make)(void);
	} mistakes[] = {
		{ "after-free", after_free }, { "overflow", overflow }, { "race", race },
	};
	int status = 2;

	if (lkl_start_kernel("mem=64M loglevel=1"))
		return 2;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		if (argc == 2 && !strcmp(argv[1], mistakes[i].name))
			status = mistakes[i].make();
	return lkl_sys_halt() ? 2 : status;
}

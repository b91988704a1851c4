// SPDX-License-Identifier: GPL-2.0
/* Clocks. */
#include <windows.h>

#include "mingw.h"

#define NS_PER_S	1000000000ULL
/* From 1601, where Windows begins, to 1970, in units of 100 ns. */
#define EPOCH		116444736000000000ULL

unsigned long long LKL_ABI lkl_mingw_time(void)
{
	/* The same for as long as the machine runs; whoever comes first asks. */
	static unsigned long long frequency;
	LARGE_INTEGER now;

	if (!frequency) {
		QueryPerformanceFrequency(&now);
		frequency = now.QuadPart;
	}
	QueryPerformanceCounter(&now);
	if (frequency == 10000000)
		return now.QuadPart * 100;
	return now.QuadPart / frequency * NS_PER_S +
	       now.QuadPart % frequency * NS_PER_S / frequency;
}

unsigned long long LKL_ABI lkl_mingw_wall_time(void)
{
	FILETIME t;

	GetSystemTimePreciseAsFileTime(&t);
	return (((unsigned long long)t.dwHighDateTime << 32 | t.dwLowDateTime) - EPOCH) * 100;
}

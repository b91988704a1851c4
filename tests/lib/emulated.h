/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_TEST_EMULATED_H
#define LKL_TEST_EMULATED_H

#include <stdlib.h>
#include <string.h>

/* This runs in an emulator of another processor, whose times and memory say nothing. */
static inline int emulated(void)
{
	const char *run = getenv("LKL_RUN");

	return run && strstr(run, "qemu");
}

#endif

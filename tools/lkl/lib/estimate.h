/* SPDX-License-Identifier: GPL-2.0 */
/* Progress of a copy, with its size, which is measured while it runs if it is long. */
#ifndef LKL_TOOLS_ESTIMATE_H
#define LKL_TOOLS_ESTIMATE_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Starts progress. On a terminal, after a second, @measure runs in a thread of its own: it
 * returns the bytes to copy, or ends early when *@stop is set.
 */
void estimate_start(uint64_t (*measure)(void *arg, const atomic_int *stop), void *arg,
		    int quiet);
/* Ends that thread, and progress. */
void estimate_end(void);

#endif

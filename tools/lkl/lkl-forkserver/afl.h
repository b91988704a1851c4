/* SPDX-License-Identifier: GPL-2.0 */
/* The fork server's side of what afl-fuzz and its kin speak with their targets. */
#ifndef LKL_FORKSERVER_AFL_H
#define LKL_FORKSERVER_AFL_H

#include "child.h"

/* Whether one of them started this program. */
int afl_wanted(void);
/*
 * Its map for coverage, of COVERAGE_SIZE bytes. Ends the program if it cannot be had. Before
 * the kernel starts: the map is inherited.
 */
unsigned char *afl_map(void);
/*
 * Runs cases as it asks for them until it goes away. The cases come through shared memory if
 * it offers that, else they are in the file @c. 0, or -1 with a message printed.
 */
int afl_serve(const struct job *job, struct test_case *c);

#endif

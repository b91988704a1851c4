/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How libFuzzer changes cases. What a byte means depends on where it is, so that it neither
 * inserts nor removes any, as it would do otherwise.
 */
#ifndef LKL_FORKSERVER_LIBFUZZER_MUTATE_H
#define LKL_FORKSERVER_LIBFUZZER_MUTATE_H

#include "cases.h"

/* Short cases are first filled up with what is in @base, unless that is NULL. */
void mutate_init(const struct base *base);

#endif

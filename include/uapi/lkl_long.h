/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A word of the kernel. Its `long` has the size of a pointer, which that of a
 * Windows application has not, so the kernel's headers say LKL_LONG here, as in
 * `unsigned LKL_LONG`. Elsewhere it is plain long.
 */
#ifndef LKL_LONG_H
#define LKL_LONG_H

#ifdef _WIN64
#define LKL_LONG long long
#else
#define LKL_LONG long
#endif

typedef LKL_LONG lkl_long;

#endif

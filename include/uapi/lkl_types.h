/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What makes the kernel's types the same to applications of every system.
 *
 * A word of the kernel is as large as a pointer, which the `long` of a Windows
 * application is not: so the kernel's headers say LKL_LONG here, as in `unsigned
 * LKL_LONG`. And structures with bit fields say LKL_BIT_FIELDS, since compilers for
 * Windows pack them in another way. Elsewhere these are plain long, and nothing.
 */
#ifndef LKL_TYPES_H
#define LKL_TYPES_H

#ifdef _WIN64
#define LKL_LONG long long
#else
#define LKL_LONG long
#endif

#ifdef _WIN32
#define LKL_BIT_FIELDS __attribute__((gcc_struct))
#else
#define LKL_BIT_FIELDS
#endif

typedef LKL_LONG lkl_long;

#endif

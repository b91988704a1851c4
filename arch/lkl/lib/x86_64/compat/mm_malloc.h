/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stands in for the compiler's header of this name, which <immintrin.h> includes
 * and which wants a C library.
 */

/* SPDX-License-Identifier: GPL-2.0 */
/* Calls of the library that the linker has come to wrap.c: it lets them fail by the plan. */
#ifndef LKL_TEST_FAULTS_WRAP_H
#define LKL_TEST_FAULTS_WRAP_H

#include <stddef.h>

/* malloc() that does not fail by the plan. */
void *faults_malloc(size_t size);
/* Every interrupt that there is. */
void faults_raise_all(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel prints while its host fails: nothing that tells of a mistake of its own. A
 * panic that says what is missing is none; one that an oops has brought about is.
 */
#ifndef LKL_TEST_FAULTS_LOG_H
#define LKL_TEST_FAULTS_LOG_H

#include <lkl_ops.h>

/* Enough for warnings, which come below errors. */
#define LOG_LEVEL "loglevel=5"

/* For lkl_host_ops. Once a line is bad, that and all that follow are on standard error. */
void LKL_ABI log_print(const char *str, int n);
int log_is_bad(void);
/* The kernel has been told by a disk that it failed. */
int log_disk_failed(void);
/* Bad lines with one of these in them are expected; ends with NULL. May be NULL itself. */
extern const char *const *log_excuses;

#endif

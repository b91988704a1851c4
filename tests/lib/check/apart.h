/* SPDX-License-Identifier: GPL-2.0 */
/* Runs one test apart from the others: apart_HOST.c. */
#ifndef LKL_CHECK_APART_H
#define LKL_CHECK_APART_H

#include <stddef.h>

/*
 * Runs test number @index of the program in a process of its own, which calls
 * check_run_here(), for @seconds at most. False if it failed, with why in @why.
 */
int check_run_apart(int index, double seconds, char *why, size_t size);

/* In the process of the test: runs it. Returns when it succeeded. */
void check_run_here(int index);

/* In the process of the test: tells the other one why it fails, and ends. */
void check_give_up(const char *why) __attribute__((noreturn));

/*
 * First thing in srunner_run_all(): if this process was started for one test, runs it
 * and ends. Processes that are made by fork() never come here.
 */
void check_maybe_child(void);

#endif

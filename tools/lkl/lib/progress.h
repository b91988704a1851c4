/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How far a long copy is: a line on the terminal, from one second after the start
 * on, with bytes, rate and the time left. Nothing where standard error is no terminal.
 */
#ifndef LKL_TOOLS_PROGRESS_H
#define LKL_TOOLS_PROGRESS_H

#include <stdint.h>

/* @total bytes, 0 if that is not known; nothing is ever shown if @quiet. */
void progress_start(uint64_t total, int quiet);
/* The total became known, or changed. */
void progress_total(uint64_t total);
/* @bytes more are done. Cheap, any thread. */
void progress_add(uint64_t bytes);
/* Takes the line away; the last call. */
void progress_end(void);

#endif

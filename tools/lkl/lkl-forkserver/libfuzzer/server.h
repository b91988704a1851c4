/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cases that somebody else comes with, one at a time: a process that was forked off when the
 * kernel had just started runs them, in children. What becomes of this process later,
 * threads and handlers of signals, they do not see.
 */
#ifndef LKL_FORKSERVER_LIBFUZZER_SERVER_H
#define LKL_FORKSERVER_LIBFUZZER_SERVER_H

#include <stddef.h>

#include "child.h"

/* Behind boot(). Cases have at most @max bytes. Ends the program on errors. */
void server_start(const struct job *job, size_t max);
/* What comes of a case with these bytes; the end of one that is too long is left out. */
enum outcome server_run(const void *bytes, size_t len);
/* There are no more. */
void server_stop(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processors of a virtual machine that do not halt while requests come thick: each request
 * has to wake one otherwise, the program's at least, and that costs more than most requests
 * do. The host lets root ask for it, and whom root lets.
 */
#ifndef LKLFUSE_AWAKE_H
#define LKLFUSE_AWAKE_H

#include <stdbool.h>

/* Before the sandbox. Whether the host can be asked; the rest does nothing otherwise. */
bool awake_open(void);
/*
 * Again and again while there are any, and more than AWAKE_LASTS times after that: so many
 * requests came in the last millisecond. They are awake for AWAKE_LASTS of these.
 */
#define AWAKE_LASTS	5
void awake_report(unsigned int requests);
void awake_close(void);

#endif

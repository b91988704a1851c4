/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices that were made out of others, mapped or arrays: kept in the order in which
 * they were made, so that they can be taken away in the opposite one.
 */
#ifndef LKL_TOOLS_LAYERS_H
#define LKL_TOOLS_LAYERS_H

/*
 * @close takes @name away and returns 0 or err; @title is for messages, and copied as
 * @name is. 0, or -1 with a message printed.
 */
int layers_add(int (*close)(const char *name), const char *name, const char *title);

/* Takes all away. 0, or -1 with messages printed. */
int layers_close(void);

#endif

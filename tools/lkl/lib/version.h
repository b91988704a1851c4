/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_TOOLS_VERSION_H
#define LKL_TOOLS_VERSION_H

/* Gives argp its --version; after message_init(). */
void version_init(void);

#endif

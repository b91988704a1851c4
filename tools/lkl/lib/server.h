/* SPDX-License-Identifier: GPL-2.0 */
/* A qemu-nbd of our own for one image, behind a socket that nobody else can reach. */
#ifndef LKL_TOOLS_SERVER_H
#define LKL_TOOLS_SERVER_H

#include <sys/types.h>

/*
 * Starts one for the file @name of @format, and connects to it. The connected socket,
 * which is the caller's, with the server's process in @pid; -1 with a message printed.
 */
int server_start(const char *name, const char *format, int read_only, pid_t *pid);
/* After the connection was ended: waits for the server's end. 0, or -1 with a message. */
int server_wait(const char *name, pid_t pid);

#endif

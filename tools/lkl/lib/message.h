/* SPDX-License-Identifier: GPL-2.0 */
/* What programs say to their user, on standard error, after their own name. */
#ifndef LKL_TOOLS_MESSAGE_H
#define LKL_TOOLS_MESSAGE_H

#include <stdarg.h>

#define MESSAGE_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))

/* The name comes from @argv0, without its folders. Before anything else here. */
void message_init(const char *argv0);
const char *message_program(void);

/* "NAME: MESSAGE". Any thread. */
void error(const char *fmt, ...) MESSAGE_FORMAT(1, 2);
/* "NAME: warning: MESSAGE" */
void warning(const char *fmt, ...) MESSAGE_FORMAT(1, 2);
/* As error(), then ends the program with status 1. */
void die(const char *fmt, ...) MESSAGE_FORMAT(1, 2) __attribute__((noreturn));

/*
 * From now on messages go to @fd, which stays the caller's, instead of standard
 * error: for programs that work on in the background.
 */
void message_to(int fd);

/*
 * Names of files and labels come from images that nobody vouches for: a copy of @text with
 * control characters, and what is not UTF-8, as \ooo, shortened to @size, so that a terminal
 * may show it. Returns @buf.
 */
char *message_clean(char *buf, unsigned long size, const char *text);

/* "512 MiB", "1.5 GiB". Returns @buf. */
char *message_bytes(char *buf, unsigned long size, double bytes);

#endif

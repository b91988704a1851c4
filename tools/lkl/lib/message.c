// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

static const char *program = "lkl";
static int target = STDERR_FILENO;

void message_init(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	if (argv0 && *argv0)
		program = slash ? slash + 1 : argv0;
}

const char *message_program(void)
{
	return program;
}

void message_to(int fd)
{
	target = fd;
}

/* One write for each message, so that those of several threads do not mix. */
static void say(const char *kind, const char *fmt, va_list args)
{
	char buf[4096];
	size_t n;

	n = snprintf(buf, sizeof(buf) - 1, "%s: %s", program, kind);
	n += vsnprintf(buf + n, sizeof(buf) - 1 - n, fmt, args);
	if (n > sizeof(buf) - 2)
		n = sizeof(buf) - 2;
	buf[n++] = '\n';
	if (write(target, buf, n) < 0)
		return;
}

void error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("", fmt, args);
	va_end(args);
}

void warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("warning: ", fmt, args);
	va_end(args);
}

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("", fmt, args);
	va_end(args);
	exit(1);
}

char *message_clean(char *buf, unsigned long size, const char *text)
{
	unsigned long n = 0;

	for (; *text && n + 1 < size; text++) {
		unsigned char c = *text;

		buf[n++] = c < 0x20 || c == 0x7f ? '?' : c;
	}
	buf[n] = 0;
	return buf;
}

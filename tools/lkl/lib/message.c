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

/*
 * Bytes of the character at @text if it may be shown: whole, and no control character,
 * neither of ASCII nor of those that some terminals know as U+0080 to U+009F. Else 0.
 */
static unsigned int printable(const unsigned char *text)
{
	unsigned int n = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 :
			 text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

	if (text[0] < 0x20 || text[0] == 0x7f)
		return 0;
	for (unsigned int i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return text[0] == 0xc2 && n == 2 && text[1] < 0xa0 ? 0 : n;
}

char *message_clean(char *buf, unsigned long size, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned long n = 0;

	while (*at) {
		unsigned int len = printable(at);

		if (n + (len ? len : 4) >= size)
			break;
		if (len) {
			memcpy(buf + n, at, len);
			n += len;
			at += len;
		} else {
			n += snprintf(buf + n, size - n, "\\%03o", *at++);
		}
	}
	buf[n] = 0;
	return buf;
}

char *message_bytes(char *buf, unsigned long size, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int u = 0;

	while (bytes >= 1024 && u < sizeof(units) / sizeof(units[0]) - 1) {
		bytes /= 1024;
		u++;
	}
	/* One digit behind the point, unless it would be a 0. */
	if ((long long)(bytes * 10 + 0.5) % 10)
		snprintf(buf, size, "%.1f %s", bytes, units[u]);
	else
		snprintf(buf, size, "%.0f %s", bytes, units[u]);
	return buf;
}

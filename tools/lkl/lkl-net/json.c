// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "json.h"

static int depth, first = 1;

static void quoted(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void begin(const char *name)
{
	if (!first)
		putchar(',');
	if (depth)
		printf("\n%*s", 2 * depth, "");
	if (name) {
		quoted(name);
		printf(": ");
	}
	first = 0;
}

void json_open(const char *name, char bracket)
{
	begin(name);
	putchar(bracket);
	depth++;
	first = 1;
}

void json_close(char bracket)
{
	depth--;
	if (!first)
		printf("\n%*s", 2 * depth, "");
	putchar(bracket);
	first = 0;
}

void json_string(const char *name, const char *value)
{
	begin(name);
	quoted(value);
}

void json_number(const char *name, long long value)
{
	begin(name);
	printf("%lld", value);
}

void json_bool(const char *name, int value)
{
	begin(name);
	printf("%s", value ? "true" : "false");
}

void json_end(void)
{
	putchar('\n');
	first = 1;
}

// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

#define DEPTH_MAX	16
#define NAME_MAX_BYTES	64
#define NUMBER_MAX	24

static const struct json none;

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Behind the string that begins at @p, or NULL. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : NULL;
}

/* Behind the value at @p, or NULL if it is none. */
static const char *skip_value(const char *p, const char *end, int depth)
{
	char close;

	if (p >= end || depth > DEPTH_MAX)
		return NULL;
	if (*p == '"')
		return skip_string(p, end);
	if (*p != '{' && *p != '[') {
		const char *start = p;

		while (p < end && !strchr(" \t\r\n,]}:\"{[", *p))
			p++;
		return p > start ? p : NULL;
	}
	close = *p == '{' ? '}' : ']';
	p = skip_space(p + 1, end);
	if (p < end && *p == close)
		return p + 1;
	while (p && p < end) {
		if (close == '}') {
			p = *p == '"' ? skip_string(p, end) : NULL;
			p = p ? skip_space(p, end) : NULL;
			if (!p || p >= end || *p != ':')
				return NULL;
			p = skip_space(p + 1, end);
		}
		p = skip_value(p, end, depth + 1);
		p = p ? skip_space(p, end) : NULL;
		if (!p || p >= end)
			return NULL;
		if (*p == close)
			return p + 1;
		if (*p != ',')
			return NULL;
		p = skip_space(p + 1, end);
	}
	return NULL;
}

struct json json_text(const char *text, size_t len)
{
	const char *end = memchr(text, 0, len);
	struct json v;

	end = end ? end : text + len;
	v.at = skip_space(text, end);
	v.end = skip_value(v.at, end, 0);
	return v.end ? v : none;
}

/* The whole was skipped once, so everything in it is well formed. */
struct json json_next(struct json whole, struct json before, char *name, size_t size)
{
	struct json key = none, v;
	const char *p;

	if (!whole.at || (*whole.at != '{' && *whole.at != '['))
		return none;
	p = skip_space(before.at ? before.end : whole.at + 1, whole.end);
	if (before.at && *p == ',')
		p = skip_space(p + 1, whole.end);
	if (*p == '}' || *p == ']')
		return none;
	if (*whole.at == '{') {
		key.at = p;
		key.end = skip_string(p, whole.end);
		p = skip_space(skip_space(key.end, whole.end) + 1, whole.end);
	}
	v.at = p;
	v.end = skip_value(p, whole.end, 0);
	if (!v.end || (name && json_string(key, name, size)))
		return none;
	return v;
}

struct json json_member(struct json object, const char *name)
{
	char key[NAME_MAX_BYTES];
	struct json v = none;

	if (!object.at || *object.at != '{')
		return none;
	while ((v = json_next(object, v, key, sizeof(key))).at)
		if (!strcmp(key, name))
			return v;
	return none;
}

int json_string(struct json value, char *buf, size_t size)
{
	const char *p;
	size_t n = 0;

	if (!value.at || *value.at != '"')
		return -1;
	for (p = value.at + 1; p < value.end - 1; p++) {
		if (*p == '\\' && !strchr("\"\\/", *++p))
			return -1;
		if (n + 1 >= size)
			return -1;
		buf[n++] = *p;
	}
	buf[n] = 0;
	return 0;
}

int json_number(struct json value, uint64_t *number)
{
	char text[NUMBER_MAX], *end;
	size_t len;

	if (!value.at)
		return -1;
	len = value.end - value.at;
	if (*value.at == '"') {
		if (json_string(value, text, sizeof(text)))
			return -1;
	} else {
		if (len >= sizeof(text))
			return -1;
		memcpy(text, value.at, len);
		text[len] = 0;
	}
	/* Nineteen digits fit. */
	if (*text < '0' || *text > '9' || strlen(text) > 19)
		return -1;
	*number = strtoull(text, &end, 10);
	return *end ? -1 : 0;
}

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int json_base64(struct json value, unsigned char *buf, size_t size)
{
	char text[1024];
	uint32_t bits = 0;
	size_t n = 0;
	int have = 0;

	if (json_string(value, text, sizeof(text)))
		return -1;
	for (const char *p = text; *p && *p != '='; p++) {
		int d = digit(*p);

		if (d < 0)
			return -1;
		bits = bits << 6 | d;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (n == size)
			return -1;
		buf[n++] = bits >> have;
	}
	return n;
}

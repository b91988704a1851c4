/* SPDX-License-Identifier: GPL-2.0 */
/* Looks values up in JSON, where they lie. What is not there or not well formed is no value. */
#ifndef LKL_TOOLS_JSON_TEXT_H
#define LKL_TOOLS_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* A value from its first byte to behind its last; both NULL if there is none. */
struct json {
	const char *at, *end;
};

/* All of @text, up to @len bytes or a zero. */
struct json json_text(const char *text, size_t len);
/* The member @name of an object. */
struct json json_member(struct json object, const char *name);
/*
 * The member or element behind @before, or the first one if that is none. @name is for the
 * name of a member, or NULL.
 */
struct json json_next(struct json whole, struct json before, char *name, size_t size);
/* The string without quotes. 0, or -1 if it is none or does not fit. */
int json_string(struct json value, char *buf, size_t size);
/* A number that is none below 0, also as a string. 0 or -1. */
int json_number(struct json value, uint64_t *number);
/* A string in base64, at most @size bytes; how many, or -1. */
int json_base64(struct json value, unsigned char *buf, size_t size);

#endif

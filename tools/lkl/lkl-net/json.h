/* SPDX-License-Identifier: GPL-2.0 */
/* Writes JSON on standard output, commas and quotation marks included. */
#ifndef LKL_NET_TOOL_JSON_H
#define LKL_NET_TOOL_JSON_H

/* Begin and end an object '{' or an array '['; @name is NULL inside an array. */
void json_open(const char *name, char bracket);
void json_close(char bracket);
void json_string(const char *name, const char *value);
void json_number(const char *name, long long value);
void json_bool(const char *name, int value);
/* The end of the text. */
void json_end(void);

#endif

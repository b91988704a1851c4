/* SPDX-License-Identifier: GPL-2.0 */
#ifndef STAND_IN_STRING_H
#define STAND_IN_STRING_H

#include_next <string.h>

size_t strlcpy(char *to, const char *from, size_t size);

#endif

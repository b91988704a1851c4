/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of files in both worlds. What Windows forbids in a name, or would take for a path
 * or a stream, is shown by characters from U+F000 on, as Cygwin, WSL and Linux's own CIFS
 * do; so nothing in an image can lead elsewhere, and all comes back as it was.
 */
#ifndef LKL_TOOLS_MINGW_NAMES_H
#define LKL_TOOLS_MINGW_NAMES_H

#include <stddef.h>
#include <wchar.h>

#define NAME_UNITS 1024

/* Units of @wide, or a negative errno: @name is no UTF-8, or too long. "" and "." are "". */
long names_to_wide(wchar_t wide[NAME_UNITS], const char *name);
/* Bytes of @name without its NUL, or a negative errno. */
long names_from_wide(char *name, size_t size, const wchar_t *wide, size_t units);

#endif

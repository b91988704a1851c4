// SPDX-License-Identifier: GPL-2.0
#include <windows.h>

#include "names.h"

#define SHOWN 0xf000

static int is_forbidden(wchar_t c)
{
	return c < 0x20 || wcschr(L"\"*:<>?|\\", c);
}

long names_to_wide(wchar_t wide[NAME_UNITS], const char *name)
{
	int n;

	if (!*name || !strcmp(name, "."))
		return 0;
	/* Paths are put together elsewhere. */
	if (strchr(name, '/') || !strcmp(name, ".."))
		return -LKL_EINVAL;
	n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, wide, NAME_UNITS);
	if (!n)
		return GetLastError() == ERROR_INSUFFICIENT_BUFFER ? -LKL_ENAMETOOLONG : -LKL_EILSEQ;
	n--;
	for (int i = 0; i < n; i++)
		if (is_forbidden(wide[i]))
			wide[i] += SHOWN;
	/* At the end they are lost on the way. */
	if (wide[n - 1] == '.' || wide[n - 1] == ' ')
		wide[n - 1] += SHOWN;
	return n;
}

long names_from_wide(char *name, size_t size, const wchar_t *wide, size_t units)
{
	wchar_t plain[NAME_UNITS] = { 0 };
	int n;

	if (units >= NAME_UNITS)
		return -LKL_ENAMETOOLONG;
	for (size_t i = 0; i < units; i++) {
		wchar_t c = wide[i] - SHOWN;

		plain[i] = wide[i] > SHOWN && wide[i] < SHOWN + 0x80 &&
			   (is_forbidden(c) || c == '.' || c == ' ') ? c : wide[i];
	}
	n = WideCharToMultiByte(CP_UTF8, 0, plain, units, name, size - 1, NULL, NULL);
	if (!n && units)
		return -LKL_ENAMETOOLONG;
	name[n] = 0;
	return n;
}

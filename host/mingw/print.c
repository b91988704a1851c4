// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <windows.h>

#include "mingw.h"

/* Not through stdio: its locks may be held by the thread that we interrupted. */
void LKL_ABI lkl_mingw_print(const char *str, int len)
{
	HANDLE err = GetStdHandle(STD_ERROR_HANDLE);
	DWORD n;

	while (len > 0) {
		if (!WriteFile(err, str, len, &n, NULL) || !n)
			return;
		str += n;
		len -= n;
	}
}

void LKL_ABI lkl_mingw_panic(void)
{
	abort();
}

// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <unistd.h>

#include "posix.h"

/* Not through stdio: its locks may be held by the thread that we interrupted. */
void LKL_ABI lkl_posix_print(const char *str, int len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, str, len);

		if (n <= 0)
			return;
		str += n;
		len -= n;
	}
}

void LKL_ABI lkl_posix_panic(void)
{
	abort();
}

// SPDX-License-Identifier: GPL-2.0
/* Nor does nft. */
#include <stdio.h>

#include <lkl.h>
#include <lkl_host.h>

int lkl_nft_load(const char *file, char *why, size_t size)
{
	if (why && size)
		snprintf(why, size, "%s: nft does not run on this host", file);
	return lkl_is_running() ? -LKL_ENOSYS : -LKL_ENODEV;
}

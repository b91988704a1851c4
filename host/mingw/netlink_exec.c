// SPDX-License-Identifier: GPL-2.0
/* Programs for Linux, which do not run here. */
#include <stdio.h>

#include <lkl.h>

int lkl_netlink_exec(const char *const argv[], const int fds[3])
{
	return -LKL_ENOSYS;
}

int lkl_nft_load(const char *file, char *why, size_t size)
{
	if (why && size)
		snprintf(why, size, "%s: nft does not run on this host", file);
	return -LKL_ENOSYS;
}

// SPDX-License-Identifier: GPL-2.0
/* Programs for Linux's netlink, which do not run here. */
#include <lkl.h>

int lkl_netlink_exec(const char *const argv[], const int fds[3])
{
	return -LKL_ENOSYS;
}

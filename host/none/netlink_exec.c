// SPDX-License-Identifier: GPL-2.0
/* Programs for Linux's netlink do not run here. */
#include <lkl.h>
#include <lkl_host.h>

int lkl_netlink_exec(const char *const argv[], const int fds[3])
{
	return lkl_is_running() ? -LKL_ENOSYS : -LKL_ENODEV;
}

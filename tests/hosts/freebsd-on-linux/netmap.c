// SPDX-License-Identifier: GPL-2.0
/* netmap(4) is not imitated: there is no /dev/netmap. */
#include <errno.h>
#include <stdint.h>

int lkl_net_open_netmap(const char *param, uint32_t offload, void *why, void **b);

int lkl_net_open_netmap(const char *param, uint32_t offload, void *why, void **b)
{
	(void)param;
	(void)offload;
	(void)why;
	(void)b;
	return -ENODEV;
}

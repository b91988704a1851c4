/* SPDX-License-Identifier: GPL-2.0 */
/* The network devices of this host, as lkl_net_types has them. */
#ifndef LKL_MINGW_NET_TYPES_H
#define LKL_MINGW_NET_TYPES_H

#include "net_backend.h"

int lkl_net_open_dgram(const char *param, uint32_t offload, struct lkl_net_why *why,
		       struct lkl_net_backend **b);
int lkl_net_open_tap(const char *param, uint32_t offload, struct lkl_net_why *why,
		     struct lkl_net_backend **b);

#endif

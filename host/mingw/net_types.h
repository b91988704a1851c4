/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_MINGW_NET_DGRAM_H
#define LKL_MINGW_NET_DGRAM_H

#include "net_backend.h"

/* A type of lkl_net_types. */
int lkl_net_open_dgram(const char *param, uint32_t offload, struct lkl_net_why *why,
		       struct lkl_net_backend **b);

#endif

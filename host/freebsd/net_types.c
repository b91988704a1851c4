// SPDX-License-Identifier: GPL-2.0
/*
 * The network devices that the library can make on this host. Those that other hosts
 * have are named, so that it is said what is missing.
 */
#include <stddef.h>

#include "net_fd.h"
#include "net_stream.h"

int lkl_net_open_netmap(const char *param, uint32_t offload, struct lkl_net_why *why,
			struct lkl_net_backend **b);

const struct lkl_net_type lkl_net_types[] = {
	{ "tap", lkl_net_open_tap },
	{ "netmap", lkl_net_open_netmap },
	{ "pipe", lkl_net_open_pipe },
	{ "stream", lkl_net_open_stream },
	{ "dgram", lkl_net_open_dgram },
	{ "shm", lkl_net_open_shm },
	{ "macvtap", NULL },
	{ "raw", NULL },
	{ "slirp", NULL },
	{ "vde", NULL },
	{ NULL, NULL },
};

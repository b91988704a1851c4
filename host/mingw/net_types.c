// SPDX-License-Identifier: GPL-2.0
/*
 * The network devices that the library can make on this host. Those that other hosts
 * have are named, so that it is said what is missing.
 */
#include <stddef.h>

#include "net_stream.h"
#include "net_types.h"

const struct lkl_net_type lkl_net_types[] = {
	{ "stream", lkl_net_open_stream },
	{ "dgram", lkl_net_open_dgram },
	{ "tap", lkl_net_open_tap },
	{ "macvtap", NULL },
	{ "raw", NULL },
	{ "pipe", NULL },
	{ "shm", NULL },
	{ "slirp", NULL },
	{ "vde", NULL },
	{ NULL, NULL },
};

// SPDX-License-Identifier: GPL-2.0
/* The network devices that the library can make on this host. */
#include <stddef.h>

#include "net_fd.h"

const struct lkl_net_type lkl_net_types[] = {
	{ "tap", lkl_net_open_tap },
	{ "macvtap", lkl_net_open_macvtap },
	{ NULL, NULL },
};

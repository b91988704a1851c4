// SPDX-License-Identifier: GPL-2.0
/*
 * The network devices that the library can make on this host: none of its own;
 * those that other hosts have are named, so that it is said what is missing.
 */
#include <stddef.h>

#include "net_backend.h"

const struct lkl_net_type lkl_net_types[] = {
	{ "tap", NULL },
	{ "pipe", NULL },
	{ "stream", NULL },
	{ "dgram", NULL },
	{ "slirp", NULL },
	{ NULL, NULL },
};

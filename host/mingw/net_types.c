// SPDX-License-Identifier: GPL-2.0
/* The network devices that the library can make on this host: none of its own. */
#include <stddef.h>

#include "net_backend.h"

const struct lkl_net_type lkl_net_types[] = {
	{ NULL, NULL },
};

// SPDX-License-Identifier: GPL-2.0
/* The network devices that the library can make on this host. */
#include <stddef.h>

#include "net_fd.h"
#include "net_stream.h"

const struct lkl_net_type lkl_net_types[] = {
	{ "tap", lkl_net_open_tap },
	{ "macvtap", lkl_net_open_macvtap },
	{ "raw", lkl_net_open_raw },
	{ "pipe", lkl_net_open_pipe },
	{ "stream", lkl_net_open_stream },
	{ "dgram", lkl_net_open_dgram },
	{ "shm", lkl_net_open_shm },
#ifdef HAVE_VDEPLUG
	{ "vde", lkl_net_open_vde },
#else
	{ "vde", NULL },
#endif
#ifdef HAVE_SLIRP
	{ "slirp", lkl_net_open_slirp },
#else
	{ "slirp", NULL },
#endif
	{ NULL, NULL },
};

/* SPDX-License-Identifier: GPL-2.0 */
/* What tests expect of this host. */
#ifndef LKL_TEST_HOST_FREEBSD_H
#define LKL_TEST_HOST_FREEBSD_H

#include "../posix/host.h"

#define HOST_WITHOUT_NETLINK
#define HOST_WITHOUT_JSON

#endif

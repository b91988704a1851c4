/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_NET_LINK_H
#define LKL_NET_LINK_H

#include "netlink.h"

/*
 * Begins a message of @type about an interface. -ENODEV is noted in @m for a number that
 * none can have.
 */
void lkl_link_init(struct lkl_nl_msg *m, int type, int flags, int ifindex);

/* 0 if the interface is down, 1 if it is up without a carrier, 2 with one, or err. */
int lkl_link_is_up(int ifindex);

#endif

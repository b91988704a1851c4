/* SPDX-License-Identifier: GPL-2.0 */
/* What tests expect of this host. */
#ifndef LKL_TEST_HOST_H
#define LKL_TEST_HOST_H

/*
 * Memory that a kernel takes when it has started, with a copy of the image; and what a
 * hundred leave behind: Wine keeps notes of each place where memory has ever been.
 */
#define HOST_RESIDENT_KIB	(64 << 10)
#define HOST_RESTARTS_KIB	(10 << 10)

#define HOST_WITHOUT_NETLINK
#define HOST_WITHOUT_JSON

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_NET_TOOL_SHOW_H
#define LKL_NET_TOOL_SHOW_H

/*
 * Prints interfaces, addresses, routes, neighbours, MPTCP endpoints of the calling thread's
 * namespace; as JSON if @json. The exit status.
 */
int show(int json);

#endif

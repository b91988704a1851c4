/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LKL_NET_TOOL_PING_H
#define LKL_NET_TOOL_PING_H

/*
 * Sends @count echo requests with @size bytes of data, one each @interval seconds, and
 * prints what comes back. The exit status: 0 if anything did.
 */
int ping(const char *host, unsigned int count, double interval, unsigned int size, int json);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What tests of the network share: interfaces and namespaces inside. */
#ifndef LKL_TEST_NET_H
#define LKL_TEST_NET_H

#include <stdint.h>

#include "test.h"

/* Addresses as numbers in network order. */
uint32_t ip4(const char *text);
struct lkl_sockaddr_in addr4(const char *ip, int port);

/* Whether IPv6 looks for others with the same address first, which takes seconds. */
void set_dad(int ifindex, int on);
/* Brings the interface up without that, with @ip/@len and @ip6/64 if not NULL. */
void if_up(int ifindex, const char *ip, int len, const char *ip6);
/* Moves an interface of the first namespace to another; its number there. */
int if_move(int ifindex, const char *netns);
/* Waits until the carrier is there (or gone), 10 s at most; whether it came so. */
int if_wait_carrier(int ifindex, int up);
/* The caller's interface of that number; a static buffer. */
const char *if_name(int ifindex);

/* ICMP echo to @ip and back within @ms, @size bytes of data; round trip in ns or err. */
long ping(const char *ip, int size, int ms);
long ping6(const char *ip, int ifindex, int size, int ms);

/* ---- traffic ---------------------------------------------------------------- */

/* Where a socket is: in the host's kernel, or in a network namespace inside. */
struct side {
	int on_host;
	/* For lkl_netns_enter(). */
	const char *netns;
	/* IPv4 or IPv6. */
	const char *ip;
	/* How others see that address, where it is translated; else NULL. */
	const char *seen;
};

/*
 * Sends @bytes by TCP from one side to the other, in writes of @chunk bytes; the
 * receiver checks each byte. Ends within @seconds. 0 or err.
 */
long tcp_transfer(const struct side *from, const struct side *to, long bytes, int chunk,
		  int seconds);
/* @n datagrams of @size bytes, one at a time, echoed by @to; how many came back right. */
long udp_echo(const struct side *from, const struct side *to, int n, int size);

#endif

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
/* Default routes of the caller's namespace. */
void set_gateways(const char *ip, const char *ip6);
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

/* ---- the neighbourhood ------------------------------------------------------- */

/*
 * A datagram from the interface @from_if to a group of the family of @to, that the interface
 * @to_if joins first: 0, or err if none arrives within some seconds. Only Linux hosts have
 * a side here.
 */
long multicast(const struct side *from, int from_if, const struct side *to, int to_if);
/*
 * Advertises fdaa:N::/64 from the interface @from_if, as a router does, until the caller's
 * interface @to_if has an address of it: 0, or err. Only Linux hosts have a side here.
 */
long advertise(const struct side *from, int from_if, int to_if, int n);
/* Tries to add @ip6 to @ifindex, with a look for others that have it. 0 or err. */
long add_with_dad(int ifindex, const char *ip6);

/* ---- frames ------------------------------------------------------------------ */

/*
 * Datagrams from the interface @from_if, in frames to @mac: those with a bit that is wrong do
 * not get to @to, others do. Only Linux hosts have a side here, nor one in IPv6.
 */
void wrong_checksums(const struct side *from, int from_if, const struct side *to,
		     const uint8_t *mac);
/* Very many frames out of random_frame() from the interface @from_if to @mac. */
void senseless_frames(const struct side *from, int from_if, const uint8_t *mac);

/* A socket for whole frames on an interface, to which none come. */
int packet_socket(const struct side *s, int ifindex);
/* The checksum of the Internet over @len bytes, and @sum of others before them. */
uint16_t sum16(const uint8_t *p, int len, uint32_t sum);

/* A frame to @mac, mostly one that gets past the first look, of 1 to 2000 bytes; its length. */
int random_frame(uint8_t buf[2000], const uint8_t *mac);
unsigned int rnd(void);

#endif

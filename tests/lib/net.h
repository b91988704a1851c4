/* SPDX-License-Identifier: GPL-2.0 */
/* What tests of the network share: interfaces and namespaces inside. */
#ifndef LKL_TEST_NET_H
#define LKL_TEST_NET_H

#include <stdint.h>

#include "test.h"

/* Addresses as numbers in network order. */
uint32_t ip4(const char *text);

/* Name of interface @ifindex inside; a static buffer. */
const char *if_name(int ifindex);
/* Brings the interface up, with @ip/@len if not NULL. */
void if_up(int ifindex, const char *ip, int len);
void if_down(int ifindex);
void if_add6(int ifindex, const char *ip, int len);
void if_mtu(int ifindex, int mtu);
/* The interface's flags, LKL_IFF_x. */
int if_flags(int ifindex);
/* ... wait for the carrier to be there (or not), 5 s at most; whether it came so. */
int if_wait_carrier(int ifindex, int up);
/* Moves the interface to the network namespace of @ns_fd. */
void if_move(int ifindex, int ns_fd);
/* A counter of the interface, /sys/class/net/NAME/statistics/@what. */
long if_counter(int ifindex, const char *what);
/* Waits until no IPv6 address inside is tentative, 10 s at most. */
void wait_dad(void);

/*
 * The calling thread gets a network namespace of its own inside, with loopback up; a
 * descriptor of it.
 */
int own_netns(void);
/* A descriptor of the caller's one. */
int this_netns(void);
void enter_netns(int fd);

/* An ICMP echo to @ip and back within @ms, @size bytes of data; round trip in ns or err. */
long ping(const char *ip, int size, int ms);
long ping6(const char *ip, int ifindex, int size, int ms);

struct lkl_sockaddr_in addr4(const char *ip, int port);

#endif

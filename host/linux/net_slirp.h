/* SPDX-License-Identifier: GPL-2.0 */
/* The options of a slirp device, documented at lkl_netdev_slirp_create(). */
#ifndef LKL_LINUX_NET_SLIRP_H
#define LKL_LINUX_NET_SLIRP_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "../common/net_backend.h"

#define LKL_SLIRP_FWD_MAX	32

struct lkl_slirp_fwd {
	int udp;
	struct sockaddr_storage host;
	socklen_t host_len;
	struct sockaddr_storage guest;
	socklen_t guest_len;
	char text[128];
};

struct lkl_slirp_options {
	int restricted;
	uint32_t mtu;
	struct in_addr net;
	struct in_addr mask;
	struct in_addr host;
	struct in_addr dhcp;
	struct in_addr dns;
	struct in6_addr net6;
	uint8_t len6;
	struct in6_addr host6;
	struct in6_addr dns6;
	int n_fwd;
	struct lkl_slirp_fwd fwd[LKL_SLIRP_FWD_MAX];
};

/* 0 or -EINVAL with @why. */
int lkl_slirp_parse(const char *param, struct lkl_slirp_options *o, struct lkl_net_why *why);

#endif

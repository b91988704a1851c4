/* SPDX-License-Identifier: GPL-2.0 */
/* Messages of DHCP, RFC 2131 and 2132. */
#ifndef LKL_NET_DHCP_H
#define LKL_NET_DHCP_H

#include <stddef.h>
#include <stdint.h>

#include <lkl_net.h>

#define DHCP_SERVER_PORT	67
#define DHCP_CLIENT_PORT	68

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
};

struct dhcp_msg {
	uint8_t op, htype, hlen, hops;
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	uint8_t chaddr[16];
	uint8_t sname[64], file[128];
	uint8_t cookie[4];
	uint8_t options[308];
};

/* An answer, as far as it is wanted. Times in s; 0 for those that are missing. */
struct dhcp_answer {
	enum dhcp_type type;
	struct lkl_dhcp_lease lease;
	uint32_t renew, rebind;
	uint16_t mtu;
};

/*
 * Fills @m with a request of @type; its length. @own: our address if the server shall
 * answer to it (renewal, release), or 0; @want and @server: what is asked for and of whom,
 * or 0.
 */
size_t lkl_dhcp_build(struct dhcp_msg *m, enum dhcp_type type, uint32_t xid,
		      const uint8_t *mac, uint32_t own, uint32_t want, uint32_t server);

/*
 * Reads @m of @len bytes, as an answer to the request @xid of @mac: 0, or -EINVAL if it is
 * none.
 */
int lkl_dhcp_parse(const struct dhcp_msg *m, size_t len, uint32_t xid, const uint8_t *mac,
		   struct dhcp_answer *a);

/* A socket for an interface that has no address yet, or err; to be closed when it has one. */
long lkl_dhcp_open(int ifindex);
/* Sends @msg of @len bytes to all, from nobody: a length or err (-ENODEV: the interface went). */
long lkl_dhcp_shout(int fd, const struct dhcp_msg *msg, size_t len);
/* The message that waits there: its length, 0 if what waited was none, or err (-EAGAIN). */
long lkl_dhcp_hear(int fd, struct dhcp_msg *msg);

/* The kernel was halted: waits until no client's thread is left of it. */
void lkl_dhcp_halted(void);
/* In a child of fork(): the clients' threads stayed behind, the addresses are kept by nobody. */
void lkl_dhcp_forked(void);

#endif

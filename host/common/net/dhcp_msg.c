// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <lkl.h>

#include "dhcp.h"

enum {
	OPT_PAD = 0, OPT_MASK = 1, OPT_ROUTER = 3, OPT_DNS = 6, OPT_MTU = 26, OPT_WANT = 50,
	OPT_LEASE = 51, OPT_TYPE = 53, OPT_SERVER = 54, OPT_PARAMS = 55, OPT_MAX_SIZE = 57,
	OPT_RENEW = 58, OPT_REBIND = 59, OPT_END = 255,
};

#define BOOTREQUEST	1
#define BOOTREPLY	2
#define ETHERNET	1
#define BROADCAST	0x80	/* first byte of the flags */

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

static uint8_t *put(uint8_t *at, int option, const void *value, size_t len)
{
	*at++ = option;
	*at++ = len;
	memcpy(at, value, len);
	return at + len;
}

size_t lkl_dhcp_build(struct dhcp_msg *m, enum dhcp_type type, uint32_t xid,
		      const uint8_t *mac, uint32_t own, uint32_t want, uint32_t server)
{
	static const uint8_t params[] = {
		OPT_MASK, OPT_ROUTER, OPT_DNS, OPT_MTU, OPT_LEASE, OPT_RENEW, OPT_REBIND,
	};
	static const uint8_t max_size[] = { sizeof(*m) >> 8, sizeof(*m) & 255 };
	uint8_t *at = m->options, byte = type;

	memset(m, 0, sizeof(*m));
	m->op = BOOTREQUEST;
	m->htype = ETHERNET;
	m->hlen = LKL_ETH_ALEN;
	m->xid = xid;
	m->ciaddr = own;
	/* Without an address we cannot receive what is sent to it. */
	if (!own)
		memcpy(&m->flags, &(uint8_t [2]){ BROADCAST, 0 }, 2);
	memcpy(m->chaddr, mac, LKL_ETH_ALEN);
	memcpy(m->cookie, cookie, sizeof(cookie));
	at = put(at, OPT_TYPE, &byte, 1);
	if (want)
		at = put(at, OPT_WANT, &want, 4);
	if (server)
		at = put(at, OPT_SERVER, &server, 4);
	if (type != DHCP_RELEASE) {
		at = put(at, OPT_MAX_SIZE, max_size, sizeof(max_size));
		at = put(at, OPT_PARAMS, params, sizeof(params));
	}
	*at = OPT_END;
	/* Some servers and relays want the 300 bytes of BOOTP. */
	return sizeof(*m);
}

static uint32_t get32(const uint8_t *v)
{
	return (uint32_t)v[0] << 24 | v[1] << 16 | v[2] << 8 | v[3];
}

/* An address, which keeps its byte order. */
static uint32_t get_addr(const uint8_t *v)
{
	uint32_t addr;

	memcpy(&addr, v, sizeof(addr));
	return addr;
}

static void take_option(struct dhcp_answer *a, int option, const uint8_t *v, size_t len)
{
	size_t i;

	if (option == OPT_TYPE && len == 1)
		a->type = v[0];
	if (option == OPT_MTU && len == 2)
		a->mtu = v[0] << 8 | v[1];
	if (len < 4)
		return;
	switch (option) {
	case OPT_MASK:
		a->lease.netmask_len = __builtin_popcount(get_addr(v));
		break;
	case OPT_ROUTER:
		a->lease.router = get_addr(v);
		break;
	case OPT_DNS:
		for (i = 0; i < 3 && i < len / 4; i++)
			a->lease.dns[i] = get_addr(v + 4 * i);
		break;
	case OPT_LEASE:
		a->lease.seconds = get32(v);
		break;
	case OPT_SERVER:
		a->lease.server = get_addr(v);
		break;
	case OPT_RENEW:
		a->renew = get32(v);
		break;
	case OPT_REBIND:
		a->rebind = get32(v);
		break;
	}
}

int lkl_dhcp_parse(const struct dhcp_msg *m, size_t len, uint32_t xid, const uint8_t *mac,
		   struct dhcp_answer *a)
{
	const uint8_t *at = m->options, *end = (const uint8_t *)m + len;

	if (len < offsetof(struct dhcp_msg, options) || m->op != BOOTREPLY || m->xid != xid ||
	    m->hlen != LKL_ETH_ALEN || memcmp(m->chaddr, mac, LKL_ETH_ALEN) ||
	    memcmp(m->cookie, cookie, sizeof(cookie)))
		return -LKL_EINVAL;
	memset(a, 0, sizeof(*a));
	a->lease.addr = m->yiaddr;
	a->lease.netmask_len = 24;
	while (at < end && *at != OPT_END) {
		if (*at == OPT_PAD) {
			at++;
			continue;
		}
		if (end - at < 2 || end - at < 2 + at[1])
			return -LKL_EINVAL;
		take_option(a, at[0], at + 2, at[1]);
		at += 2 + at[1];
	}
	return a->type ? 0 : -LKL_EINVAL;
}
